//! Where a task stands.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::id::WorkerId;
use crate::lease::{Attempt, Generation};
use crate::reason::Reason;
use crate::time::Timestamp;

/// Why a task was parked for good.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeadReason {
    /// The last failure's code.
    pub reason: Reason,
    /// For people.
    pub detail: BoundedText<2048>,
}

/// Where a task stands in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum TaskState {
    /// Waiting for a worker, from `not_before` on (later than now after a failure: its backoff).
    Ready {
        /// Not handed out before this time.
        not_before: Timestamp,
    },
    /// Held by a worker.
    Leased {
        /// By which.
        worker: WorkerId,
        /// In which life of the queue.
        generation: Generation,
        /// Its n-th claim.
        attempt: Attempt,
        /// Until when, unless renewed.
        expires_at: Timestamp,
    },
    /// Its result is in the library.
    Done {
        /// Since when.
        at: Timestamp,
    },
    /// Parked for good.
    Dead {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: DeadReason,
    },
    /// Called off by a person.
    Cancelled {
        /// Since when.
        at: Timestamp,
    },
}

impl TaskState {
    /// The state's word, as in JSON, metrics and the library.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Ready { .. } => "ready",
            Self::Leased { .. } => "leased",
            Self::Done { .. } => "done",
            Self::Dead { .. } => "dead",
            Self::Cancelled { .. } => "cancelled",
        }
    }
}
