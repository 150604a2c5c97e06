//! Points in time: integer milliseconds UTC inside, RFC 3339 with `Z` in JSON.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

/// Milliseconds since 1970-01-01T00:00:00Z. Years 0001 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// Why a text or number is not a timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected a time such as `2026-11-22T12:43:25.120Z` between the years 0001 and 9999")]
pub struct TimestampError;

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    const MIN_MS: i64 = -62_135_596_800_000;
    const MAX_MS: i64 = 253_402_207_200_000;

    /// A point in time from milliseconds since the epoch.
    ///
    /// # Errors
    /// [`TimestampError`] outside the years 0001 to 9999.
    pub const fn from_millis(ms: i64) -> Result<Self, TimestampError> {
        if ms >= Self::MIN_MS && ms <= Self::MAX_MS { Ok(Self(ms)) } else { Err(TimestampError) }
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This time and `duration`, saturating at the end of the year 9999.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(ms).min(Self::MAX_MS))
    }

    /// `duration` before this time, saturating at the beginning of the year 0001.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(ms).max(Self::MIN_MS))
    }

    /// How long ago `earlier` was, or zero if it lies in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Proof: the constructors keep the value inside jiff's range.
        let stamp = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        write!(f, "{stamp:.3}")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let stamp: jiff::Timestamp = text.parse().map_err(|_| TimestampError)?;
        Self::from_millis(stamp.as_millisecond())
    }
}

crate::id::text_form!(Timestamp, r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_its_text_form_to_the_millisecond() {
        let time = Timestamp::from_millis(1_795_351_405_120).expect("in range");
        assert_eq!(time.to_string(), "2026-11-22T12:43:25.120Z");
        assert_eq!("2026-11-22T13:43:25.120+01:00".parse(), Ok(time));
    }

    #[test]
    fn times_out_of_range_and_prose_are_refused_and_arithmetic_saturates() {
        assert!(Timestamp::from_millis(i64::MAX).is_err());
        assert!("yesterday".parse::<Timestamp>().is_err());
        assert_eq!(Timestamp::EPOCH.plus(Duration::MAX).to_string(), "9999-12-30T22:00:00.000Z");
        assert_eq!(Timestamp::EPOCH.since(Timestamp::EPOCH.plus(Duration::from_secs(1))), Duration::ZERO);
    }
}
