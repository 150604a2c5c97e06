//! The library as far as the protocol needs it: what one transaction does, whole or not at all. It repeats
//! `work/complete.rs` and `work/fail.rs`; `transcript.rs` holds it against the real coordinator.

use std::collections::BTreeMap;

use hafs_domain::retry::Tries;
use hafs_proto::Generation;
use hafs_proto::worker::Answer;

use crate::given::Task;
use crate::message::{Key, Parcel, Said};
use crate::mutant::Mutant;

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stored {
    Open(Tries),
    Done,
    Dead,
}

/// What the queue's rule says to a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fate {
    Retry(Tries),
    Dead(Tries),
    Stale,
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Library {
    pub generation: Generation,
    pub tasks: BTreeMap<Task, Stored>,
    pub receipts: BTreeMap<Key, Said>,
    /// Results that were accepted: more than one of a task is what must never be.
    pub accepted: BTreeMap<Task, Vec<Key>>,
    /// How often a delivery was recorded, and paid for.
    pub recorded: BTreeMap<Key, u8>,
}

impl Library {
    pub fn new(tasks: u8) -> Self {
        Self {
            generation: Generation(0),
            tasks: (1..=tasks).map(|task| (Task(task), Stored::Open(Tries::default()))).collect(),
            receipts: BTreeMap::new(),
            accepted: BTreeMap::new(),
            recorded: BTreeMap::new(),
        }
    }

    pub fn is_open(&self, task: Task) -> bool {
        matches!(self.tasks.get(&task), Some(Stored::Open(_)))
    }

    pub fn open(&self) -> Vec<(Task, Tries)> {
        let open = self.tasks.iter().filter_map(|(task, stored)| match stored {
            Stored::Open(tries) => Some((*task, *tries)),
            Stored::Done | Stored::Dead => None,
        });
        open.collect()
    }

    pub fn receipt(&self, key: Key, mutant: Mutant) -> Option<Answer> {
        if mutant == Mutant::NoReceipt { None } else { self.receipts.get(&key).map(|said| said.0) }
    }

    /// The transaction that stores a result. The token has been verified.
    pub fn complete(&mut self, parcel: &Parcel, mutant: Mutant) -> Answer {
        if let Some(answer) = self.receipt(parcel.key, mutant) {
            return answer;
        }
        let task = parcel.lease.task;
        let answer = match self.tasks.get(&task) {
            Some(Stored::Open(_)) => Answer::Accepted,
            Some(Stored::Done) if mutant == Mutant::LastWins => Answer::Accepted,
            Some(Stored::Done) => Answer::Duplicate,
            Some(Stored::Dead) | None => Answer::Closed,
        };
        if answer == Answer::Accepted {
            self.tasks.insert(task, Stored::Done);
            self.accepted.entry(task).or_default().push(parcel.key);
        }
        self.record(parcel.key, answer);
        answer
    }

    /// The transaction that stores a failure. Nothing if the delivery has a receipt: the key is taken, and the
    /// transaction fails.
    pub fn fail(&mut self, parcel: &Parcel, fate: Fate, mutant: Mutant) -> Option<Answer> {
        if self.receipt(parcel.key, mutant).is_some() {
            return None;
        }
        self.follow(parcel.lease.task, fate);
        let answer = match fate {
            Fate::Retry(_) | Fate::Dead(_) => Answer::Accepted,
            Fate::Stale => Answer::Stale,
            Fate::Closed => Answer::Closed,
        };
        self.record(parcel.key, answer);
        Some(answer)
    }

    /// Writes down what follows a failure or a lost lease, if the task is open still.
    pub fn follow(&mut self, task: Task, fate: Fate) {
        if let Some(Stored::Open(tries)) = self.tasks.get(&task) {
            let after = match fate {
                Fate::Retry(tries) => Stored::Open(tries),
                Fate::Dead(_) => Stored::Dead,
                Fate::Stale | Fate::Closed => Stored::Open(*tries),
            };
            self.tasks.insert(task, after);
        }
    }

    fn record(&mut self, key: Key, answer: Answer) {
        *self.recorded.entry(key).or_default() += 1;
        self.receipts.entry(key).or_insert(Said(answer));
    }
}
