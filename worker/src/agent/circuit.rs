//! Whether a teacher is asked at all.
//!
//! A teacher that cannot be reached fails each task that it is given. So its circuit opens: its route is not offered
//! any more. After a pause the route is offered again, and the first task that comes is the probe; until that has
//! ended there is no other. An answer closes the circuit, another failure opens it for a longer pause.
//!
//! Where the coordinator keeps the circuits of teachers for the whole fleet, what a provider answers is its affair, and
//! this one is only about whether the provider can be reached from here.

use std::time::Duration;

use hafs_proto::TaskId;
use hafs_proto::task::FailureClass;
use hafs_runtime::backoff::Backoff;

use super::event::Moment;
use super::parcel::Work;

/// Failures in a row that may pass: a network has hiccups, and a server restarts.
const HICCUPS: u32 = 4;
/// A rate limit that asks for less is waited out task by task.
const LONG_WAIT: Duration = Duration::from_secs(60);
/// The pause after the first failure is at most this long.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
/// Each further pause is at most twice as long as the one before, and no longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// A provider's wish for a longer pause counts up to here.
const LONGEST_HINT: Duration = Duration::from_secs(3_600);

/// Who keeps the circuit for what a provider says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeper {
    /// The coordinator, for the whole fleet: here it only counts whether the provider can be reached.
    Fleet,
    /// This worker.
    Worker,
}

/// What the end of an attempt says about its teacher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sign {
    /// It answers, whatever the answer is worth.
    Answers,
    /// It failed, but the next call may go right.
    Falters { why: String, hint: Option<Duration> },
    /// It cannot be used now: not there, key refused, no funds left.
    Away { why: String, hint: Option<Duration> },
    /// Nothing.
    Silent,
}

impl Sign {
    /// Reads the end of an attempt. One that made no call says nothing about the teacher.
    pub(super) fn of(work: &Work, keeper: Keeper) -> Self {
        let (calls, fault) = match work {
            Work::Done { .. } => return Self::Answers,
            Work::Stopped { .. } => return Self::Silent,
            Work::Failed { calls, fault } => (calls, fault),
        };
        if calls.is_empty() {
            return Self::Silent;
        }
        let was_answered = || calls.last().and_then(|call| call.error.as_ref()?.status).is_some();
        if keeper == Keeper::Fleet && was_answered() {
            return Self::Answers;
        }
        let (why, hint) = (fault.detail.clone(), fault.retry_after);
        match fault.class {
            FailureClass::ModelMissing => Self::Away { why, hint },
            FailureClass::RateLimited if hint.is_some_and(|wait| wait >= LONG_WAIT) => {
                Self::Away { why, hint }
            }
            FailureClass::RateLimited => Self::Silent,
            FailureClass::Transient => Self::Falters { why, hint },
            FailureClass::OutOfMemory
            | FailureClass::Refused
            | FailureClass::Invalid
            | FailureClass::Poison => Self::Answers,
        }
    }
}

/// Where a circuit stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    /// The teacher is asked; so many calls in a row have failed.
    Closed { failures: u32 },
    /// It is not asked before `until`.
    Open { until: Duration },
    /// It is asked once.
    Trying { probe: Option<TaskId> },
}

/// The circuit of one teacher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Circuit {
    phase: Phase,
    /// How often it opened since the teacher last answered.
    openings: u32,
    why: String,
}

impl Default for Circuit {
    fn default() -> Self {
        Self { phase: Phase::Closed { failures: 0 }, openings: 0, why: String::new() }
    }
}

impl Circuit {
    /// Whether a task may be given to the teacher now.
    pub(super) const fn admits(&self) -> bool {
        match self.phase {
            Phase::Closed { .. } | Phase::Trying { probe: None } => true,
            Phase::Open { .. } | Phase::Trying { probe: Some(_) } => false,
        }
    }

