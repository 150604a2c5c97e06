//! What follows a failed attempt or a lost lease: another try later, or the dead-letter state.

use std::time::Duration;

use hafs_proto::task::{DeadReason, FailureClass};
use hafs_proto::{Attempt, BoundedText, ContentHash, Reason, TaskId, Timestamp};

/// How patient the factory is with tasks that fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Shortest delay before another try.
    pub base: Duration,
    /// Longest delay that backoff alone leads to.
    pub cap: Duration,
    /// Longest delay that a provider's wish leads to; a larger wish is cut to it.
    pub longest_wish: Duration,
    /// Leases lost in a row, without any answer, that make a task poison.
    pub max_losses: u32,
    /// Failures that do not count (rate limits, missing models) before a task is given up all the same.
    pub max_deferrals: u32,
}

impl RetryPolicy {
    /// The policy of a factory, which [`Default`] gives too.
    pub const PATIENT: Self = Self {
        base: Duration::from_millis(500),
        cap: Duration::from_secs(60),
        longest_wish: Duration::from_secs(3_600),
        max_losses: 3,
        max_deferrals: 1_000,
    };
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::PATIENT
    }
}

/// What was tried of a task so far. It is stored with the task, so that neither a restart nor a queue that is built
/// anew forgets any of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Tries {
    /// Attempts that failed and count.
    pub failures: u32,
    /// Leases lost since the last answer of any kind.
    pub losses: u32,
    /// Failures that do not count against the limit.
    pub deferrals: u32,
}

impl Tries {
    /// All of them: the number of the attempt before the next one.
    #[must_use]
    pub const fn total(self) -> u32 {
        self.failures.saturating_add(self.losses).saturating_add(self.deferrals)
    }
}

/// A failed attempt, as far as the rule looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed {
    /// What kind of failure.
    pub class: FailureClass,
    /// Its code.
    pub reason: Reason,
    /// When the provider allows the next try.
    pub retry_after: Option<Duration>,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterFailure {
    /// The task is tried again.
    Retry {
        /// Not before this time.
        not_before: Timestamp,
        /// The tries, with this one counted.
        tries: Tries,
    },
    /// The task is parked for good.
    Dead {
        /// Why.
        reason: DeadReason,
        /// The tries, with this one counted.
        tries: Tries,
    },
}

/// A number in 0..1 that differs between tasks and attempts, so that tasks which fail together do not come
/// back together. Derived from the ids: the same in every backend and every replay.
#[must_use]
pub fn jitter(task: TaskId, attempt: Attempt) -> f64 {
    let hash = ContentHash::of_parts(["jitter", &task.to_string(), &attempt.0.to_string()]);
    let [a, b, c, d, ..] = *hash.as_bytes();
    f64::from(u32::from_le_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
}

impl RetryPolicy {
    /// What follows a failure that a worker reported. `tries` does not include it yet; `max_attempts` bounds
    /// the failures that count; `jitter` is in 0..1.
    ///
    /// [`FailureClass::RateLimited`] and [`FailureClass::ModelMissing`] do not count as failures but have a
    /// generous bound of their own. [`FailureClass::Refused`] and [`FailureClass::Poison`] are final. Any
    /// answer shows that the task does not kill its workers, so the losses begin anew.
    #[must_use]
    pub fn after_failure(
        &self,
        failed: &Failed,
        tries: Tries,
        max_attempts: u32,
        (jitter, now): (f64, Timestamp),
    ) -> AfterFailure {
        let tries = count(failed.class, tries);
        let given_up = match failed.class {
            FailureClass::Transient | FailureClass::OutOfMemory | FailureClass::Invalid => (tries.failures
                >= max_attempts)
                .then(|| format!("{} of {max_attempts} attempts failed", tries.failures)),
            FailureClass::RateLimited | FailureClass::ModelMissing => (tries.deferrals >= self.max_deferrals)
                .then(|| format!("put off {} times ({})", tries.deferrals, failed.class.word())),
            FailureClass::Refused => Some("the teacher refused, and will again".to_owned()),
            FailureClass::Poison => Some("the task itself cannot be done".to_owned()),
        };
        match given_up {
            Some(why) => dead(failed.reason, &format!("{why}; the last reason: {}", failed.reason), tries),
            None => {
                let wish = failed.retry_after.unwrap_or_default().min(self.longest_wish);
                let nth = tries.failures.saturating_add(tries.deferrals);
                let delay = self.backoff(nth, jitter).max(wish);
                AfterFailure::Retry { not_before: now.plus(delay), tries }
            }
        }
    }

    /// What follows a lease that ran out without an answer. `tries` does not include the loss yet.
    #[must_use]
    pub fn after_loss(&self, tries: Tries, jitter: f64, now: Timestamp) -> AfterFailure {
        let tries = Tries { losses: tries.losses.saturating_add(1), ..tries };
        if tries.losses >= self.max_losses {
            let why = format!(
                "{} leases in a row ran out without an answer: the task may crash its workers",
                tries.losses
            );
            return dead(Reason::Timeout, &why, tries);
        }
        AfterFailure::Retry { not_before: now.plus(self.backoff(tries.losses, jitter)), tries }
    }

    /// The delay before the try after the `nth` failure, from 1: uniform between the base and
    /// `base * 2^nth`, at most the cap.
    ///
    /// Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015, "full jitter", with a floor.
    #[must_use]
    pub fn backoff(&self, nth: u32, jitter: f64) -> Duration {
        let ceiling =
            self.base.saturating_mul(2_u32.saturating_pow(nth)).clamp(self.base, self.cap.max(self.base));
        let share = if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 1.0 };
        self.base + ceiling.saturating_sub(self.base).mul_f64(share)
    }
}

fn count(class: FailureClass, tries: Tries) -> Tries {
    let tries = Tries { losses: 0, ..tries };
    match class {
        FailureClass::RateLimited | FailureClass::ModelMissing => {
            Tries { deferrals: tries.deferrals.saturating_add(1), ..tries }
        }
        FailureClass::Transient
        | FailureClass::OutOfMemory
        | FailureClass::Refused
        | FailureClass::Invalid
        | FailureClass::Poison => Tries { failures: tries.failures.saturating_add(1), ..tries },
    }
}

fn dead(reason: Reason, detail: &str, tries: Tries) -> AfterFailure {
    AfterFailure::Dead { reason: DeadReason { reason, detail: BoundedText::clipped(detail) }, tries }
}
