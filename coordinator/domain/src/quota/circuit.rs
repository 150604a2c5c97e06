//! Whether a provider is asked at all with a key: one circuit for the whole fleet.
//!
//! ```text
//! closed --5 failures in a row, or half of 10 and more in a minute--> open --pause--> trying (one task)
//! trying --answer--> closed      trying --failure--> open, for longer      any --refused key, no money--> locked
//! locked --a person resumes it--> closed
//! ```
//!
//! It is about what the provider says. A worker that cannot reach the provider keeps a circuit of its own.

use std::time::Duration;

use hafs_proto::task::FailureClass;
use hafs_proto::{BoundedText, CallRecord, TaskId, Timestamp};
use serde::{Deserialize, Serialize};

/// Failures in a row that open the circuit.
const IN_A_ROW: u32 = 5;
/// Calls in a minute from which on their share of failures counts.
const CALLS: u32 = 10;
/// The time over which that share is looked at.
const WINDOW: Duration = Duration::from_secs(60);
/// The first pause; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// What someone has to mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The provider refuses the key, or knows no such model for it.
    KeyRefused,
    /// The account has no money or quota left.
    NoFunds,
}

impl Cause {
    /// What to do about it.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::KeyRefused => {
                "give the worker a key that may use this model, or correct the model's name, and start it again"
            }
            Self::NoFunds => "top the account up, or raise its limit at the provider",
        }
    }
}

/// What the end of an attempt says about the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// It answers, whatever the answer is worth.
    Answers,
    /// It failed; the next call may go right.
    Falters(String),
    /// The model is not there, or no other call will go right before a while.
    Away(String),
    /// It asks to wait.
    Limited(Option<Duration>),
    /// Nothing goes before someone acts.
    Refused(Cause, String),
    /// Nothing: no call was made, or the worker did not reach it.
    Silent,
}

impl Sign {
    /// Reads a failed attempt.
    #[must_use]
    pub fn of(class: FailureClass, retry_after: Option<Duration>, calls: &[CallRecord]) -> Self {
        let Some(error) = calls.last().and_then(|call| call.error.as_ref()) else { return Self::Silent };
        // Without a status nobody has answered: that is the worker's trouble, not the provider's.
        let Some(status) = error.status else {
            return match class {
                FailureClass::Refused | FailureClass::Invalid => Self::Answers,
                FailureClass::Transient
                | FailureClass::RateLimited
                | FailureClass::ModelMissing
                | FailureClass::OutOfMemory
                | FailureClass::Poison => Self::Silent,
            };
        };
        let said = error.message.to_string();
        match (class, status) {
            (_, 402) => Self::Refused(Cause::NoFunds, said),
            (FailureClass::ModelMissing, 400 | 401 | 403) => Self::Refused(Cause::KeyRefused, said),
            (FailureClass::ModelMissing, _) => Self::Away(said),
            (FailureClass::RateLimited, 429) => Self::Limited(retry_after),
            (FailureClass::RateLimited | FailureClass::Transient, _) => Self::Falters(said),
            (
                FailureClass::OutOfMemory
                | FailureClass::Refused
                | FailureClass::Invalid
                | FailureClass::Poison,
                _,
            ) => Self::Answers,
        }
    }
}

/// Where a circuit stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case", deny_unknown_fields)]
enum Phase {
    /// The provider is asked.
    Closed {
        /// Failures in a row.
        row: u32,
        /// Since when calls are counted.
        since: Timestamp,
        calls: u32,
        failed: u32,
    },
    /// It is not asked before `until`.
    Open { until: Timestamp },
    /// It is asked once; the task is forgotten after `until`.
    Trying { task: TaskId, until: Timestamp },
    /// It is not asked before a person resumes it.
    Locked { since: Timestamp, cause: Cause },
}

/// Whether a task may be handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Yes.
    Open,
    /// One.
    Probe,
    /// Not before this time.
    Until(Timestamp),
    /// Not before a person acts.
    Locked(Cause),
}

/// A change that people should know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It opened.
    Opened,
    /// It opened until someone acts.
    Locked,
    /// It is closed again.
    Closed,
}

