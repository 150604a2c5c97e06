//! What the agent is told, and what it wants done.
//!
//! Time is a [`Duration`] since the agent began, read from a monotonic clock: the wall clock of a worker plays no
//! part in any decision, so setting it does no harm.

use std::time::Duration;

use hafs_proto::lease::LeaseToken;
use hafs_proto::task::{Completion, Failure, FailureClass, TaskOutput};
use hafs_proto::worker::{
    ClaimReply, ClaimRequest, ClaimedTask, DeliveryAnswer, DrainRequest, Intervals, ReleaseReply,
    ReleaseRequest, RenewReply, RenewRequest,
};
use hafs_proto::{BoundedText, CallRecord, CompletionId, Problem, ProblemType, Reason, TaskId};

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

/// Why a call to the coordinator gave no answer of its own kind.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CallTrouble {
    /// The coordinator could not be reached, did not answer in time, or answered with something else.
    #[error("could not reach the coordinator: {0}")]
    Away(String),
    /// The coordinator answered with a problem document.
    #[error("the coordinator answered: {0}")]
    Problem(Box<Problem>),
}

/// What a trouble means for the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The connection is lost.
    Away,
    /// Try the same again later.
    Later(Option<Duration>),
    /// The coordinator does not know this worker (any more): register again.
    Unknown,
    /// The credential is not valid: stop.
    Revoked,
    /// The program is too old or too new: stop.
    Incompatible,
    /// The request itself is wrong; the same one will never be right.
    Wrong,
}

impl CallTrouble {
    /// What to make of it.
    #[must_use]
    pub fn meaning(&self) -> Meaning {
        match self {
            Self::Away(_) => Meaning::Away,
            Self::Problem(problem) => problem_meaning(problem),
        }
    }
}

fn problem_meaning(problem: &Problem) -> Meaning {
    let hint = problem.retry_after_ms.map(Duration::from_millis);
    match problem.kind() {
        Some(ProblemType::Unauthenticated | ProblemType::Forbidden) => Meaning::Revoked,
        Some(ProblemType::UpgradeNeeded) => Meaning::Incompatible,
        Some(ProblemType::NotFound | ProblemType::Conflict) => Meaning::Unknown,
        Some(
            ProblemType::RequestTimeout
            | ProblemType::TooManyRequests
            | ProblemType::Internal
            | ProblemType::Draining
            | ProblemType::Rebuilding
            | ProblemType::Overloaded
            | ProblemType::DiskFull,
        ) => Meaning::Later(hint),
        Some(
            ProblemType::MalformedRequest
            | ProblemType::MethodNotAllowed
            | ProblemType::StaleLease
            | ProblemType::TooLarge
            | ProblemType::UnsupportedMediaType
            | ProblemType::Invalid
            | ProblemType::KeyReused,
        ) => Meaning::Wrong,
        // A kind that this program does not know yet: the status decides.
        None => status_meaning(problem.status, hint),
    }
}

const fn status_meaning(status: u16, hint: Option<Duration>) -> Meaning {
    match status {
        401 | 403 => Meaning::Revoked,
        404 => Meaning::Unknown,
        426 => Meaning::Incompatible,
        408 | 425 | 429 | 500..=599 => Meaning::Later(hint),
        _ => Meaning::Wrong,
    }
}

/// A coordinator's answer, or why there is none.
pub type Answered<T> = Result<T, CallTrouble>;

/// How the work on a task ended. Every variant carries the calls that were made: they were paid.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// With a result.
    Done {
        /// Calls in order.
        calls: Vec<CallRecord>,
        /// The result.
        output: Box<TaskOutput>,
    },
    /// Without one.
    Failed {
        /// Calls in order.
        calls: Vec<CallRecord>,
        /// Why.
        fault: Fault,
    },
    /// It was called off.
    Stopped {
        /// Calls in order.
        calls: Vec<CallRecord>,
    },
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What the queue does next.
    pub class: FailureClass,
    /// Its code.
    pub reason: Reason,
    /// For people; neither keys nor mined text.
    pub detail: String,
    /// When the provider allows the next try.
    pub retry_after: Option<Duration>,
}

impl Fault {
    /// A fault without a hint when to try again.
    #[must_use]
    pub fn new(class: FailureClass, reason: Reason, detail: impl Into<String>) -> Self {
        Self { class, reason, detail: detail.into(), retry_after: None }
    }

    /// The failure of `task`, as it is delivered.
    #[must_use]
    pub fn into_failure(
        self,
        key: CompletionId,
        task: TaskId,
        token: LeaseToken,
        calls: Vec<CallRecord>,
    ) -> Failure {
        Failure {
            key,
            task,
            token,
            class: self.class,
            reason: self.reason,
            detail: BoundedText::clipped(&self.detail),
            retry_after_ms: self.retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
            calls,
        }
    }
}

/// A result on its way to the coordinator.
#[derive(Debug, Clone, PartialEq)]
pub enum Parcel {
    /// Of an attempt that succeeded.
    Completion(Box<Completion>),
    /// Of one that failed.
    Failure(Box<Failure>),
}

impl Parcel {
    /// Its idempotency key.
    #[must_use]
    pub fn key(&self) -> CompletionId {
        match self {
            Self::Completion(completion) => completion.key,
            Self::Failure(failure) => failure.key,
        }
    }

    /// The task that it belongs to.
    #[must_use]
    pub fn task(&self) -> TaskId {
        match self {
            Self::Completion(completion) => completion.task,
            Self::Failure(failure) => failure.task,
        }
    }

    /// The proof of the lease.
    #[must_use]
    pub fn token(&self) -> &LeaseToken {
        match self {
            Self::Completion(completion) => &completion.token,
            Self::Failure(failure) => &failure.token,
        }
    }

    /// Which of the two calls takes it.
    #[must_use]
    pub const fn kind(&self) -> ParcelKind {
        match self {
            Self::Completion(_) => ParcelKind::Completion,
            Self::Failure(_) => ParcelKind::Failure,
        }
    }
}

/// Which of the two delivery calls takes a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ParcelKind {
    /// `complete`.
    Completion,
    /// `fail`.
    Failure,
}

/// Where a parcel waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kept {
    /// In a file that survives the process.
    OnDisk,
    /// In memory, because the disk would not take it.
    InMemory,
}

/// What the agent remembers of a parcel; the rest is in the spool.
#[derive(Debug, Clone, PartialEq)]
pub struct Spooled {
    /// Its idempotency key.
    pub key: CompletionId,
    /// The task that it belongs to.
    pub task: TaskId,
    /// The proof of the lease.
    pub token: LeaseToken,
    /// Which call takes it.
    pub kind: ParcelKind,
    /// Size of its JSON form.
    pub bytes: u64,
    /// Where it waits.
    pub kept: Kept,
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
    /// The answer to a registration that was repeated.
    Registered(Answered<Intervals>),
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
    /// Register again with the worker's own credential.
    Register,
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
    /// Delete answered parcels; no event follows.
    Forget(Vec<CompletionId>),
    /// Keep a parcel that the coordinator will never take where a person can look at it; no event follows.
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
    /// The coordinator does not speak the same protocol version.
    Incompatible(String),
}
