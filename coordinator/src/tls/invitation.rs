//! What new workers are told: where the coordinator is and which key it has.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use hafs_proto::join::UnlinkableError;
use hafs_proto::{BearerToken, JoinLink, Pin};
use thiserror::Error;

use super::{TlsIdentity, Transport};
use crate::settings::Settings;

/// Address and pin, as they stand in a join link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The base address.
    pub url: String,
    /// The key that answers there, if it is ours to know.
    pub pin: Option<Pin>,
}

/// It is not known under which address this machine can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the address of this machine cannot be found out; set `coordinator.public_url`")]
pub struct NoAddressError;

impl Invitation {
    /// What to tell about a coordinator that listens at `address` in this way.
    ///
    /// # Errors
    /// [`NoAddressError`] when it listens on all addresses of a machine that has none towards others.
    pub fn of(
        settings: &Settings,
        address: SocketAddr,
        transport: Transport,
        identity: Option<&TlsIdentity>,
    ) -> Result<Self, NoAddressError> {
        let url = match &settings.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => url(SocketAddr::new(reachable(address.ip())?, address.port()), transport),
        };
        // Behind a proxy it is the proxy's key that a worker sees.
        let direct = url.starts_with("https://") && settings.trusted_proxies.is_empty();
        Ok(Self { pin: identity.filter(|_| direct).map(|identity| identity.pin), url })
    }

    /// The link for a worker that is to join with this token.
    ///
    /// # Errors
    /// [`UnlinkableError`] when the token is not one to join with.
    pub fn link(&self, token: &BearerToken) -> Result<JoinLink, UnlinkableError> {
        JoinLink::new(&self.url, token.clone(), self.pin)
    }
}

/// The base address of a socket.
pub(crate) fn url(address: SocketAddr, transport: Transport) -> String {
    let scheme = match transport {
        Transport::Plain | Transport::Exposed => "http",
        Transport::Encrypted => "https",
    };
    format!("{scheme}://{address}")
}

/// The same address, or, for one that stands for all of this machine, the one that this machine uses towards others.
fn reachable(ip: IpAddr) -> Result<IpAddr, NoAddressError> {
    if !ip.is_unspecified() {
        return Ok(ip);
    }
    // Connecting a datagram socket sends nothing; the system only picks the address that it would send from. The
    // destination is one of those reserved for documentation (RFC 5737).
    let picked = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| {
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    });
    picked.map(|address| address.ip()).ok().filter(|ip| !ip.is_unspecified()).ok_or(NoAddressError)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation(adjust: impl FnOnce(&mut Settings), address: &str, transport: Transport) -> Invitation {
        let folder = tempfile::tempdir().expect("a folder");
        let mut settings = Settings::local(folder.path().to_owned());
        adjust(&mut settings);
        let identity = super::super::identity(&settings, "2026-11-22T12:00:00Z".parse().expect("a time"));
        let identity = identity.expect("an identity");
        let identity = (transport == Transport::Encrypted).then_some(&identity);
        Invitation::of(&settings, address.parse().expect("an address"), transport, identity).expect("known")
    }

    #[test]
    fn a_link_names_the_public_address_and_the_pin_where_the_key_is_ours() {
        let plain = invitation(|_| {}, "127.0.0.1:80", Transport::Plain);
        assert_eq!((plain.url.as_str(), plain.pin), ("http://127.0.0.1:80", None));
        let direct = invitation(|_| {}, "192.0.2.7:7425", Transport::Encrypted);
        assert!(direct.url == "https://192.0.2.7:7425" && direct.pin.is_some());
        let named =
            |settings: &mut Settings| settings.public_url = Some("https://factory.example/".to_owned());
        let named_direct = invitation(named, "0.0.0.0:7425", Transport::Encrypted);
        assert!(named_direct.url == "https://factory.example" && named_direct.pin.is_some());
        assert_eq!(invitation(named, "127.0.0.1:7425", Transport::Plain).pin, None, "a proxy encrypts");
        let behind = |settings: &mut Settings| {
            named(settings);
            settings.trusted_proxies = vec!["10.0.0.1".parse().expect("an address")];
        };
        assert_eq!(
            invitation(behind, "10.0.0.2:7425", Transport::Encrypted).pin,
            None,
            "the proxy's key is its own"
        );
    }
}
