//! Claiming: a long poll that gives tasks, or says why it gives none.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::id::{CompletionId, TaskId};
use crate::lease::{Attempt, LeaseToken};
use crate::task::Task;
use crate::worker::{Residency, RouteBacklog};

/// Free slots of one pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolVacancy {
    /// The pool, as registered.
    pub pool: BoundedText<64>,
    /// Tasks wanted.
    pub free: u32,
}

/// Asks for tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimRequest {
    /// Minted by the worker: a repeated call whose answer was lost gets the same leases again.
    pub claim: CompletionId,
    /// Free slots.
    pub vacancies: Vec<PoolVacancy>,
    /// How long to wait for a task, at most `limits::CLAIM_WAIT_MS`.
    pub wait_ms: u64,
    /// Tasks that the worker holds, running or spooled: never given to it again.
    #[serde(default)]
    pub holding: Vec<TaskId>,
    /// What the worker's own hardware holds; only to coordinators that know the feature `residency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residency: Option<Residency>,
}

/// A task under lease.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimedTask {
    /// What to do.
    pub task: Task,
    /// The pool whose slot it takes.
    pub pool: BoundedText<64>,
    /// The proof of the lease.
    pub token: LeaseToken,
    /// Its n-th claim.
    pub attempt: Attempt,
    /// The lease runs out this long after the answer was received, unless renewed.
    pub lease_ms: u64,
}

/// Why a claim gives nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdleCode {
    /// There are no open tasks.
    QueueEmpty,
    /// There are tasks, but none that this worker can do.
    NoMatchingRoute,
    /// Tasks wait for their backoff to pass.
    Delayed,
    /// All that match are held by workers.
    AllLeased,
    /// The worker is paused.
    Paused,
    /// The worker or the coordinator is draining.
    Draining,
    /// The worker asked for no slot.
    NoFreeSlot,
    /// The worker holds these tasks already.
    AlreadyHeld,
    /// The limits of their teacher are used up for now; said only to workers that know the feature `limits`.
    BucketEmpty,
    /// The money for their teacher is spent for today; said only to workers that know the feature `limits`.
    BudgetSpent,
    /// Their teacher's provider fails, or refuses the key; said only to workers that know the feature `limits`.
    CircuitOpen,
    /// Their model is loaded elsewhere and not here, and they have not waited long enough for a swap; said only to
    /// workers that know the feature `residency`.
    ModelNotLoaded,
}

impl IdleCode {
    /// The word used in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::QueueEmpty => "queue_empty",
            Self::NoMatchingRoute => "no_matching_route",
            Self::Delayed => "delayed",
            Self::AllLeased => "all_leased",
            Self::Paused => "paused",
            Self::Draining => "draining",
            Self::NoFreeSlot => "no_free_slot",
            Self::AlreadyHeld => "already_held",
            Self::BucketEmpty => "bucket_empty",
            Self::BudgetSpent => "budget_spent",
            Self::CircuitOpen => "circuit_open",
            Self::ModelNotLoaded => "model_not_loaded",
        }
    }
}

/// One reason with the number of tasks that it keeps back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdleReason {
    /// The code.
    pub code: IdleCode,
    /// Tasks kept back by it.
    pub tasks: u64,
    /// For people.
    pub message: BoundedText<512>,
}

/// Tasks, or the reasons for none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimReply {
    /// Tasks under lease.
    pub tasks: Vec<ClaimedTask>,
    /// Why there are none; empty when there are some.
    #[serde(default)]
    pub reasons: Vec<IdleReason>,
    /// When to ask again if there are none.
    pub retry_after_ms: u64,
    /// What waits for the worker's own models; said only to workers that know the feature `residency`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backlog: Vec<RouteBacklog>,
}
