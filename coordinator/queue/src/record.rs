//! An open task as every backend keeps it, and what follows when its lease ends badly.

use hafs_domain::retry::{AfterFailure, RetryPolicy, jitter};
use hafs_domain::task;
use hafs_proto::{Attempt, BoundedText, CompletionId as ClaimId, Generation, TaskState, Timestamp, WorkerId};

use crate::{Entry, FailedLease};

/// An open task.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Record {
    pub(crate) entry: Entry,
    /// Ready or leased.
    pub(crate) state: TaskState,
    /// The last attempt that was given out.
    pub(crate) attempt: Attempt,
    /// What is known of the lease, if there is one.
    pub(crate) hold: Option<Box<Hold>>,
}

/// How a lease came about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Hold {
    /// By a claim, for a slot of a pool.
    Claimed { claim: ClaimId, pool: BoundedText<64> },
    /// By the renewal of a lease of an older generation; whoever repeats that renewal means this lease.
    Adopted { from: (Generation, Attempt) },
}

impl Record {
    /// The record of a task that comes in.
    pub(crate) fn new(entry: Entry) -> Self {
        let state = TaskState::Ready { not_before: entry.not_before };
        // The number goes on from what the library knows, so that people see attempts counted through.
        let attempt = Attempt(entry.tries.total());
        Self { entry, state, attempt, hold: None }
    }

    /// The holder that a lease of `worker` means: under the pair as it is now, or as it was before adoption.
    pub(crate) fn current(&self, worker: WorkerId, pair: (Generation, Attempt)) -> Option<task::Holder> {
        let holder = task::holder(&self.state).filter(|holder| holder.worker == worker)?;
        let adopted = self.hold.as_deref() == Some(&Hold::Adopted { from: pair });
        ((holder.generation, holder.attempt) == pair || adopted).then_some(holder)
    }

    /// What follows the failure of a lease; nothing if the lease is not current.
    pub(crate) fn failed(
        &self,
        worker: WorkerId,
        failure: &FailedLease,
        retry: &RetryPolicy,
        now: Timestamp,
    ) -> Option<(TaskState, AfterFailure)> {
        let held = failure.lease;
        let holder = self.current(worker, (held.generation, held.attempt))?;
        let when = (jitter(held.task, holder.attempt), now);
        let after = retry.after_failure(&failure.failed, self.entry.tries, self.entry.max_attempts, when);
        let state = task::fail(&self.state, holder, &after, now).ok()?;
        Some((state, after))
    }

    /// Who lost the lease, and what follows; nothing if there is none or it still runs.
    pub(crate) fn lost(
        &self,
        retry: &RetryPolicy,
        now: Timestamp,
    ) -> Option<(WorkerId, TaskState, AfterFailure)> {
        let holder = task::holder(&self.state)?;
        let after = retry.after_loss(self.entry.tries, jitter(self.entry.task, holder.attempt), now);
        let state = task::reap(&self.state, &after, now).ok()?;
        Some((holder.worker, state, after))
    }

    /// Writes down what follows.
    pub(crate) fn follow(&mut self, state: TaskState, after: &AfterFailure) {
        let (AfterFailure::Retry { tries, .. } | AfterFailure::Dead { tries, .. }) = *after;
        if let TaskState::Ready { not_before } = state {
            self.entry.not_before = not_before;
        }
        self.entry.tries = tries;
        self.state = state;
        self.hold = None;
    }
}
