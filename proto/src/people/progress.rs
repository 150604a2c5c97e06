//! How far a run is. Every number is counted from the library, none is kept on the side.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::RunId;
use crate::money::MicroUsd;
use crate::reason::Reason;
use crate::run::RunState;

/// How often a reason was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonCount {
    /// The reason.
    pub reason: Reason,
    /// Samples or tasks that have it as their first reason: these add up.
    pub first: u64,
    /// Samples or tasks that have it at all.
    pub any: u64,
}

/// A run in numbers. `generated = accepted + rejected + quarantined + candidates`, and
/// `attempted = generated + failed`, where a generation that came to nothing counts once in `failed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// The run.
    pub run: RunId,
    /// Its state.
    pub state: RunState,
    /// Accepted samples to reach.
    pub target: u32,
    /// Seeds mined from the run's sources.
    pub seeds: u64,
    /// Samples made.
    pub generated: u64,
    /// Samples accepted.
    pub accepted: u64,
    /// Samples rejected.
    pub rejected: u64,
    /// Samples set aside.
    pub quarantined: u64,
    /// Samples not decided yet.
    pub candidates: u64,
    /// Generations that were given up.
    pub failed: u64,
    /// Tasks not done yet.
    pub open_tasks: u64,
    /// Calls to teachers.
    pub calls: u64,
    /// Prompt tokens.
    pub input_tokens: u64,
    /// Generated tokens.
    pub output_tokens: u64,
    /// Spent.
    pub cost: MicroUsd,
    /// Why samples were rejected.
    pub rejections: Vec<ReasonCount>,
    /// Why generations were given up.
    pub failures: Vec<ReasonCount>,
}
