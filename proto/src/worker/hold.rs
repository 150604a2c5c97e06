//! Holding and giving back: renewals (one call for all leases), releases, drain.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::TaskId;
use crate::lease::LeaseToken;

/// A lease that a worker holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldLease {
    /// The task.
    pub task: TaskId,
    /// The proof.
    pub token: LeaseToken,
}

/// Extends leases; also the proof that the worker is alive, so it is sent with none as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenewRequest {
    /// All that it holds.
    pub leases: Vec<HeldLease>,
    /// Results that wait in its spool.
    #[serde(default)]
    pub spooled: u64,
    /// Age of the oldest of them in milliseconds.
    #[serde(default)]
    pub oldest_spooled_ms: u64,
}

/// A lease that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenewedLease {
    /// The task.
    pub task: TaskId,
    /// The proof from now on: another one than before when the coordinator was restarted in between.
    pub token: LeaseToken,
    /// The lease runs out this long after the answer was received, unless renewed.
    pub lease_ms: u64,
}

/// What became of the leases, and what the coordinator wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenewReply {
    /// Leases that go on.
    pub renewed: Vec<RenewedLease>,
    /// Leases that are lost: stop working on these tasks.
    pub lost: Vec<TaskId>,
    /// Tasks that need no result any more: stop and forget.
    pub cancelled: Vec<TaskId>,
    /// Claim nothing until told otherwise, but finish what is held.
    pub paused: bool,
    /// Finish what is held and leave.
    pub drain: bool,
    /// Give the credential a new secret; said only to workers that know the feature `rotate`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub rotate: bool,
    /// Another instance has registered with this worker's credential: finish what is held and leave. Said only to
    /// workers that know the feature `instance`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub superseded: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Hands tasks back without penalty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    /// What to hand back.
    pub leases: Vec<HeldLease>,
}

/// What was handed back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseReply {
    /// Tasks that others can claim now.
    pub released: Vec<TaskId>,
    /// Tasks whose lease was not this worker's any more.
    pub stale: Vec<TaskId>,
}

/// Says that the worker claims no more and will leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DrainRequest {
    /// When it will be gone at the latest, in milliseconds from now.
    pub deadline_ms: u64,
}
