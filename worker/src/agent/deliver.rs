//! Delivering: one batch at a time, so that a quiet worker sends at once and a busy one in batches.

use std::collections::BTreeSet;
use std::time::Duration;

use hafs_proto::CompletionId;
use hafs_proto::TaskId;
use hafs_proto::worker::{Answer, DeliveryAnswer};

use super::backoff;
use super::event::{Effect, Moment};
use super::outbox::BatchCaps;
use super::parcel::{Fault, Kept, Parcel, ParcelKind, Work};
use super::state::{Stage, State};
use super::trouble::{Answered, Meaning};
use hafs_proto::task::{Completion, FailureClass};
use hafs_proto::{CallRecord, Reason};

/// Where the delivery stands.
#[derive(Debug)]
pub(super) struct Delivery {
    sending: bool,
    tries: u32,
    pub(super) not_before: Duration,
    /// Parcels of the next batch at most: halved when a batch as a whole is refused, until the wrong one is alone.
    items: usize,
    storing_again: bool,
    store_tries: u32,
    pub(super) store_again_at: Duration,
}

impl Delivery {
    pub(super) const fn new(items: usize) -> Self {
        Self {
            sending: false,
            tries: 0,
            not_before: Duration::ZERO,
            items,
            storing_again: false,
            store_tries: 0,
            store_again_at: Duration::ZERO,
        }
    }

    pub(super) fn stored_again(&mut self, kept: Kept, moment: Moment) {
        self.storing_again = false;
        match kept {
            Kept::OnDisk => self.store_tries = 0,
            Kept::InMemory => {
                self.store_again_at = moment.now + backoff::wait(self.store_tries, moment.random, None);
                self.store_tries = self.store_tries.saturating_add(1);
            }
        }
    }

    fn back_off(&mut self, moment: Moment, hint: Option<Duration>) {
        self.not_before = moment.now + backoff::wait(self.tries, moment.random, hint);
        self.tries = self.tries.saturating_add(1);
    }
}

impl State {
    pub(super) fn advance_delivery(&mut self, now: Duration, out: &mut Vec<Effect>) {
        // While leases are being handed back nothing is sent: a failure must not overtake its release and count.
        let blocked = self.delivery.sending || self.releasing || now < self.delivery.not_before;
        if blocked || !self.line.carries_results() || self.is_silent() {
            return;
        }
        let caps = BatchCaps { items: self.delivery.items, bytes: self.rules.batch.bytes };
        if let Some((kind, keys)) = self.outbox.batch(caps) {
            self.delivery.sending = true;
            out.push(Effect::Deliver { kind, keys });
        }
    }

    /// Tries again to get results that are only in memory onto the disk, one at a time.
    pub(super) fn advance_store(&mut self, now: Duration, out: &mut Vec<Effect>) {
        if self.delivery.storing_again || now < self.delivery.store_again_at {
            return;
        }
        if let Some(key) = self.outbox.first_in_memory() {
            self.delivery.storing_again = true;
            out.push(Effect::StoreAgain(key));
        }
    }

    pub(super) fn delivered(
        &mut self,
        keys: &[CompletionId],
        answer: Answered<Vec<DeliveryAnswer>>,
        moment: Moment,
        out: &mut Vec<Effect>,
    ) {
        self.delivery.sending = false;
        match answer {
            Ok(answers) => self.take_answers(keys, answers, moment, out),
            Err(trouble) => {
                let hint = self.trouble("deliver", &trouble, moment, out);
                match trouble.meaning() {
                    Meaning::Wrong => self.narrow(keys, &trouble.to_string(), out),
                    Meaning::Away
                    | Meaning::Later(_)
                    | Meaning::Unknown
                    | Meaning::Revoked
                    | Meaning::Superseded
                    | Meaning::Incompatible => self.delivery.back_off(moment, hint),
                }
            }
        }
    }

