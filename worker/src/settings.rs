//! What a worker is told.

use std::path::PathBuf;
use std::time::Duration;

use hafs_proto::{BoundedText, JoinLink, Pin};
use hafs_runtime::secret::Secret;

use crate::agent::SpoolCaps;

/// Who has said where the coordinator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Introduction {
    /// A person or the configuration.
    Told,
    /// Nobody: it is the one that gave the credential in the state folder, if there is one.
    Nobody,
}

/// How the coordinator is known over TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// As at the last meeting: by the pin that was kept with the credential, or by authorities.
    Remembered,
    /// By authorities.
    Authorities,
    /// By this key and nothing else.
    Pin(Pin),
}

/// A worker's settings, equipment apart. [`WorkerSettings::new`] gives the defaults.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// A name for people.
    pub name: BoundedText<64>,
    /// The coordinator's address: `https://factory.example:8443`.
    pub coordinator: String,
    /// Who has said so.
    pub introduction: Introduction,
    /// How it is known over TLS.
    pub trust: Trust,
    /// The token of a first start; later starts use the credential in `state_dir`.
    pub join: Option<Secret>,
    /// Where credential, spool and `status.json` are kept. Two workers never share one.
    pub state_dir: PathBuf,
    /// A folder with prompt templates that replace built-in ones of the same name.
    pub prompts_dir: Option<PathBuf>,
    /// How long a claim waits for a task; the coordinator may want it shorter.
    pub claim_wait: Duration,
    /// How long a drain may take before the rest is handed back.
    pub drain_timeout: Duration,
    /// How long leaving may take after that.
    pub release_grace: Duration,
    /// When to stop claiming because results pile up.
    pub spool: SpoolCaps,
}

impl WorkerSettings {
    /// The defaults: claims that wait for 20 s, a drain of 30 s and 5 s to leave, a spool of
    /// 50,000 results and 2 GiB.
    #[must_use]
    pub fn new(name: &str, coordinator: &str, state_dir: PathBuf) -> Self {
        Self {
            name: BoundedText::clipped(name),
            coordinator: coordinator.to_owned(),
            introduction: Introduction::Told,
            trust: Trust::Remembered,
            join: None,
            state_dir,
            prompts_dir: None,
            claim_wait: Duration::from_secs(20),
            drain_timeout: Duration::from_secs(30),
            release_grace: Duration::from_secs(5),
            spool: SpoolCaps { results: 50_000, bytes: 2 * 1024 * 1024 * 1024 },
        }
    }

    /// Follows a join link: its address, its token and its pin.
    pub fn follow(&mut self, link: &JoinLink) {
        link.address().clone_into(&mut self.coordinator);
        self.introduction = Introduction::Told;
        self.trust = link.pin().map_or(Trust::Authorities, Trust::Pin);
        self.join = Some(Secret::new(link.token().reveal()));
    }
}
