//! The names of a queue's keys.

use hafs_proto::Generation;

/// The order is that of the first lines of `lua/record.lua`.
const KEYS: [&str; 8] = ["meta", "tasks", "ready", "delayed", "leases", "held", "leased", "paused"];

/// The keys of one queue. They share a hash tag, so that a cluster keeps them in one slot.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    tag: String,
}

impl Keys {
    pub(super) fn new(name: &str) -> Self {
        Self { tag: format!("{{hafs:{name}}}") }
    }

    /// The index in use.
    pub(super) fn live(&self) -> [String; 8] {
        KEYS.map(|key| format!("{}:{key}", self.tag))
    }

    /// An index that is being prepared.
    pub(super) fn staged(&self, generation: Generation) -> [String; 8] {
        KEYS.map(|key| format!("{}:next:{}:{key}", self.tag, generation.0))
    }

    /// What is known of the index in use as a whole.
    pub(super) fn meta(&self) -> String {
        format!("{}:meta", self.tag)
    }

    /// Where changes are told.
    pub(super) fn channel(&self) -> String {
        format!("{}:changes", self.tag)
    }
}