    fn take_answers(
        &mut self,
        keys: &[CompletionId],
        answers: Vec<DeliveryAnswer>,
        moment: Moment,
        out: &mut Vec<Effect>,
    ) {
        let mut unanswered: BTreeSet<CompletionId> = keys.iter().copied().collect();
        let (mut forget, mut given_back) = (Vec::new(), BTreeSet::new());
        for answer in answers {
            let removed =
                if unanswered.contains(&answer.key) { self.outbox.remove(answer.key) } else { None };
            let Some(removed) = removed else { continue };
            if removed.kind == ParcelKind::Failure {
                given_back.insert(removed.task);
            }
            unanswered.remove(&answer.key);
            self.tally.count(answer.answer);
            match answer.answer {
                Answer::Invalid => out.push(self.refused(&answer)),
                Answer::Accepted | Answer::Duplicate | Answer::Stale | Answer::Closed => {
                    forget.push(answer.key);
                }
            }
        }
        if !unanswered.is_empty() {
            // Some were not answered, or could not be read for sending: they wait, but not in a tight loop.
            self.delivery.back_off(moment, None);
        } else {
            self.delivery.tries = 0;
            self.delivery.items = (self.delivery.items * 2).min(self.rules.batch.items);
        }
        if !forget.is_empty() {
            out.push(Effect::Forget(forget));
        }
        self.let_go(&given_back, out);
    }

    /// What the coordinator will never take was paid for all the same: a person may still make use of it.
    fn refused(&mut self, answer: &DeliveryAnswer) -> Effect {
        self.tally.set_aside += 1;
        let detail =
            answer.detail.as_ref().map_or("the coordinator gave no detail", |detail| detail.as_str());
        Effect::SetAside { key: answer.key, why: format!("{} is answered `invalid`: {detail}", answer.task) }
    }

    /// A batch as a whole was refused for good: send half of it, or set the one aside that is left.
    fn narrow(&mut self, keys: &[CompletionId], why: &str, out: &mut Vec<Effect>) {
        match keys {
            [key] => {
                if self.outbox.remove(*key).is_some() {
                    self.tally.set_aside += 1;
                    out.push(Effect::SetAside { key: *key, why: why.to_owned() });
                }
            }
            _ => self.delivery.items = (keys.len() / 2).max(1),
        }
    }

    /// The work on a task ended: frees its slot and sends the result to the spool. A result of a lost lease goes
    /// there too; it may be the first, and its calls were paid in any case.
    pub(super) fn worked(&mut self, task: TaskId, key: CompletionId, work: Work, out: &mut Vec<Effect>) {
        let Some(held) = self.tasks.remove(&task) else { return };
        let current = match held.stage {
            Stage::Waiting(_) | Stage::Running => true,
            Stage::Stopping => false,
        };
        let token = held.token;
        let fail = |fault: Fault, calls: Vec<CallRecord>| {
            (current || !calls.is_empty())
                .then(|| Parcel::Failure(Box::new(fault.into_failure(key, task, token.clone(), calls))))
        };
        let parcel = match work {
            Work::Done { calls, output } => {
                self.tally.done += 1;
                let output = *output;
                Some(Parcel::Completion(Box::new(Completion {
                    key,
                    task,
                    token: token.clone(),
                    calls,
                    output,
                })))
            }
            Work::Failed { calls, fault } => {
                self.tally.failed += 1;
                fail(fault, calls)
            }
            Work::Stopped { calls } => {
                let why = "the work was called off before its end";
                fail(Fault::new(FailureClass::Transient, Reason::Timeout, why), calls)
            }
        };
        if let Some(parcel) = parcel {
            self.outbox.begin_store(key, task, token);
            self.bad_news.retain(|key| self.outbox.waits(*key));
            if parcel.kind() == ParcelKind::Failure && self.shared.contains(&held.route) {
                self.bad_news.insert(key);
            }
            out.push(Effect::Store(parcel));
        }
    }
}
