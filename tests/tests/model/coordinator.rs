//! What a coordinator does with a message, one step at a time: between two steps others may act, or it dies.

use hafs_proto::worker::Answer;
use hafs_queue::{Grant, Renewal};

use crate::given::{Task, Who};
use crate::index::Claimant;
use crate::library::Fate;
use crate::message::{Lease, Message, Origin, Outcome, Parcel, Said, Token, Word};
use crate::mutant::Mutant;
use crate::state::{Rule, Sight, State, Work};

/// One of the coordinators, as it was written.
#[derive(Debug, Clone, Copy)]
pub struct Coordinator {
    pub number: u8,
    pub mutant: Mutant,
}

impl Coordinator {
    /// The first step of a request.
    pub fn receive(self, state: &mut State, message: &Message) {
        match message {
            Message::Claim { worker, claim, holding } => {
                // While the queue is rebuilt the worker is told to ask again.
                for grant in state.index.claim((*worker, *claim), holding, state.now).unwrap_or_default() {
                    let lease = granted(state, (*worker, *claim), &grant);
                    self.next(state, Work::Equip { worker: *worker, claim: *claim, lease });
                }
            }
            Message::Renew { worker, lease } => self.renew(state, *worker, *lease),
            Message::Release { worker, lease } => self.release(state, *worker, lease),
            Message::Deliver { worker, parcel } => match parcel.outcome {
                Outcome::Result => self.result(state, *worker, *parcel),
                Outcome::Failure | Outcome::Poison => self.failure(state, *worker, *parcel),
            },
            Message::Granted { .. } | Message::Renewed { .. } | Message::Answered { .. } => {}
        }
    }

    fn next(self, state: &mut State, work: Work) {
        state.begin_step(self.number, work);
    }

    fn genuine(self, lease: &Lease, presenter: Who) -> bool {
        lease.token.verifies(lease.task.id(), presenter, self.mutant != Mutant::UnboundToken)
    }

    /// Whose lease the queue is asked about: the one that was shown, or, without a fence, whichever there is.
    fn fenced(self, state: &mut State, worker: Who, lease: &Lease) -> Claimant {
        if self.mutant == Mutant::NoFence {
            let task = lease.task.id();
            let workers: Vec<Who> = state.workers.keys().copied().collect();
            let holder = state.index.holding(task, workers.into_iter()).zip(state.index.holder(task));
            return holder.unwrap_or_else(|| lease.claimed_by(worker));
        }
        lease.claimed_by(worker)
    }

    fn renew(self, state: &mut State, worker: Who, lease: Lease) {
        let word = if self.genuine(&lease, worker) {
            let claimant = self.fenced(state, worker, &lease);
            match state.index.renew(claimant, state.now) {
                Some(Renewal::Renewed { generation, attempt, .. }) => {
                    let token = Token { made_for: worker, pair: (generation, attempt) };
                    renewed(state, &lease, token);
                    Word::GoOn(Lease { token, ..lease })
                }
                Some(Renewal::Lost) => Word::Lost,
                Some(Renewal::Closed) => {
                    if state.library.is_open(lease.task) {
                        state.ghost.broken.insert(Rule::StoppedForNothing);
                    }
                    Word::Closed
                }
                None => return,
            }
        } else {
            Word::Lost
        };
        state.network.insert(Message::Renewed { worker, from: lease, word });
    }

    fn release(self, state: &mut State, worker: Who, lease: &Lease) {
        if self.genuine(lease, worker) {
            let claimant = self.fenced(state, worker, lease);
            if state.index.release(claimant, state.now) {
                state.acted_on(lease);
                state.ghost.holders.remove(&lease.task);
            }
        }
    }

    fn result(self, state: &mut State, worker: Who, parcel: Parcel) {
        if let Some(answer) = state.library.receipt(parcel.key, self.mutant) {
            return state.answer(worker, parcel.key, Said(answer));
        }
        if !self.genuine(&parcel.lease, worker) {
            return state.answer(worker, parcel.key, Said(Answer::Invalid));
        }
        let told = self.mutant == Mutant::AcknowledgeFirst;
        let commit = Work::Commit { worker, parcel, told };
        match self.mutant {
            Mutant::AcknowledgeFirst => {
                let foreseen = state.library.clone().complete(&parcel, self.mutant);
                state.answer(worker, parcel.key, Said(foreseen));
                self.next(state, commit);
            }
            Mutant::QueueFirst => {
                state.index.complete(parcel.lease.task);
                self.next(state, commit);
            }
            Mutant::Sound
            | Mutant::NoFence
            | Mutant::GenerationLost
            | Mutant::NoReceipt
            | Mutant::UnboundToken
            | Mutant::LastWins
            | Mutant::BackupServed
            | Mutant::NoReaper
            | Mutant::ForgetfulSpool => self.advance(state, commit),
        }
    }

