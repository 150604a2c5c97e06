//! Tasks: units of queued work. A task is data: no field of it can make a worker run a command, open a path
//! or fetch a URL that the worker's own configuration does not allow.

mod failure;
mod output;
mod spec;
mod state;

pub use failure::{Failure, FailureClass};
pub use output::{Completion, EmbeddedItem, TaskOutput};
pub use spec::{
    AugmentMethod, AugmentSpec, CheckSpec, EmbedItem, EmbedSpec, GenerateSpec, HarvestSpec, JudgeSpec, Lane,
    SampleTexts, TaskSpec,
};
pub use state::{DeadReason, TaskState};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::hash::ContentHash;
use crate::id::{RunId, TaskId};
use crate::route::Route;
use crate::time::Timestamp;

/// What kind of work a task is. `train` and `evaluate` are reserved words for later kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Mine a source.
    Harvest,
    /// Turn a seed into candidates.
    Generate,
    /// Run a check that needs a tool.
    Check,
    /// Ask a judge.
    Judge,
    /// Compute embeddings.
    Embed,
    /// Derive candidates from an accepted sample.
    Augment,
}

impl TaskKind {
    /// Every kind.
    pub const ALL: &'static [Self] =
        &[Self::Harvest, Self::Generate, Self::Check, Self::Judge, Self::Embed, Self::Augment];

    /// The word used in JSON, metrics and the library.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Harvest => "harvest",
            Self::Generate => "generate",
            Self::Check => "check",
            Self::Judge => "judge",
            Self::Embed => "embed",
            Self::Augment => "augment",
        }
    }
}

/// How urgent a task is: an offset that is added to its enqueue time. Lower goes first, and nothing starves,
/// because time passes for every task alike. Source: queue model, "virtual deadline".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Now: finishing what is nearly done (judging, checking).
    Urgent,
    /// Within a minute of others.
    Normal,
    /// When there is time: ten minutes behind.
    Bulk,
    /// Only to fill idle slots: two hours behind.
    Filler,
}

impl Priority {
    /// The offset in milliseconds.
    #[must_use]
    pub const fn offset_ms(self) -> u32 {
        match self {
            Self::Urgent => 0,
            Self::Normal => 60_000,
            Self::Bulk => 600_000,
            Self::Filler => 7_200_000,
        }
    }
}

/// A unit of queued work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// The campaign that it belongs to.
    pub run: RunId,
    /// What to do.
    pub spec: TaskSpec,
    /// How urgent it is.
    pub priority: Priority,
    /// Caller's key that makes enqueueing repeatable: planning the same thing twice makes one task.
    pub key: ContentHash,
    /// Failed attempts before it is dead-lettered.
    pub max_attempts: u32,
    /// When it was planned.
    pub created_at: Timestamp,
}

impl Task {
    /// The kind of work.
    #[must_use]
    pub const fn kind(&self) -> TaskKind {
        self.spec.kind()
    }

    /// What it needs of a worker.
    #[must_use]
    pub fn route(&self) -> Route {
        self.spec.route()
    }
}
