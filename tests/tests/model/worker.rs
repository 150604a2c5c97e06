//! What a worker does.

use std::collections::BTreeSet;

use crate::given::{Task, Who};
use crate::message::{Key, Message, Outcome, Parcel, Word};
use crate::mutant::Mutant;
use crate::state::{State, Worker};

impl Worker {
    /// Whether this answer is still waited for. Others go nowhere: their connection is closed.
    pub fn awaits(&self, message: &Message) -> bool {
        match message {
            Message::Granted { claim, .. } => self.asked == Some(*claim),
            Message::Renewed { from, .. } => self.held == Some(*from),
            Message::Answered { key, .. } => self.spool.contains_key(key),
            Message::Claim { .. }
            | Message::Renew { .. }
            | Message::Release { .. }
            | Message::Deliver { .. } => true,
        }
    }

    fn holding(&self) -> BTreeSet<Task> {
        self.spool.values().map(|parcel| parcel.lease.task).collect()
    }
}

/// The worker that an answer is for; nothing for a request.
pub const fn addressee(message: &Message) -> Option<Who> {
    match message {
        Message::Granted { worker, .. }
        | Message::Renewed { worker, .. }
        | Message::Answered { worker, .. } => Some(*worker),
        Message::Claim { .. } | Message::Renew { .. } | Message::Release { .. } | Message::Deliver { .. } => {
            None
        }
    }
}

impl State {
    pub fn worker(&mut self, who: Who) -> &mut Worker {
        self.workers.entry(who).or_default()
    }

    pub fn ask(&mut self, who: Who, claim: u8) {
        let worker = self.worker(who);
        worker.asked = Some(claim);
        let message = Message::Claim { worker: who, claim, holding: worker.holding() };
        self.network.insert(message);
    }

    /// The attempt has ended: the delivery is in the spool before it is sent.
    pub fn finish(&mut self, who: Who, outcome: Outcome, mutant: Mutant) {
        let worker = self.worker(who);
        let Some(lease) = worker.held.take() else { return };
        let key = Key(who, worker.made);
        worker.made += 1;
        let parcel = Parcel { key, lease, outcome };
        if mutant != Mutant::ForgetfulSpool {
            worker.spool.insert(key, parcel);
        }
        self.network.insert(Message::Deliver { worker: who, parcel });
    }

    /// An answer arrives.
    pub fn hear(&mut self, message: &Message) {
        match message {
            Message::Granted { worker, lease, .. } => {
                let worker = self.worker(*worker);
                (worker.asked, worker.held) = (None, Some(*lease));
            }
            Message::Renewed { worker, word, .. } => {
                self.worker(*worker).held = match word {
                    Word::GoOn(lease) => Some(*lease),
                    Word::Lost | Word::Closed => None,
                };
            }
            Message::Answered { worker, key, .. } => {
                self.worker(*worker).spool.remove(key);
            }
            Message::Claim { .. }
            | Message::Renew { .. }
            | Message::Release { .. }
            | Message::Deliver { .. } => {}
        }
    }

    /// A worker shows a token that another was given, under a key of its own.
    pub fn forge(&mut self, who: Who) {
        let stolen = self.network.iter().find_map(|message| match message {
            Message::Granted { worker, lease, .. } | Message::Renew { worker, lease } if *worker != who => {
                Some(*lease)
            }
            Message::Deliver { worker, parcel } if *worker != who => Some(parcel.lease),
            Message::Claim { .. }
            | Message::Renew { .. }
            | Message::Release { .. }
            | Message::Deliver { .. }
            | Message::Granted { .. }
            | Message::Renewed { .. }
            | Message::Answered { .. } => None,
        });
        if let Some(lease) = stolen {
            let parcel = Parcel { key: Key(who, u8::MAX), lease, outcome: Outcome::Result };
            self.network.insert(Message::Deliver { worker: who, parcel });
        }
    }
}
