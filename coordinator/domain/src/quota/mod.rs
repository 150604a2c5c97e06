//! What a teacher may be asked with one key, by the whole fleet: limits ([`Meter`]) and circuit ([`Circuit`]).
//!
//! A task is handed out only after [`Quota::admit`]; [`Quota::end`] settles with what was really used. Every decision is
//! made on one state in one transaction, so it does not matter how many workers and coordinators there are.

mod bucket;
mod circuit;
mod meter;
pub mod need;

use std::time::Duration;

use hafs_proto::people::TeacherStanding;
use hafs_proto::teacher::Usage;
use hafs_proto::{Limits, MicroUsd, TaskId, TeacherTerms, Timestamp};
use serde::{Deserialize, Serialize};

pub use bucket::{Bucket, DayCount, day_of, next_day};
pub use circuit::{Admission, Cause, Change, Circuit, Sign};
pub use meter::Meter;
pub use need::Need;

/// Limits and circuit of a teacher with one key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// The limits.
    pub meter: Meter,
    /// The circuit.
    pub circuit: Circuit,
    /// What all teachers of the provider may cost in one day; absent: no limit.
    pub day_budget: Option<MicroUsd>,
}

/// Whether one more task may be handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Yes: so many; without a number, as many as there are.
    Open(Option<u64>),
    /// No, for this reason.
    Shut(Shut),
}

/// Why no task is handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shut {
    /// In a word.
    pub standing: TeacherStanding,
    /// When one will be, where that is known.
    pub until: Option<Timestamp>,
    /// In words, beginning in lower case.
    pub why: String,
}

/// An attempt that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended<'a> {
    /// The task.
    pub task: TaskId,
    /// What was held back for it.
    pub held: Need,
    /// What it wanted at most.
    pub most: Need,
    /// What its calls used.
    pub used: &'a [Usage],
    /// What its end says about the provider.
    pub sign: Sign,
}

impl Quota {
    /// Workers have told these terms of this teacher and key: of what they say the lowest counts.
    pub fn tell<'a>(&mut self, terms: impl Iterator<Item = &'a TeacherTerms> + Clone) {
        let lowest =
            |of: fn(&Limits) -> Option<u64>| terms.clone().filter_map(|terms| of(&terms.limits)).min();
        self.meter.tell(Limits {
            requests_per_minute: lowest(|limits| limits.requests_per_minute),
            requests_per_day: lowest(|limits| limits.requests_per_day),
            input_tokens_per_minute: lowest(|limits| limits.input_tokens_per_minute),
            output_tokens_per_minute: lowest(|limits| limits.output_tokens_per_minute),
            tokens_per_minute: lowest(|limits| limits.tokens_per_minute),
        });
        self.day_budget = terms.filter_map(|terms| terms.day_budget).min();
    }

    /// Whether one more task like the last one in line may be handed out.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        if let Some(shut) = self.broken(now) {
            return Standing::Shut(shut);
        }
        let at = self.meter.ready_at(now);
        if at > now {
            return Standing::Shut(self.waiting(at, now));
        }
        let room = self.meter.room(now).map(|room| room.max(1));
        match self.circuit.admits(now) {
            Admission::Probe => Standing::Open(Some(1)),
            Admission::Open | Admission::Until(_) | Admission::Locked(_) => Standing::Open(room),
        }
    }

    /// Hands a task out and holds back what it will use, of all limits or of none; `patience` is how long a probe is
    /// waited for.
    ///
    /// # Errors
    /// Why it is not handed out.
    pub fn admit(
        &mut self,
        task: TaskId,
        most: Need,
        patience: Duration,
        now: Timestamp,
    ) -> Result<Need, Shut> {
        if let Some(shut) = self.broken(now) {
            return Err(shut);
        }
        let held = self.meter.reserve(most, now).map_err(|at| self.waiting(at, now))?;
        self.circuit.admit(task, patience, now);
        Ok(held)
    }

    /// Hands out a task that asks in a batch: providers count these apart from the minute's limits, so only a broken
    /// circuit is in its way.
    ///
    /// # Errors
    /// Why it is not handed out.
    pub fn admit_batch(&self, now: Timestamp) -> Result<Need, Shut> {
        self.broken(now).map_or(Ok(Need::default()), Err)
    }

    /// Takes back what was held for a task that was handed out and never begun.
    pub fn undo(&mut self, task: TaskId, held: Need, now: Timestamp) {
        self.meter.settle(held, &[], now);
        self.circuit.heed(task, Sign::Silent, now);
    }

    /// Settles an attempt that has ended.
    pub fn end(&mut self, ended: Ended<'_>, now: Timestamp) -> Option<Change> {
        self.meter.settle(ended.held, ended.used, now);
        if let (Sign::Answers, [.., last]) = (&ended.sign, ended.used) {
            self.meter.learn(ended.most, last);
        }
        if let Sign::Limited(retry_after) = &ended.sign {
            self.meter.limited(*retry_after, now);
        }
        self.circuit.heed(ended.task, ended.sign, now)
    }

    fn broken(&self, now: Timestamp) -> Option<Shut> {
        match self.circuit.admits(now) {
            Admission::Open | Admission::Probe => None,
            Admission::Until(until) => Some(Shut {
                standing: TeacherStanding::Pausing,
                until: Some(until),
                why: format!("its provider fails: {}", self.circuit.why()),
            }),
            Admission::Locked(cause) => Some(Shut {
                standing: TeacherStanding::Locked,
                until: None,
                why: format!("{}; {}", self.circuit.why(), cause.remedy()),
            }),
        }
    }

    fn waiting(&self, at: Timestamp, now: Timestamp) -> Shut {
        Shut { standing: TeacherStanding::Waiting, until: Some(at), why: self.meter.why(now) }
    }
}
