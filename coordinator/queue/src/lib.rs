//! The index of open tasks: one trait, its implementations (in memory and in Redis) and the conformance suite.
//!
//! The queue is an index and never the only copy of anything: it holds ids, routes and leases, not payloads,
//! and can be rebuilt from the library at any moment. See [`Queue`] for the rules that every backend keeps.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod entry;
mod error;
mod idle;
mod lease;
mod memory;
mod queue;
mod record;
pub mod redis;
mod view;

pub use self::redis::RedisQueue;
pub use entry::{Entry, Pausable};
pub use error::{QueueError, Trouble};
pub use lease::{Ask, Claimed, FailAnswer, FailedLease, Grant, LeaseRef, ReleaseAnswer, Renewal, Vacancy};
pub use memory::MemoryQueue;
#[cfg(feature = "conformance")]
pub use memory::Snapshot;
pub use queue::Queue;
pub use view::{Explanation, LostLease, Reaped, RouteStats, Stats};
