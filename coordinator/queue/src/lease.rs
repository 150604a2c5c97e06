//! Leases: asking for them, what became of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hafs_domain::retry::{AfterFailure, Failed, Tries};
use hafs_proto::task::DeadReason;
use hafs_proto::worker::IdleReason;
use hafs_proto::{
    Attempt, BoundedText, CompletionId as ClaimId, Generation, Route, TaskId, Timestamp, WorkerId, limits,
};

/// Free slots of one pool of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vacancy {
    /// The pool's name.
    pub pool: BoundedText<64>,
    /// Tasks wanted.
    pub free: u32,
    /// What the pool's slots can do.
    pub routes: BTreeSet<Route>,
}

/// A worker asks for tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The worker.
    pub worker: WorkerId,
    /// The call's id: a repetition gets again what is still held under it, and nothing more.
    pub claim: ClaimId,
    /// Free slots. At most `limits::CLAIM_TASKS` tasks are handed out in one call.
    pub vacancies: Vec<Vacancy>,
    /// Tasks that the worker has, running or spooled; never given to it again.
    pub holding: BTreeSet<TaskId>,
    /// How long the leases last.
    pub lease: Duration,
    /// Routes whose tasks stand in line as if their deadline were so much later, for this worker: it would have to load
    /// a model first.
    pub handicaps: BTreeMap<Route, Duration>,
    /// Tasks that the worker may hold in all: nothing new is given beyond.
    pub at_most: u32,
}

/// Tasks whose time has come that a claim makes ready, however few it wants: the line gets its order back soon.
const PROMOTED: usize = 64;

impl Ask {
    /// How much later the tasks of a route stand in line.
    pub(crate) fn handicap(&self, route: &Route) -> Duration {
        self.handicaps.get(route).copied().unwrap_or_default()
    }

    /// Delayed tasks of each route that this claim makes ready at most. Over all routes that is more than the
    /// worker wants and says that it holds, so due tasks do not pile up; and no route waits for another.
    pub(crate) fn promotions(&self) -> usize {
        let wanted = self.vacancies.iter().fold(0_u32, |sum, vacancy| sum.saturating_add(vacancy.free));
        let wanted = (wanted.min(limits::CLAIM_TASKS) as usize).max(PROMOTED);
        let routes: usize = self.vacancies.iter().map(|vacancy| vacancy.routes.len()).sum();
        (self.holding.len() + wanted).div_ceil(routes.max(1))
    }

    /// The ask of a worker that holds so many tasks already: it wants no more than it may have.
    pub(crate) fn within(&self, held: u64) -> Self {
        let mut left = self.at_most.saturating_sub(u32::try_from(held).unwrap_or(u32::MAX));
        let mut within = self.clone();
        for vacancy in &mut within.vacancies {
            vacancy.free = vacancy.free.min(left);
            left -= vacancy.free;
        }
        within
    }
}

/// A task under lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The task.
    pub task: TaskId,
    /// The pool whose slot it takes.
    pub pool: BoundedText<64>,
    /// In which life of the queue.
    pub generation: Generation,
    /// Its n-th claim.
    pub attempt: Attempt,
    /// Until when, unless renewed.
    pub expires_at: Timestamp,
}

/// The answer to a claim.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claimed {
    /// Tasks under lease.
    pub grants: Vec<Grant>,
    /// Why there are none; empty when there are some.
    pub reasons: Vec<IdleReason>,
    /// When the next task of these routes becomes due by time alone; nothing else than
    /// [`Queue::changes`](crate::Queue::changes) tells of other changes.
    pub retry_at: Option<Timestamp>,
}

/// A lease that a worker says it holds. The caller has verified its token, so it was given to that worker
/// once; whether it is current is for the queue to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseRef {
    /// The task.
    pub task: TaskId,
    /// In which life of the queue.
    pub generation: Generation,
    /// Its n-th claim.
    pub attempt: Attempt,
}

/// What became of a renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// The lease goes on, under this pair: another one than before if it was adopted after a rebuild.
    Renewed {
        /// In which life of the queue.
        generation: Generation,
        /// Its n-th claim.
        attempt: Attempt,
        /// Until when, unless renewed.
        expires_at: Timestamp,
    },
    /// The lease is not current: stop working on the task.
    Lost,
    /// The task is not open: it needs no result any more.
    Closed,
}

/// A failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedLease {
    /// The lease that it ran under.
    pub lease: LeaseRef,
    /// What went wrong.
    pub failed: Failed,
}

/// What became of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailAnswer {
    /// The task is tried again.
    Retry {
        /// Not before this time.
        not_before: Timestamp,
        /// To be stored with the task.
        tries: Tries,
    },
    /// The task is parked for good and has left the queue.
    Dead {
        /// Why.
        reason: DeadReason,
        /// To be stored with the task.
        tries: Tries,
    },
    /// The lease is not current: nothing changed.
    Stale,
    /// The task is not open: nothing changed.
    Closed,
}

impl From<AfterFailure> for FailAnswer {
    fn from(after: AfterFailure) -> Self {
        match after {
            AfterFailure::Retry { not_before, tries } => Self::Retry { not_before, tries },
            AfterFailure::Dead { reason, tries } => Self::Dead { reason, tries },
        }
    }
}

/// What became of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseAnswer {
    /// Others can claim the task now.
    Released,
    /// The lease is not current: nothing changed.
    Stale,
    /// The task is not open: nothing changed.
    Closed,
}
