//! What the queue tells of itself.

use std::collections::BTreeMap;

use hafs_domain::retry::AfterFailure;
use hafs_proto::{Generation, Route, TaskId, TaskState, Timestamp, WorkerId};

use crate::Entry;

/// A lease that ran out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostLease {
    /// The task.
    pub task: TaskId,
    /// The worker that held it.
    pub worker: WorkerId,
    /// Another try, or the end of it: to be stored with the task. A dead one has left the queue.
    pub after: AfterFailure,
}

/// What a pass of the reaper did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reaped {
    /// Leases taken back, longest overdue first.
    pub lost: Vec<LostLease>,
    /// Delayed tasks that became ready.
    pub promoted: u64,
}

/// One route in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RouteStats {
    /// Tasks that wait for a worker, paused ones too.
    pub ready: u64,
    /// Of these, tasks that are paused.
    pub paused: u64,
    /// Tasks that wait for their time.
    pub delayed: u64,
    /// Tasks that workers hold.
    pub leased: u64,
    /// When the ready task that is first in line was planned, paused ones apart.
    pub oldest_ready: Option<Timestamp>,
}

/// The queue in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stats {
    /// In which life it is.
    pub generation: Generation,
    /// Over all routes.
    pub total: RouteStats,
    /// Route by route; routes without open tasks are left out.
    pub routes: BTreeMap<Route, RouteStats>,
}

/// An open task, as the queue sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What is kept of it.
    pub entry: Entry,
    /// Ready or leased.
    pub state: TaskState,
    /// Tasks of its route that are handed out before it, if it is ready and due.
    pub ahead: Option<u64>,
    /// Whether its run or its route is paused.
    pub paused: bool,
}

impl RouteStats {
    /// All open tasks.
    #[must_use]
    pub const fn open(&self) -> u64 {
        self.ready + self.delayed + self.leased
    }

    /// These and `other` together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            ready: self.ready + other.ready,
            paused: self.paused + other.paused,
            delayed: self.delayed + other.delayed,
            leased: self.leased + other.leased,
            oldest_ready: self.oldest_ready.into_iter().chain(other.oldest_ready).min(),
        }
    }
}