    /// Whether a task is the one that the teacher is tried with.
    pub(super) fn is_probe(&self, task: TaskId) -> bool {
        self.phase == Phase::Trying { probe: Some(task) }
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_pristine(&self) -> bool {
        self.phase == Phase::Closed { failures: 0 }
    }

    /// Since when the teacher is away: how often it was found so, why, and when it is asked again (`None`: as soon as
    /// there is a task, or it is being asked). Nothing while it is there.
    pub(super) fn absence(&self) -> Option<(u32, &str, Option<Duration>)> {
        match self.phase {
            Phase::Closed { .. } => None,
            Phase::Open { until } => Some((self.openings, &self.why, Some(until))),
            Phase::Trying { .. } => Some((self.openings, &self.why, None)),
        }
    }

    /// When its pause ends.
    pub(super) const fn until(&self) -> Option<Duration> {
        match self.phase {
            Phase::Open { until } => Some(until),
            Phase::Closed { .. } | Phase::Trying { .. } => None,
        }
    }

    /// A task was given to the teacher.
    pub(super) fn admit(&mut self, task: TaskId) {
        if let Phase::Trying { probe: probe @ None } = &mut self.phase {
            *probe = Some(task);
        }
    }

    /// Lets time pass, and forgets a probe that is not held any more.
    pub(super) fn settle(&mut self, now: Duration, is_held: impl Fn(TaskId) -> bool) {
        match self.phase {
            Phase::Open { until } if now >= until => self.phase = Phase::Trying { probe: None },
            Phase::Trying { probe: Some(task) } if !is_held(task) => {
                self.phase = Phase::Trying { probe: None }
            }
            Phase::Closed { .. } | Phase::Open { .. } | Phase::Trying { .. } => {}
        }
    }

    /// An attempt ended. What was begun before the circuit opened and fails is no news.
    pub(super) fn heed(&mut self, task: TaskId, sign: Sign, moment: Moment) {
        match (sign, &self.phase) {
            (Sign::Answers, _) => *self = Self::default(),
            (Sign::Silent, Phase::Trying { probe }) if *probe == Some(task) => {
                self.phase = Phase::Trying { probe: None };
            }
            (Sign::Silent, _) | (Sign::Away { .. } | Sign::Falters { .. }, Phase::Open { .. }) => {}
            (Sign::Falters { .. }, Phase::Closed { failures }) if *failures < HICCUPS => {
                self.phase = Phase::Closed { failures: failures + 1 };
            }
            (Sign::Away { .. } | Sign::Falters { .. }, Phase::Trying { probe }) if *probe != Some(task) => {}
            (
                Sign::Away { why, hint } | Sign::Falters { why, hint },
                Phase::Closed { .. } | Phase::Trying { .. },
            ) => {
                self.why = why;
                self.openings = self.openings.saturating_add(1);
                self.phase = Phase::Open { until: moment.now + pause(self.openings, moment.random, hint) };
            }
        }
    }
}

/// Between half of the ceiling and all of it, so that workers do not come back in the same moment.
fn pause(openings: u32, random: u64, hint: Option<Duration>) -> Duration {
    let policy = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    let drawn = (policy.ceiling(openings) + policy.delay(openings, random)) / 2;
    drawn.max(hint.unwrap_or_default().min(LONGEST_HINT))
}

#[cfg(test)]
mod tests {
    use hafs_proto::CompletionId;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn task(number: u8) -> TaskId {
        TaskId::from_uuid(Uuid::from_u128(u128::from(number)))
    }

    fn sign(number: u8) -> Sign {
        let (why, hint) = ("refused".to_owned(), None);
        match number {
            0 => Sign::Answers,
            1 => Sign::Falters { why, hint },
            2 => Sign::Away { why, hint: Some(Duration::from_secs(900)) },
            3 => Sign::Away { why, hint },
            _ => Sign::Silent,
        }
    }

    proptest! {
        #[test]
        fn only_one_task_is_tried_at_a_time_and_an_answer_always_closes(
            steps in prop::collection::vec((0_u16..700, 0_u8..6, 0_u8..5, any::<u64>()), 1..80),
        ) {
            let mut circuit = Circuit::default();
            let fresh = CompletionId::from_uuid(Uuid::from_u128(1));
            let (mut now, mut held) = (Duration::ZERO, std::collections::BTreeSet::new());
            for (seconds, number, outcome, random) in steps {
                now += Duration::from_secs(u64::from(seconds));
                circuit.settle(now, |task| held.contains(&task));
                let was_away = circuit.absence().is_some();
                if circuit.admits() {
                    circuit.admit(task(number));
                    held.insert(task(number));
                    prop_assert_eq!(circuit.admits(), !was_away, "the probe is alone");
                }
                if outcome < 4 && held.remove(&task(number)) {
                    circuit.heed(task(number), sign(outcome), Moment { now, fresh, random });
                    prop_assert!(outcome > 0 || circuit.is_pristine());
                    if let Some(until) = circuit.until() {
                        prop_assert!(until <= now + LONGEST_HINT);
                    }
                }
            }
        }

        #[test]
        fn a_pause_grows_from_seconds_to_minutes_and_never_undercuts_the_hint(
            openings in 1_u32.., random: u64, hint_s in proptest::option::of(0_u64..10_000),
        ) {
            let hint = hint_s.map(Duration::from_secs);
            let pause = pause(openings, random, hint);
            prop_assert!(pause >= hint.unwrap_or_default().min(LONGEST_HINT) && pause >= FIRST_PAUSE / 2);
            prop_assert!(pause <= LONGEST_PAUSE.max(hint.unwrap_or_default()));
        }
    }
}
