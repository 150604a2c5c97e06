//! Delivering: completions and failures in batches, each with its own answer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::id::{CompletionId, TaskId};
use crate::quota::Seen;
use crate::task::{Completion, Failure};

/// A batch of results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteRequest {
    /// At most `limits::BATCH_ITEMS`.
    pub results: Vec<Completion>,
    /// What providers said since the last delivery; only to coordinators that know the feature `limits`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Seen>,
}

/// A batch of failures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FailRequest {
    /// At most `limits::BATCH_ITEMS`.
    pub failures: Vec<Failure>,
    /// What providers said since the last delivery; only to coordinators that know the feature `limits`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Seen>,
}

/// What became of one delivery. Every answer means that the worker may delete it from its spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is in the library, on disk.
    Accepted,
    /// The task had its result already; this one is recorded as a duplicate and was paid for in vain.
    Duplicate,
    /// The lease was not current (failures only): nothing changed but the record of the calls.
    Stale,
    /// The task was called off; the calls are recorded.
    Closed,
    /// The delivery itself is wrong and will never be accepted.
    Invalid,
}

/// The answer to one delivery. The same key with the same body gets the same answer for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryAnswer {
    /// The delivery's key.
    pub key: CompletionId,
    /// The task.
    pub task: TaskId,
    /// What became of it.
    pub answer: Answer,
    /// For people, when it was not accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<BoundedText<1024>>,
    /// Whether this is the stored answer of an earlier call.
    #[serde(default)]
    pub replayed: bool,
}

/// Answers in the order of the request. Given only after the commit that holds all accepted results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteReply {
    /// One for each result.
    pub answers: Vec<DeliveryAnswer>,
}

/// Answers in the order of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FailReply {
    /// One for each failure.
    pub answers: Vec<DeliveryAnswer>,
}
