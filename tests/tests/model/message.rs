//! What workers and coordinators say to each other. The network keeps every message: it can arrive late, twice, in
//! another order or never.

use std::collections::BTreeSet;

use hafs_proto::task::FailureClass;
use hafs_proto::worker::Answer;
use hafs_proto::{Attempt, Generation, TaskId};
use hafs_queue::LeaseRef;

use crate::given::{Task, Who, key};

/// The fencing number of a lease.
pub type Pair = (Generation, Attempt);

/// How a lease began: the ghost by which the rules tell two leases apart, whatever their numbers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    pub worker: Who,
    pub claim: u8,
    pub pair: Pair,
}

/// The proof of a lease, by what was signed. Whether it verifies is asked of the real key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token {
    pub made_for: Who,
    pub pair: Pair,
}

/// A lease, as its worker knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lease {
    pub task: Task,
    pub token: Token,
    pub origin: Origin,
}

/// A delivery's idempotency key: whose, and which of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub Who, pub u8);

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    Result,
    /// It may go better the next time.
    Failure,
    /// It never will.
    Poison,
}

/// A delivery: it lies in the worker's spool until it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Parcel {
    pub key: Key,
    pub lease: Lease,
    pub outcome: Outcome,
}

/// What a worker that renews is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Word {
    GoOn(Lease),
    Lost,
    Closed,
}

/// An answer by its place in the list, because answers have no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Said(pub Answer);

impl PartialOrd for Said {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Said {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0 as u8).cmp(&(other.0 as u8))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Message {
    Claim { worker: Who, claim: u8, holding: BTreeSet<Task> },
    Renew { worker: Who, lease: Lease },
    Release { worker: Who, lease: Lease },
    Deliver { worker: Who, parcel: Parcel },
    Granted { worker: Who, claim: u8, lease: Lease },
    Renewed { worker: Who, from: Lease, word: Word },
    Answered { worker: Who, key: Key, said: Said },
}

impl Token {
    /// Asks the real key, as the coordinator does. `bound` is false in the mutant that signs for nobody.
    pub fn verifies(self, task: TaskId, presenter: Who, bound: bool) -> bool {
        let nobody = Who(0);
        let (made_for, presenter) = if bound { (self.made_for, presenter) } else { (nobody, nobody) };
        let token = key().sign(task, made_for.id(), self.pair.0, self.pair.1);
        key().verify(&token, task, presenter.id())
    }
}

impl Lease {
    pub fn reference(&self) -> LeaseRef {
        LeaseRef { task: self.task.id(), generation: self.token.pair.0, attempt: self.token.pair.1 }
    }
}

impl Outcome {
    pub const fn class(self) -> Option<FailureClass> {
        match self {
            Self::Result => None,
            Self::Failure => Some(FailureClass::Transient),
            Self::Poison => Some(FailureClass::Poison),
        }
    }
}
