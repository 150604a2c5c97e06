//! Why the queue cannot do what it is asked.

use hafs_proto::{Generation, limits};
use thiserror::Error;

/// Why a call was not served. Nothing has changed, unless [`Unavailable`](Self::Unavailable) says otherwise.
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
    /// The server behind the queue did not serve the call. Whether it took effect is not known: repeat it, every
    /// verb bears that.
    #[error("`{verb}` was not served by the queue's server {server}: {trouble}")]
    Unavailable {
        /// The verb that was called.
        verb: &'static str,
        /// The server's address, without credentials.
        server: String,
        /// What is wrong.
        trouble: Trouble,
    },
}

/// What is wrong with a server behind the queue, and what helps.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Trouble {
    /// Nobody listens there.
    #[error("nothing listens there; start the server or correct its address")]
    Refused,
    /// The connection broke.
    #[error("the connection broke; it is made anew by itself")]
    Dropped,
    /// No answer in time.
    #[error("no answer in time; look for slow scripts (SLOWLOG GET) and for a machine that swaps")]
    Silent,
    /// The server reads its data back.
    #[error("it is still loading its data from disk; it serves when that is done")]
    Loading,
    /// The server is a replica.
    #[error("it is a read-only replica; give the address of the primary")]
    ReadOnly,
    /// The server has no memory left.
    #[error(
        "its memory is full; raise `maxmemory` (CONFIG SET maxmemory 1gb) or give the queue a server of its own"
    )]
    Full,
    /// The server cannot write to its disk.
    #[error("it cannot write to its disk and therefore takes no writes; free space, then look at its log")]
    Disk,
    /// A script runs for too long.
    #[error("a script of somebody has blocked it for long; see SLOWLOG GET, and SCRIPT KILL ends it")]
    Busy,
    /// The credentials are wrong or allow too little.
    #[error("it refuses our credentials: {0}")]
    Denied(String),
    /// A key holds what we did not write.
    #[error(
        "a key of the queue holds something that the factory did not write: {0}; give the queue a name of its \
         own, or delete the keys that begin with its hash tag"
    )]
    Foreign(String),
    /// A node of a cluster that does not serve these keys.
    #[error(
        "it is a cluster node that does not hold the queue's keys: {0}; give the address of the node that does"
    )]
    Elsewhere(String),
    /// An index that was prepared has lost tasks before it could be used.
    #[error(
        "{found} of {prepared} prepared tasks were found when the index was to be switched; rebuild again"
    )]
    Torn {
        /// Tasks prepared.
        prepared: u64,
        /// Tasks found.
        found: u64,
    },
    /// Tasks changed again and again while their failures were decided.
    #[error("others changed the tasks again and again meanwhile; try again")]
    Contended,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// Refuses a batch over the limit.
pub(crate) fn bounded(verb: &'static str, given: usize) -> Result<(), QueueError> {
    let max = limits::BATCH_ITEMS;
    if given <= max { Ok(()) } else { Err(QueueError::TooMany { verb, given, max }) }
}
