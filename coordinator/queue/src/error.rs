//! Why the queue cannot do what it is asked.

use hafs_proto::Generation;
use thiserror::Error;

/// Why a call was not served. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QueueError {
    /// The index is not there yet, or not any more: try again when it has been rebuilt from the library.
    #[error("the queue is being rebuilt from the library; try again in a moment")]
    Rebuilding,
    /// A batch is over its limit.
    #[error("{given} items in one call of `{verb}`, and at most {max} are allowed: send them in parts")]
    TooMany {
        /// The verb that was called.
        verb: &'static str,
        /// Items given.
        given: usize,
        /// Items allowed.
        max: usize,
    },
    /// A rebuild under a generation that was used before would make old leases look current.
    #[error("generation {} was used before (the queue is at {}): a rebuild needs a higher one", .given.0, .current.0)]
    OldGeneration {
        /// The generation given.
        given: Generation,
        /// The queue's.
        current: Generation,
    },
}
