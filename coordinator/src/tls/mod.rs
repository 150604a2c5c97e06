//! How the coordinator can be reached, and whether the way is encrypted.
//!
//! On a loopback address it speaks plainly, on any other TLS 1.2 or 1.3, with a certificate of the configuration or
//! with one that it makes itself, once. Workers know it by the [pin](hafs_proto::Pin) of its key.

mod door;
mod error;
mod files;
mod identity;
mod invitation;
mod own;
mod validity;

use std::net::SocketAddr;
use std::path::PathBuf;

use hafs_runtime::config::TlsMode;

pub use door::Door;
pub use error::TlsError;
pub use identity::{TlsIdentity, identity};
pub use invitation::{Invitation, NoAddressError};

/// What the configuration says about encryption.
#[derive(Debug, Clone)]
pub struct TlsSettings {
    /// Whether to encrypt.
    pub mode: TlsMode,
    /// A certificate and its key; absent: one of the coordinator's own.
    pub files: Option<CertificateFiles>,
    /// Whether plain HTTP is allowed where others can reach it.
    pub insecure_http: bool,
}

/// Two PEM files that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate, and those between it and its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// How connections are spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Plain HTTP, for this machine only.
    Plain,
    /// Plain HTTP that others can read: somebody has insisted.
    Exposed,
    /// HTTP over TLS.
    Encrypted,
}

impl TlsSettings {
    /// Plain on loopback, TLS with a certificate of its own elsewhere.
    #[must_use]
    pub const fn automatic() -> Self {
        Self { mode: TlsMode::Auto, files: None, insecure_http: false }
    }

    /// How to speak on an address; absent when the settings forbid to speak there at all.
    #[must_use]
    pub fn transport(&self, listen: SocketAddr) -> Option<Transport> {
        let loopback = listen.ip().to_canonical().is_loopback();
        match (self.mode, loopback) {
            (TlsMode::On, _) | (TlsMode::Auto, false) => Some(Transport::Encrypted),
            (TlsMode::Auto | TlsMode::Off, true) => Some(Transport::Plain),
            (TlsMode::Off, false) => self.insecure_http.then_some(Transport::Exposed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_machine_unless_somebody_insists() {
        let transport = |mode, insecure_http, listen: &str| {
            let settings = TlsSettings { mode, files: None, insecure_http };
            settings.transport(listen.parse().expect("an address"))
        };
        let here = ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"];
        let elsewhere = ["0.0.0.0:1", "192.0.2.1:1", "[::]:1", "[2001:db8::1]:1"];
        for listen in here {
            assert_eq!(transport(TlsMode::Auto, false, listen), Some(Transport::Plain), "{listen}");
            assert_eq!(transport(TlsMode::Off, false, listen), Some(Transport::Plain), "{listen}");
            assert_eq!(transport(TlsMode::On, false, listen), Some(Transport::Encrypted), "{listen}");
        }
        for listen in elsewhere {
            assert_eq!(transport(TlsMode::Auto, true, listen), Some(Transport::Encrypted), "{listen}");
            assert_eq!(transport(TlsMode::On, true, listen), Some(Transport::Encrypted), "{listen}");
            assert_eq!(transport(TlsMode::Off, false, listen), None, "{listen}");
            assert_eq!(transport(TlsMode::Off, true, listen), Some(Transport::Exposed), "{listen}");
        }
    }
}
