//! What a worker has done since it began.

use hafs_proto::worker::Answer;
use serde::{Deserialize, Serialize};

/// Counters since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Tasks claimed.
    pub claimed: u64,
    /// Attempts that ended with a result.
    pub done: u64,
    /// Attempts that ended without one.
    pub failed: u64,
    /// Deliveries that are in the library.
    pub accepted: u64,
    /// Deliveries whose task had its result already.
    pub duplicate: u64,
    /// Failures of leases that were not current any more.
    pub stale: u64,
    /// Deliveries of tasks that had been called off.
    pub closed: u64,
    /// Deliveries that the coordinator called wrong; each is set aside too.
    pub invalid: u64,
    /// Deliveries that were set aside on disk.
    pub set_aside: u64,
    /// Tasks handed back.
    pub released: u64,
    /// Leases lost or called off.
    pub lost: u64,
}

impl Tally {
    /// Counts the answer to a delivery.
    pub const fn count(&mut self, answer: Answer) {
        match answer {
            Answer::Accepted => self.accepted += 1,
            Answer::Duplicate => self.duplicate += 1,
            Answer::Stale => self.stale += 1,
            Answer::Closed => self.closed += 1,
            Answer::Invalid => self.invalid += 1,
        }
    }
}
