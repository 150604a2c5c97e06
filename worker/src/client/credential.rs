//! The worker's own credential, kept between starts.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hafs_proto::{Pin, WorkerId};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::contact::is_local;
use crate::spool::write_durably;

const FILE: &str = "credential.json";

/// Who this worker is to its coordinator. Its `Debug` form hides the secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The coordinator that gave it: it is sent to no other host.
    pub coordinator: String,
    /// The worker's id.
    pub worker: WorkerId,
    /// The bearer token.
    pub token: String,
    /// The token that is to take its place: the coordinator may have heard of it or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The first token, once another one has taken its place: what is derived from it, such as the marks of prompts,
    /// stays the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// The key that the coordinator must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
}

impl Credential {
    /// A secret that stays the same when the token gets a new one.
    #[must_use]
    pub fn lasting(&self) -> &str {
        self.first.as_deref().unwrap_or(&self.token)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut form = f.debug_struct("Credential");
        form.field("coordinator", &self.coordinator).field("worker", &self.worker);
        form.field("token", &"<redacted>").field("next", &self.next.as_ref().map(|_| "<redacted>"));
        form.field("pin", &self.pin).finish()
    }
}

/// Why the credential could not be read or kept.
#[derive(Debug, Error)]
pub enum CredentialError {
    /// The file system refused.
    #[error("could not {what} the worker's credential {}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It is not a credential.
    #[error(
        "the worker's credential {} cannot be read; if its coordinator is gone, delete it and join again",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
}

/// Where the credential is kept: one file that only its owner can read.
#[derive(Debug, Clone)]
pub struct CredentialFile {
    folder: PathBuf,
}

impl CredentialFile {
    /// The file in a worker's state folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// The credential for a coordinator, if there is one.
    ///
    /// # Errors
    /// [`CredentialError`] when there is a file that cannot be read.
    pub fn load(&self, coordinator: &str) -> Result<Option<Credential>, CredentialError> {
        Ok(self.kept()?.filter(|credential| same_host(&credential.coordinator, coordinator)))
    }

    /// The credential, whoever gave it.
    ///
    /// # Errors
    /// [`CredentialError`] when there is a file that cannot be read.
    pub fn kept(&self) -> Result<Option<Credential>, CredentialError> {
        let path = self.path();
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(CredentialError::Io { what: "read", path, source }),
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|source| CredentialError::Unreadable { path, source })
    }

    /// Keeps a credential, in place of the one before.
    ///
    /// # Errors
    /// [`CredentialError::Io`].
    pub fn save(&self, credential: &Credential) -> Result<(), CredentialError> {
        let path = self.path();
        // Proof: strings serialise.
        let bytes = serde_json::to_vec_pretty(credential).expect("plain data serialises");
        write_durably(&self.folder, FILE, &bytes).map_err(|source| CredentialError::Io {
            what: "write",
            path,
            source,
        })
    }
}

/// Whether two coordinator addresses may see the same credential: the same scheme, host and port, or two ports of
/// this very machine (the all-in-one program takes a free port at each start).
fn same_host(a: &str, b: &str) -> bool {
    let (Ok(a), Ok(b)) = (reqwest::Url::parse(a), reqwest::Url::parse(b)) else { return false };
    let is_local = |url: &reqwest::Url| url.host_str().is_some_and(is_local);
    (is_local(&a) && is_local(&b)) || a.origin() == b.origin()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_credential_is_kept_for_its_coordinator_only_and_never_shown() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = CredentialFile::in_folder(dir.path());
        let base = "https://factory.example:8443".to_owned();
        let token = ["hush", "hush"].concat();
        let credential = Credential {
            coordinator: base.clone(),
            worker: WorkerId::from_uuid(Uuid::from_u128(1)),
            token: token.clone(),
            next: Some(token.clone()),
            first: Some(token.clone()),
            pin: Some(Pin::from_sha256([1; 32])),
        };
        assert!(file.load(&base).expect("nothing there").is_none());
        file.save(&credential).expect("saves");
        assert_eq!(file.load("https://factory.example:8443/").expect("reads"), Some(credential.clone()));
        assert_eq!(file.load("https://elsewhere.example:8443").expect("reads"), None);
        assert_eq!(file.load("http://factory.example:8443").expect("reads"), None);
        assert!(!format!("{credential:?}").contains(&token));
        assert!(same_host("http://127.0.0.1:4000", "http://127.0.0.1:5000"));
    }

    #[test]
    fn a_damaged_credential_is_an_error_that_names_the_file() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join(FILE), "{").expect("writes");
        let error = CredentialFile::in_folder(dir.path()).load("http://127.0.0.1:1").expect_err("damaged");
        assert!(error.to_string().contains(FILE), "{error}");
    }
}
