//! The way in: how connections are spoken to, and what others are told about it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hafs_proto::{Pin, Timestamp};
use tokio_rustls::TlsAcceptor;
use tracing::{info, warn};

use super::{Invitation, TlsIdentity, Transport, identity, invitation};
use crate::app::StartError;
use crate::settings::Settings;

/// How connections are spoken to.
#[derive(Debug, Clone)]
pub struct Door {
    transport: Transport,
    /// How the coordinator that serves speaks; the same as `transport` but for one that only answers questions.
    advertised: Option<Transport>,
    identity: Option<TlsIdentity>,
}

impl Door {
    /// Decides how to speak, and reads or makes the certificate that this needs.
    ///
    /// # Errors
    /// [`StartError::PlainAddress`] and [`StartError::Tls`].
    pub fn build(settings: &Settings, now: Timestamp) -> Result<Self, StartError> {
        let address = settings.listen;
        let transport = settings.tls.transport(address).ok_or(StartError::PlainAddress { address })?;
        let advertised = settings.tls.transport(settings.advertised);
        let identity = match (transport, advertised) {
            (Transport::Encrypted, _) => Some(identity(settings, now).map_err(StartError::Tls)?),
            // Whoever only asks a question is not kept from it by a certificate that has expired.
            (Transport::Plain | Transport::Exposed, Some(Transport::Encrypted)) => {
                identity(settings, now).ok()
            }
            (Transport::Plain | Transport::Exposed, _) => None,
        };
        Ok(Self { transport, advertised, identity })
    }

    /// Encrypts connections, if that is to be done.
    #[must_use]
    pub fn acceptor(&self) -> Option<TlsAcceptor> {
        let identity = self.identity.as_ref().filter(|_| self.transport == Transport::Encrypted);
        identity.map(|identity| TlsAcceptor::from(identity.config.clone()))
    }

    /// The key that programs on this machine find at [`Door::local_url`].
    #[must_use]
    pub fn pin(&self) -> Option<Pin> {
        let identity = self.identity.as_ref().filter(|_| self.transport == Transport::Encrypted);
        identity.map(|identity| identity.pin)
    }

    /// How programs on this machine call what listens at `bound`.
    #[must_use]
    pub fn local_url(&self, bound: SocketAddr) -> String {
        let loopback = match bound.ip() {
            ip if !ip.is_unspecified() => ip,
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        invitation::url(SocketAddr::new(loopback, bound.port()), self.transport)
    }

    /// What new workers are told; absent when it is not known.
    #[must_use]
    pub fn invitation(&self, settings: &Settings, bound: SocketAddr) -> Option<Invitation> {
        let address = if settings.advertised == settings.listen { bound } else { settings.advertised };
        let transport = self.advertised.unwrap_or(self.transport);
        Invitation::of(settings, address, transport, self.identity.as_ref())
            .inspect_err(|error| warn!(error = %error, "no join link can be made"))
            .ok()
    }

    /// Says how the coordinator can be reached, and what is wrong about it.
    pub fn announce(&self, url: &str) {
        match self.pin() {
            Some(pin) => info!(http.address = url, tls.pin = %pin, "coordinator listens"),
            None => info!(http.address = url, "coordinator listens"),
        }
        if self.transport == Transport::Exposed {
            warn!(
                http.address = url,
                "NOT ENCRYPTED: everybody between a worker and this address can read its token and all data; set \
                 `coordinator.tls = \"auto\"`"
            );
        }
        for warning in self.identity.iter().flat_map(|identity| &identity.warnings) {
            warn!(warning, "something is wrong with the certificate");
        }
    }
}
