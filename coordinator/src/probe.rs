//! `hafs-coordinator health`: whether the coordinator of this data folder serves, for what watches over it, such as a
//! container's health check. The program asks itself, so that an image needs no other.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hafs_proto::people::Health;
use hafs_runtime::config::{self, LoadError, Request};
use hafs_runtime::env::Environment;
use hafs_runtime::http::{ClientError, ClientSettings, client, pinned_client};
use thiserror::Error;

use crate::address::{self, AddressFile};
use crate::settings::Settings;

/// How long an answer may take. A write to a library that waits for its server is the slowest part of it.
const PATIENCE: Duration = Duration::from_secs(8);

/// Why the coordinator is not known to be well.
#[derive(Debug, Error)]
pub enum ProbeError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] LoadError),
    /// There is no address to ask.
    #[error(
        "no coordinator runs here: {path} is not there; it is written at the start and removed at a clean stop"
    )]
    Absent {
        /// Where the address file would be.
        path: PathBuf,
    },
    /// The address cannot be read.
    #[error("could not read {path}; ask as the user that the coordinator runs as")]
    Unreadable {
        /// The address file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// No client.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// It does not answer, or with something else.
    #[error("the coordinator at {url} does not say how it is")]
    Silent {
        /// Its address.
        url: String,
        /// Why not.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A part of it is not well.
    #[error("not ready: {0}")]
    Unwell(String),
}

/// Asks the coordinator of the configured data folder how it is.
///
/// # Errors
/// [`ProbeError`] unless it answers that all of its parts are well.
pub async fn ask(file: Option<&Path>) -> Result<(), ProbeError> {
    let env = Environment::of_process();
    let settings = Settings::from(&config::load(Request { file, env: &env, flags: &[] })?);
    let at = find(&settings)?;
    let patience = ClientSettings { timeout: Some(PATIENCE), ..ClientSettings::default() };
    let http = match at.pin {
        Some(pin) => pinned_client(&patience, &env, pin)?,
        None => client(&patience, &env)?,
    };
    let asked = async { http.get(format!("{}readyz", at.url)).send().await?.json::<Health>().await };
    let health = asked.await.map_err(|source| ProbeError::Silent { url: at.url, source: source.into() })?;
    judge(&health)
}

fn find(settings: &Settings) -> Result<AddressFile, ProbeError> {
    let path = settings.address_path();
    match address::read(settings) {
        Ok(Some(mut file)) => {
            if !file.url.ends_with('/') {
                file.url.push('/');
            }
            Ok(file)
        }
        Ok(None) => Err(ProbeError::Absent { path }),
        Err(source) => Err(ProbeError::Unreadable { path, source }),
    }
}

fn judge(health: &Health) -> Result<(), ProbeError> {
    let unwell = health.parts.iter().filter(|part| !part.ok);
    let unwell: Vec<String> = unwell.map(|part| format!("{}: {}", part.name, part.detail)).collect();
    // An answer without parts has looked at nothing.
    match (health.parts.is_empty(), unwell.is_empty()) {
        (false, true) => Ok(()),
        (true, _) => Err(ProbeError::Unwell("it has looked at nothing".to_owned())),
        (false, false) => Err(ProbeError::Unwell(unwell.join("; "))),
    }
}

#[cfg(test)]
mod tests {
    use hafs_proto::BoundedText;
    use hafs_proto::people::HealthPart;

    use super::*;

    fn health(parts: &[(&str, bool)]) -> Health {
        let part = |(name, ok): &(&str, bool)| HealthPart {
            name: BoundedText::clipped(name),
            ok: *ok,
            detail: BoundedText::clipped("seen"),
        };
        Health { parts: parts.iter().map(part).collect() }
    }

    #[test]
    fn a_coordinator_is_well_when_all_of_its_parts_are_and_what_looked_at_nothing_is_not() {
        assert!(judge(&health(&[("library", true), ("queue", true)])).is_ok());
        let told = judge(&health(&[("library", true), ("queue", false), ("disk", false)])).unwrap_err();
        assert_eq!(told.to_string(), "not ready: queue: seen; disk: seen");
        assert!(judge(&health(&[])).is_err());
    }
}
