//! How fast a run goes and when it will be done.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// The speed of this session.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pace {
    /// Time since this session began, in seconds.
    #[serde(rename = "elapsed_s", serialize_with = "seconds")]
    pub elapsed: Duration,
    /// Accepted samples a minute.
    pub per_minute: f64,
    /// Expected time to the target, in seconds; absent while nothing was accepted.
    #[serde(rename = "remaining_s", serialize_with = "maybe_seconds")]
    pub remaining: Option<Duration>,
}

impl Pace {
    /// The speed after `elapsed` of a session that began with `before` accepted samples.
    #[must_use]
    pub fn of(elapsed: Duration, before: u64, accepted: u64, target: u64) -> Self {
        let made = accepted.saturating_sub(before);
        let minutes = elapsed.as_secs_f64() / 60.0;
        let per_minute = if minutes > 0.0 { real(made) / minutes } else { 0.0 };
        let left = target.saturating_sub(accepted);
        let remaining = (made > 0).then(|| elapsed.mul_f64(real(left) / real(made)));
        Self { elapsed, per_minute, remaining }
    }
}

/// Counts of samples are far below 2^32; beyond, the display may be wrong.
fn real(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(time.as_secs())
}

fn maybe_seconds<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs()).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_counts_what_this_session_made() {
        let pace = Pace::of(Duration::from_secs(120), 10, 14, 20);
        assert_eq!((pace.per_minute, pace.remaining), (2.0, Some(Duration::from_secs(180))));
    }

    #[test]
    fn nothing_is_promised_before_the_first_sample() {
        assert_eq!(Pace::of(Duration::from_secs(60), 3, 3, 20).remaining, None);
        assert_eq!(Pace::of(Duration::ZERO, 0, 0, 20).per_minute, 0.0);
        let done = Pace::of(Duration::from_secs(60), 0, 25, 20);
        assert_eq!(done.remaining, Some(Duration::ZERO));
    }
}
