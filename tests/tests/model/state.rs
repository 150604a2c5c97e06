//! Everything at one moment.

use std::collections::{BTreeMap, BTreeSet};

use hafs_domain::retry::Tries;
use hafs_proto::worker::Answer;
use hafs_proto::{Generation, Timestamp};

use crate::given::{Task, Who};
use crate::index::Index;
use crate::library::{Fate, Library};
use crate::message::{Key, Lease, Message, Origin, Pair, Parcel, Said};

/// How much may happen. What is not bounded here is bounded by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bounds {
    pub workers: u8,
    pub tasks: u8,
    pub coordinators: u8,
    /// Whether the queue dies with its coordinator, as the one in memory does.
    pub embedded: bool,
    /// Claims of each worker.
    pub claims: u8,
    pub left: Left,
}

/// What may still go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Left {
    /// Times that every lease runs out.
    pub expiries: u8,
    pub coordinator_crashes: u8,
    pub worker_crashes: u8,
    /// Times that the queue's server loses everything.
    pub wipes: u8,
    /// Times that it is restored from a backup.
    pub restores: u8,
    pub failures: u8,
    pub renewals: u8,
    pub releases: u8,
    pub forgeries: u8,
    /// Passes that tell the queue again of every open task.
    pub requeues: u8,
}

/// A worker.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Worker {
    /// The claim that waits for its answer.
    pub asked: Option<u8>,
    pub claims: u8,
    pub held: Option<Lease>,
    pub spool: BTreeMap<Key, Parcel>,
    /// Deliveries that it has made.
    pub made: u8,
}

/// What a coordinator is in the middle of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Work {
    /// Granted by the queue; the library is asked next.
    Equip { worker: Who, claim: u8, lease: Lease },
    /// To be committed. `told` says that the answer has left already (a mutant).
    Commit { worker: Who, parcel: Parcel, told: bool },
    /// Committed; the queue is told next, then the answer leaves.
    Settle { worker: Who, parcel: Parcel, said: Said, told: bool },
    /// What follows a failure was foreseen; it is committed next.
    Record { worker: Who, parcel: Parcel, fate: Fate },
    /// Committed; the queue is told next, then the answer leaves.
    GiveBack { worker: Who, parcel: Parcel, fate: Fate, said: Said },
    /// Taken back by the queue; it is committed next.
    Lost { task: Task, fate: Fate },
    /// The generation is committed and the open tasks are read; the queue is built next.
    Rebuild { generation: Generation, open: Vec<(Task, Tries)> },
    /// The open tasks are read; the queue is told next.
    Requeue { open: Vec<(Task, Tries)> },
}

/// One step that a coordinator will do, unless it dies.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Step {
    pub coordinator: u8,
    pub work: Work,
}

/// What nobody in the model knows and the rules look at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Ghost {
    /// Who holds each task as far as grants, adoptions and ends tell.
    pub holders: BTreeMap<Task, Origin>,
    /// The highest fencing number given out for each task.
    pub highest: BTreeMap<Task, Pair>,
    /// Every answer that left a coordinator.
    pub answers: BTreeMap<Key, Said>,
    /// Rules that were broken by an event rather than by a state.
    pub broken: BTreeSet<Rule>,
    /// Events that a check must have seen to be worth anything.
    pub seen: BTreeSet<Sight>,
}

/// Rules about events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    StaleLeaseActed,
    PairWentBack,
    AnswerChanged,
    ForgeryAccepted,
    StoppedForNothing,
}

/// Events that are rare enough to be missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sight {
    Adopted,
    DuplicateAnswered,
    LateAccepted,
    BehindTheLibrary,
    StaleFailure,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    pub now: Timestamp,
    pub library: Library,
    pub index: Index,
    /// A backup of the queue's server.
    pub saved: Option<Index>,
    pub underway: BTreeSet<Step>,
    pub network: BTreeSet<Message>,
    pub workers: BTreeMap<Who, Worker>,
    pub left: Left,
    pub ghost: Ghost,
}

impl State {
    /// Tasks planned, the queue built, nobody at work.
    pub fn begin(bounds: &Bounds) -> Self {
        let mut library = Library::new(bounds.tasks);
        library.generation = Generation(1);
        let mut index = Index::default();
        index.rebuild(library.generation, &library.open(), Timestamp::EPOCH);
        Self {
            now: Timestamp::EPOCH,
            library,
            index,
            saved: None,
            underway: BTreeSet::new(),
            network: BTreeSet::new(),
            workers: (1..=bounds.workers).map(|worker| (Who(worker), Worker::default())).collect(),
            left: bounds.left,
            ghost: Ghost::default(),
        }
    }

    pub fn begin_step(&mut self, coordinator: u8, work: Work) {
        self.underway.insert(Step { coordinator, work });
    }

    /// An answer leaves.
    pub fn answer(&mut self, worker: Who, key: Key, said: Said) {
        if *self.ghost.answers.entry(key).or_insert(said) != said {
            self.ghost.broken.insert(Rule::AnswerChanged);
        }
        if said.0 == Answer::Duplicate {
            self.ghost.seen.insert(Sight::DuplicateAnswered);
        }
        self.network.insert(Message::Answered { worker, key, said });
    }

    /// A lease begins: its fencing number must be higher than any before. Of a closed task, which is not handed out,
    /// it may begin anew: the queue was told of it again by somebody who had read the library before.
    pub fn lease_begins(&mut self, task: Task, origin: Origin, pair: Pair) {
        self.ghost.holders.insert(task, origin);
        let open = self.library.is_open(task);
        let highest = self.ghost.highest.entry(task).or_default();
        if pair <= *highest && open {
            self.ghost.broken.insert(Rule::PairWentBack);
        }
        *highest = pair.max(*highest);
    }

    /// A lease was acted on: it must be the current one.
    pub fn acted_on(&mut self, lease: &Lease) {
        if self.ghost.holders.get(&lease.task) != Some(&lease.origin) {
            self.ghost.broken.insert(Rule::StaleLeaseActed);
        }
    }
}
