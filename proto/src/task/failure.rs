//! Failed attempts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::output::json_hash;
use crate::bounded::BoundedText;
use crate::hash::ContentHash;
use crate::id::{CompletionId, TaskId};
use crate::lease::LeaseToken;
use crate::reason::Reason;
use crate::teacher::CallRecord;

/// What kind of failure it was; it decides what the queue does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// Network, 5xx, time-out: retried with backoff, counts as a failed attempt.
    Transient,
    /// 429 or a full queue: retried when the provider allows, does not count.
    RateLimited,
    /// The worker turned out not to have the model, source or tool, or cannot reach it: retried, here or elsewhere,
    /// with backoff; does not count.
    ModelMissing,
    /// Out of memory: retried, counts.
    OutOfMemory,
    /// The teacher refused: final for this teacher.
    Refused,
    /// The reply could not be used: retried, counts.
    Invalid,
    /// The task itself cannot be done: dead-lettered at once.
    Poison,
}

impl FailureClass {
    /// Every class.
    pub const ALL: &'static [Self] = &[
        Self::Transient,
        Self::RateLimited,
        Self::ModelMissing,
        Self::OutOfMemory,
        Self::Refused,
        Self::Invalid,
        Self::Poison,
    ];

    /// The word used in JSON and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::RateLimited => "rate_limited",
            Self::ModelMissing => "model_missing",
            Self::OutOfMemory => "out_of_memory",
            Self::Refused => "refused",
            Self::Invalid => "invalid",
            Self::Poison => "poison",
        }
    }
}

/// A failed attempt, as a worker reports it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Idempotency key, as for completions.
    pub key: CompletionId,
    /// The task.
    pub task: TaskId,
    /// The proof of the lease; only the current one may fail a task.
    pub token: LeaseToken,
    /// What kind of failure.
    pub class: FailureClass,
    /// Its code.
    pub reason: Reason,
    /// For people; keys and mined text are left out.
    pub detail: BoundedText<2048>,
    /// When the provider allows the next try, in milliseconds from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// Every call to a teacher that the attempt made, in order: they were paid.
    pub calls: Vec<CallRecord>,
}

impl Failure {
    /// Hash of the body, to tell a repetition from a different failure under the same key.
    #[must_use]
    pub fn body_hash(&self) -> ContentHash {
        json_hash(self)
    }
}
