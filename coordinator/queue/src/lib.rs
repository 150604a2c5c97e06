//! The index of open tasks: one trait, its in-memory implementation and the conformance suite.
//!
//! The queue is an index and never the only copy of anything: it holds ids, routes and leases, not payloads,
//! and can be rebuilt from the library at any moment. See [`Queue`] for the rules that every backend keeps.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod entry;
mod error;
mod lease;
mod memory;
mod queue;
mod view;

pub use entry::{Entry, Pausable};
pub use error::QueueError;
pub use lease::{Ask, Claimed, FailAnswer, FailedLease, Grant, LeaseRef, ReleaseAnswer, Renewal, Vacancy};
pub use memory::MemoryQueue;
pub use queue::Queue;
pub use view::{Explanation, LostLease, Reaped, RouteStats, Stats};
