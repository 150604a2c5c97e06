//! Small numbers for ids, and the constants of every model.

use std::time::Duration;

use hafs_domain::retry::RetryPolicy;
use hafs_proto::lease::LeaseKey;
use hafs_proto::{Route, RunId, TaskId, Timestamp, WorkerId};
use uuid::Uuid;

/// The length of every lease.
pub const LEASE: Duration = Duration::from_secs(30);

/// The factory's rule without its delays: what matters here is the order of events, and any delay is one of them.
pub const RETRY: RetryPolicy = RetryPolicy {
    base: Duration::ZERO,
    cap: Duration::ZERO,
    longest_wish: Duration::ZERO,
    max_losses: 9,
    max_deferrals: 9,
};

/// A task by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Task(pub u8);

/// A worker by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Who(pub u8);

pub fn id<T: From<Uuid>>(number: u8) -> T {
    T::from(Uuid::from_u128(u128::from(number)))
}

impl Task {
    pub fn id(self) -> TaskId {
        id(self.0)
    }

    pub fn of(id: TaskId) -> Self {
        Self(id.uuid().as_bytes()[15])
    }
}

impl Who {
    pub fn id(self) -> WorkerId {
        id(self.0)
    }
}

pub fn run() -> RunId {
    id(1)
}

pub fn route() -> Route {
    "check/tool".parse().expect("a route")
}

pub fn key() -> LeaseKey {
    LeaseKey::new([7; 32])
}

/// A time after the beginning of the model, in lengths of a lease.
pub fn later(now: Timestamp) -> Timestamp {
    now.plus(LEASE)
}