/// The circuit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Circuit {
    phase: Phase,
    /// How often it opened since the provider last answered.
    openings: u32,
    why: BoundedText<512>,
}

impl Default for Circuit {
    fn default() -> Self {
        Self { phase: closed(), openings: 0, why: BoundedText::default() }
    }
}

const fn closed() -> Phase {
    Phase::Closed { row: 0, since: Timestamp::EPOCH, calls: 0, failed: 0 }
}

impl Circuit {
    /// Whether a task may be handed out.
    #[must_use]
    pub fn admits(&self, now: Timestamp) -> Admission {
        match &self.phase {
            Phase::Closed { .. } => Admission::Open,
            Phase::Open { until } | Phase::Trying { until, .. } if *until <= now => Admission::Probe,
            Phase::Open { until } | Phase::Trying { until, .. } => Admission::Until(*until),
            Phase::Locked { cause, .. } => Admission::Locked(*cause),
        }
    }

    /// What the provider said when it opened.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.why
    }

    /// A task was handed out; if it is the one that the provider is tried with, it is forgotten after `patience`.
    pub fn admit(&mut self, task: TaskId, patience: Duration, now: Timestamp) {
        if self.admits(now) == Admission::Probe {
            self.phase = Phase::Trying { task, until: now.plus(patience) };
        }
    }

    /// A person says that it is mended.
    pub fn resume(&mut self) -> Option<Change> {
        let was_closed = matches!(self.phase, Phase::Closed { .. });
        *self = Self::default();
        (!was_closed).then_some(Change::Closed)
    }

    /// An attempt ended. What was begun before the circuit opened and fails is no news.
    pub fn heed(&mut self, task: TaskId, sign: Sign, now: Timestamp) -> Option<Change> {
        match (sign, &self.phase) {
            (Sign::Silent | Sign::Limited(_), Phase::Trying { task: probe, .. }) if *probe == task => {
                self.phase = Phase::Open { until: now };
                None
            }
            (Sign::Silent | Sign::Limited(_), _) => None,
            (Sign::Answers | Sign::Falters(_) | Sign::Away(_), Phase::Locked { .. }) => None,
            (Sign::Refused(cause, why), phase) => {
                let was_locked = matches!(phase, Phase::Locked { .. });
                self.why = BoundedText::clipped(&why);
                self.phase = Phase::Locked { since: now, cause };
                (!was_locked).then_some(Change::Locked)
            }
            (Sign::Answers, Phase::Closed { .. }) => {
                self.count(false, now);
                None
            }
            (Sign::Answers, Phase::Open { .. } | Phase::Trying { .. }) => {
                *self = Self::default();
                Some(Change::Closed)
            }
            (Sign::Falters(why), Phase::Closed { .. }) => self.count(true, now).then(|| self.open(&why, now)),
            (Sign::Away(why), Phase::Closed { .. }) => Some(self.open(&why, now)),
            (Sign::Falters(why) | Sign::Away(why), Phase::Trying { task: probe, .. }) if *probe == task => {
                self.open(&why, now);
                None
            }
            (Sign::Falters(_) | Sign::Away(_), Phase::Trying { .. } | Phase::Open { .. }) => None,
        }
    }

    /// Counts a call; says whether it was one failure too many.
    fn count(&mut self, failed_now: bool, now: Timestamp) -> bool {
        let Phase::Closed { row, since, calls, failed } = &mut self.phase else { return false };
        if now.since(*since) > WINDOW {
            (*since, *calls, *failed) = (now, 0, 0);
        }
        *calls = calls.saturating_add(1);
        if !failed_now {
            *row = 0;
            return false;
        }
        *row = row.saturating_add(1);
        *failed = failed.saturating_add(1);
        *row >= IN_A_ROW || *calls >= CALLS && *failed * 2 > *calls
    }

    fn open(&mut self, why: &str, now: Timestamp) -> Change {
        let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.openings)).min(LONGEST_PAUSE);
        self.openings = self.openings.saturating_add(1);
        self.why = BoundedText::clipped(why);
        self.phase = Phase::Open { until: now.plus(pause) };
        Change::Opened
    }
}
