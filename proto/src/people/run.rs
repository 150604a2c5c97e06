//! Starting runs, and the factory as a whole.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Progress;
use crate::bounded::BoundedText;
use crate::hash::ContentHash;
use crate::lease::Generation;
use crate::run::{Run, RunSpec};

/// Asks for a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateRun {
    /// What is wanted.
    pub spec: RunSpec,
    /// Hash of the configuration that it comes from.
    pub config_fingerprint: ContentHash,
}

/// A run and how far it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunView {
    /// The run.
    pub run: Run,
    /// How far it is.
    pub progress: Progress,
}

/// The factory as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// The coordinator's version.
    pub version: BoundedText<64>,
    /// The life of the queue.
    pub generation: Generation,
    /// Tasks that wait for a worker.
    pub ready: u64,
    /// Tasks that wait for their time.
    pub delayed: u64,
    /// Tasks that workers hold.
    pub leased: u64,
    /// Age of the oldest task that is ready, in milliseconds.
    pub oldest_ready_ms: u64,
    /// Workers with a recent sign of life.
    pub workers: u64,
    /// Runs, newest first, at most 20.
    pub runs: Vec<RunView>,
}

/// One part of the coordinator's health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HealthPart {
    /// Its name.
    pub name: BoundedText<32>,
    /// Whether it is well.
    pub ok: bool,
    /// For people.
    pub detail: BoundedText<512>,
}

/// The coordinator's health, part by part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// Its parts.
    pub parts: Vec<HealthPart>,
}

impl Health {
    /// Whether all parts are well.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.parts.iter().all(|part| part.ok)
    }
}
