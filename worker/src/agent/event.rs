//! What the agent is told, and what it wants done.
//!
//! Time is a [`Duration`] since the agent began, read from a monotonic clock: the wall clock of a worker plays no
//! part in any decision, so setting it does no harm.

use std::collections::BTreeSet;
use std::time::Duration;

use hafs_proto::worker::{
    ClaimReply, ClaimRequest, ClaimedTask, DeliveryAnswer, DrainRequest, Intervals, ReleaseReply,
    ReleaseRequest, RenewReply, RenewRequest,
};
use hafs_proto::{CompletionId, Route, TaskId};

use super::parcel::{Kept, Parcel, ParcelKind, Spooled, Work};
use super::trouble::Answered;

/// What the shell lends to one decision: the time, one fresh id and one random number.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Since the agent began.
    pub now: Duration,
    /// An id that was never used before.
    pub fresh: CompletionId,
    /// For jitter.
    pub random: u64,
}

/// Something happened.
#[derive(Debug)]
pub enum Event {
    /// Time passed.
    Tick,
    /// A person or the system asks for a drain.
    Drain,
    /// They ask a second time: leave now.
    Stop,
    /// The machine sleeps in a moment.
    FallingAsleep,
    /// It is awake, or awake again.
    Awake,
    /// The answer to a registration that was repeated.
    Registered(Answered<Intervals>),
    /// The end of a `Rotate`; an error in words.
    Rotated(Result<(), String>),
    /// The answer to a claim.
    Claimed {
        /// Which claim.
        claim: CompletionId,
        /// The answer.
        answer: Answered<ClaimReply>,
    },
    /// The answer to a renewal.
    Renewed(Answered<RenewReply>),
    /// The answer to a delivery.
    Delivered {
        /// What was sent.
        keys: Vec<CompletionId>,
        /// The answers.
        answer: Answered<Vec<DeliveryAnswer>>,
    },
    /// The answer to a release.
    Released(Answered<ReleaseReply>),
    /// The answer to the announcement of a drain.
    DrainHeard(Answered<()>),
    /// The work on a task ended.
    Worked {
        /// The task.
        task: TaskId,
        /// A fresh idempotency key for its result.
        key: CompletionId,
        /// How it ended.
        work: Work,
    },
    /// A parcel was written to the spool, or is kept in memory instead.
    Stored(Box<Spooled>),
    /// The end of a `StoreAgain`.
    StoredAgain {
        /// Which parcel.
        key: CompletionId,
        /// Where it waits now.
        kept: Kept,
    },
    /// A parcel that was in the spool cannot be read any more; it was set aside.
    Unreadable(CompletionId),
}

/// Something to be done. Every effect ends in exactly one event, but for those that say otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Register again with the worker's own credential, without these routes.
    Register(BTreeSet<Route>),
    /// Give the worker's credential a new secret.
    Rotate,
    /// Ask for tasks.
    Claim(ClaimRequest),
    /// Extend all leases.
    Renew(RenewRequest),
    /// Send these parcels, all of one kind.
    Deliver {
        /// Which call.
        kind: ParcelKind,
        /// The parcels' keys.
        keys: Vec<CompletionId>,
    },
    /// Hand tasks back.
    Release(ReleaseRequest),
    /// Tell the coordinator that this worker is leaving.
    AnnounceDrain(DrainRequest),
    /// Work on a task.
    Start(Box<ClaimedTask>),
    /// Call off the work on a task; it ends in the `Worked` of its start.
    Stop(TaskId),
    /// Write a result to the spool.
    Store(Parcel),
    /// Try again to write a parcel that is kept in memory to disk.
    StoreAgain(CompletionId),
    /// Delete parcels that the coordinator has taken or does not need; no event follows.
    Forget(Vec<CompletionId>),
    /// Keep a parcel that the coordinator called wrong where a person can look at it; no event follows.
    SetAside {
        /// The parcel.
        key: CompletionId,
        /// Why.
        why: String,
    },
    /// Stop waiting for a claim's answer; no event follows.
    AbandonClaim(CompletionId),
    /// Tell people; no event follows.
    Say(Notice),
    /// Leave the loop; no event follows.
    Exit(Ending),
}

/// A change that people should know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The connection was lost.
    Lost(String),
    /// The connection is there again.
    Back,
    /// The coordinator asks to pause.
    Paused,
    /// The pause is over.
    Resumed,
    /// The spool is at its cap; nothing is claimed until it has room.
    SpoolFull,
    /// The disk does not take results; they are kept in memory and nothing is claimed.
    DiskTrouble,
    /// The spool has room again.
    SpoolFree,
    /// A call was refused for now.
    Refused {
        /// Which call.
        call: &'static str,
        /// The coordinator's words.
        why: String,
    },
    /// Leases were lost: others may do these tasks now.
    LeasesLost(u64),
    /// A teacher cannot be used; it is asked again after a pause.
    TeacherAway {
        /// Its route.
        route: Route,
        /// What it said, or what happened.
        why: String,
        /// Until it is asked again.
        pause: Duration,
    },
    /// A teacher that was away has answered.
    TeacherBack(Route),
    /// The credential has a new secret.
    Rotated,
    /// It has not, for now.
    NotRotated(String),
    /// Another process uses the credential.
    Superseded(String),
    /// The machine sleeps in a moment; what is held is handed back.
    FallingAsleep,
    /// It is awake again.
    AwakeAgain,
    /// A drain began.
    Draining,
    /// The drain's deadline passed, or a second signal came: what is left is released.
    Releasing,
}

/// Why the agent left its loop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It was asked to, finished what it held and delivered everything.
    Drained,
    /// It was asked to, and released what it could not finish or kept results for the next start.
    Released,
    /// The coordinator does not accept the credential any more.
    Revoked(String),
    /// Another process uses the credential; what was held was finished as far as the time allowed.
    Superseded(String),
    /// The coordinator does not speak the same protocol version.
    Incompatible(String),
}
