//! All that a queue holds, as a value: a model checker keeps one for every state that it visits.

use std::sync::{Mutex, PoisonError};

use hafs_domain::retry::RetryPolicy;
use tokio::sync::watch;

use super::MemoryQueue;
use super::index::Index;

/// What a [`MemoryQueue`] holds. The default is a queue that waits for its first rebuild.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Snapshot(Option<Index>);

impl Snapshot {
    /// A queue that holds this.
    #[must_use]
    pub fn open(self, retry: RetryPolicy) -> MemoryQueue {
        MemoryQueue { index: Mutex::new(self.0), retry, changes: watch::Sender::new(0) }
    }

    /// Whether it waits for its first rebuild.
    #[must_use]
    pub const fn is_unbuilt(&self) -> bool {
        self.0.is_none()
    }
}

impl From<MemoryQueue> for Snapshot {
    fn from(queue: MemoryQueue) -> Self {
        Self(queue.index.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}