    fn failure(self, state: &mut State, worker: Who, parcel: Parcel) {
        if let Some(answer) = state.library.receipt(parcel.key, self.mutant) {
            return state.answer(worker, parcel.key, Said(answer));
        }
        if !self.genuine(&parcel.lease, worker) {
            return state.answer(worker, parcel.key, Said(Answer::Invalid));
        }
        let claimant = self.fenced(state, worker, &parcel.lease);
        if let Some(fate) = state.index.foresee(claimant, parcel.outcome, state.now) {
            self.next(state, Work::Record { worker, parcel, fate });
        }
    }

    /// The next step of something that is under way.
    pub fn advance(self, state: &mut State, work: Work) {
        match work {
            Work::Equip { worker, claim, lease } => {
                if state.library.is_open(lease.task) {
                    state.network.insert(Message::Granted { worker, claim, lease });
                } else {
                    state.ghost.seen.insert(Sight::BehindTheLibrary);
                    close(state, lease.task);
                }
            }
            Work::Commit { worker, parcel, told } => self.commit(state, worker, parcel, told),
            Work::Settle { worker, parcel, said, told } => {
                if said.0 == Answer::Accepted {
                    close(state, parcel.lease.task);
                }
                if !told {
                    state.answer(worker, parcel.key, said);
                }
            }
            Work::Record { worker, parcel, fate } => {
                if let Some(answer) = state.library.fail(&parcel, fate, self.mutant) {
                    self.next(state, Work::GiveBack { worker, parcel, fate, said: Said(answer) });
                }
            }
            Work::GiveBack { worker, parcel, fate, said } => {
                self.give_back(state, worker, &parcel, (fate, said))
            }
            Work::Lost { task, fate } => state.library.follow(task, fate),
            Work::Rebuild { generation, open } => {
                if state.index.rebuild(generation, &open, state.now) {
                    state.ghost.holders.clear();
                }
            }
            Work::Requeue { open } => state.index.enqueue(&open, state.now),
        }
    }

    fn commit(self, state: &mut State, worker: Who, parcel: Parcel, told: bool) {
        let repeated = state.library.receipt(parcel.key, self.mutant).is_some();
        let late = state.ghost.holders.get(&parcel.lease.task) != Some(&parcel.lease.origin);
        let answer = state.library.complete(&parcel, self.mutant);
        if answer == Answer::Accepted && !repeated {
            if parcel.lease.token.made_for != worker {
                state.ghost.broken.insert(Rule::ForgeryAccepted);
            }
            if late {
                state.ghost.seen.insert(Sight::LateAccepted);
            }
        }
        self.next(state, Work::Settle { worker, parcel, said: Said(answer), told });
    }

    fn give_back(self, state: &mut State, worker: Who, parcel: &Parcel, (fate, said): (Fate, Said)) {
        match fate {
            Fate::Retry(_) => {
                let claimant = self.fenced(state, worker, &parcel.lease);
                let done = state.index.fail(claimant, parcel.outcome, state.now);
                if matches!(done, Some(Fate::Retry(_) | Fate::Dead(_))) {
                    state.acted_on(&parcel.lease);
                    state.ghost.holders.remove(&parcel.lease.task);
                }
            }
            Fate::Dead(_) => close(state, parcel.lease.task),
            Fate::Stale | Fate::Closed => {
                state.ghost.seen.insert(Sight::StaleFailure);
            }
        }
        state.answer(worker, parcel.key, said);
    }
}

/// A grant, new or repeated.
fn granted(state: &mut State, (worker, claim): (Who, u8), grant: &Grant) -> Lease {
    let (task, pair) = (Task::of(grant.task), (grant.generation, grant.attempt));
    let origin = Origin { worker, claim, pair };
    if state.ghost.holders.get(&task) != Some(&origin) {
        state.lease_begins(task, origin, pair);
    }
    Lease { task, token: Token { made_for: worker, pair }, origin }
}

/// A renewal that the queue agreed to: of the current lease, or of one that nobody else has and that is adopted.
fn renewed(state: &mut State, lease: &Lease, token: Token) {
    if state.ghost.holders.contains_key(&lease.task) {
        state.acted_on(lease);
    } else {
        state.ghost.seen.insert(Sight::Adopted);
        state.lease_begins(lease.task, lease.origin, token.pair);
    }
}

fn close(state: &mut State, task: Task) {
    state.index.complete(task);
    state.ghost.holders.remove(&task);
}
