//! Which coordinator a worker speaks to and which key that must have: from a join link, the command line, the
//! configuration, or what was kept of the first meeting.

use hafs_proto::Pin;
use hafs_runtime::env::Environment;
use hafs_runtime::http::{ClientError, ClientSettings, pinned_client};
use tracing::warn;

use crate::client::{CredentialError, CredentialFile};
use crate::settings::{Introduction, Trust, WorkerSettings};

/// A coordinator and how to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Its address.
    pub coordinator: String,
    /// The key that it must have; absent: authorities vouch for it, or it is not encrypted.
    pub pin: Option<Pin>,
}

impl Contact {
    /// What the settings say, completed by what the state folder remembers.
    ///
    /// # Errors
    /// [`CredentialError`] when the credential cannot be read.
    pub fn of(settings: &WorkerSettings, file: &CredentialFile) -> Result<Self, CredentialError> {
        let kept = file.kept()?;
        let coordinator = match (settings.introduction, &kept) {
            (Introduction::Nobody, Some(kept)) => kept.coordinator.clone(),
            (Introduction::Nobody, None) | (Introduction::Told, _) => settings.coordinator.clone(),
        };
        let pin = match settings.trust {
            Trust::Pin(pin) => Some(pin),
            Trust::Authorities => None,
            // A pin belongs to an encrypted address; one that is plain now is another matter.
            Trust::Remembered if coordinator.starts_with("https://") => {
                file.load(&coordinator)?.and_then(|kept| kept.pin)
            }
            Trust::Remembered => None,
        };
        Ok(Self { coordinator, pin })
    }

    /// The client that calls it: `plain` unless it has a pin.
    ///
    /// # Errors
    /// [`ClientError`] when TLS or a proxy cannot be set up.
    pub fn client(&self, plain: &reqwest::Client, env: &Environment) -> Result<reqwest::Client, ClientError> {
        match self.pin {
            Some(pin) => pinned_client(&ClientSettings::default(), env, pin),
            None => Ok(plain.clone()),
        }
    }

    /// Says it loudly when tokens travel readably to another machine.
    pub fn warn_if_exposed(&self) {
        let url = reqwest::Url::parse(&self.coordinator).ok();
        let host = url.as_ref().filter(|url| url.scheme() == "http").and_then(|url| url.host_str());
        if let Some(host) = host.filter(|host| !is_local(host)) {
            warn!(
                "NOT ENCRYPTED: everybody between this machine and {host} can read this worker's credential and its data"
            );
        }
    }
}

/// Whether a host of an address is this machine.
pub(crate) fn is_local(host: &str) -> bool {
    let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Credential;
    use hafs_proto::WorkerId;
    use std::path::Path;
    use uuid::Uuid;

    const HOME: &str = "https://factory.example:7425";

    fn pin(byte: u8) -> Pin {
        Pin::from_sha256([byte; 32])
    }

    fn remembering(folder: &Path) -> CredentialFile {
        let file = CredentialFile::in_folder(folder);
        let worker = WorkerId::from_uuid(Uuid::from_u128(1));
        let token = ["hush", "hush"].concat();
        let kept = Credential {
            coordinator: HOME.to_owned(),
            worker,
            token,
            next: None,
            first: None,
            pin: Some(pin(1)),
        };
        file.save(&kept).expect("saves");
        file
    }

    fn contact(
        file: &CredentialFile,
        coordinator: &str,
        introduction: Introduction,
        trust: Trust,
    ) -> Contact {
        let mut settings = WorkerSettings::new("test", coordinator, std::path::PathBuf::from("unused"));
        (settings.introduction, settings.trust) = (introduction, trust);
        Contact::of(&settings, file).expect("readable")
    }

    #[test]
    fn a_later_start_needs_neither_address_nor_pin() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = remembering(folder.path());
        let later = contact(&file, "http://127.0.0.1:7425/", Introduction::Nobody, Trust::Remembered);
        assert_eq!(later, Contact { coordinator: HOME.to_owned(), pin: Some(pin(1)) });
        let told = contact(&file, HOME, Introduction::Told, Trust::Remembered);
        assert_eq!(told.pin, Some(pin(1)));
    }

    #[test]
    fn what_is_said_now_counts_more_than_what_is_remembered() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = remembering(folder.path());
        let elsewhere = contact(&file, "https://other.example", Introduction::Told, Trust::Remembered);
        assert_eq!(elsewhere, Contact { coordinator: "https://other.example".to_owned(), pin: None });
        assert_eq!(contact(&file, HOME, Introduction::Told, Trust::Pin(pin(2))).pin, Some(pin(2)));
        assert_eq!(contact(&file, HOME, Introduction::Told, Trust::Authorities).pin, None);
    }

    #[test]
    fn without_anything_to_remember_the_configured_address_is_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = CredentialFile::in_folder(folder.path());
        let first = contact(&file, "http://127.0.0.1:7425/", Introduction::Nobody, Trust::Remembered);
        assert_eq!(first, Contact { coordinator: "http://127.0.0.1:7425/".to_owned(), pin: None });
    }
}
