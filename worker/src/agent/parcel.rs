//! From the end of the work on a task to the result that is delivered.

use std::time::Duration;

use hafs_proto::lease::LeaseToken;
use hafs_proto::task::{Completion, Failure, FailureClass, TaskOutput};
use hafs_proto::{BoundedText, CallRecord, CompletionId, Reason, TaskId};

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

impl Work {
    /// Every call that was made.
    pub fn calls_mut(&mut self) -> &mut [CallRecord] {
        match self {
            Self::Done { calls, .. } | Self::Failed { calls, .. } | Self::Stopped { calls } => calls,
        }
    }
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
