//! The factory at a glance: what the first page and the terminal's view show.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Status;
use crate::bounded::BoundedText;
use crate::id::RunId;
use crate::time::Timestamp;

/// Samples by when they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hour {
    /// The beginning of the hour.
    pub from: Timestamp,
    /// Samples made in it that are accepted by now.
    pub accepted: u64,
    /// Samples made in it that are rejected by now.
    pub rejected: u64,
}

/// How fast a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// The run.
    pub run: RunId,
    /// Accepted samples an hour: of the last 60 minutes, or since the run began.
    pub per_hour: u64,
    /// Seconds until the target is reached at that pace; absent when nothing was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_s: Option<u64>,
}

/// Something that stands still or goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Trouble {
    /// Its code, stable for programs.
    pub code: BoundedText<64>,
    /// What is the matter, in one sentence.
    pub summary: BoundedText<512>,
    /// What to do; may be empty.
    pub next: BoundedText<512>,
}

/// The factory at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Overview {
    /// Queue, workers and the newest runs.
    pub status: Status,
    /// When it was looked at.
    pub at: Timestamp,
    /// The last 24 hours, oldest first.
    pub hours: Vec<Hour>,
    /// Of each run under way.
    pub paces: Vec<Pace>,
    /// What stands still or goes wrong, worst first.
    pub troubles: Vec<Trouble>,
}
