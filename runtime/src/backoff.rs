//! How long to wait before trying again.

use std::time::Duration;

/// Exponential backoff with full jitter: a random wait between nothing and a ceiling that doubles with each
/// failure, so that clients which failed together do not come back together.
/// Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
}

impl Backoff {
    /// A policy whose ceiling is `base` after the first failure and never over `cap`.
    #[must_use]
    pub const fn new(base: Duration, cap: Duration) -> Self {
        Self { base, cap }
    }

    /// The longest wait after this many failures in a row (from 1).
    #[must_use]
    pub fn ceiling(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.base.saturating_mul(1 << doublings).min(self.cap)
    }

    /// The wait after this many failures in a row (from 1), from a random number over the whole range.
    #[must_use]
    pub fn delay(&self, failures: u32, random: u64) -> Duration {
        // Proof: a duration has at most 94 bits of nanoseconds, so the product fits.
        let nanos = (self.ceiling(failures).as_nanos() * u128::from(random >> 32)) >> 32;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

impl Default for Backoff {
    /// Half a second to eight: what a worker uses towards its coordinator. Whatever the outage was, no worker sleeps on
    /// for longer once it is over.
    fn default() -> Self {
        Self::new(Duration::from_millis(500), Duration::from_secs(8))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ceiling_doubles_up_to_the_cap() {
        let seconds =
            [1, 2, 3, 4, 5, 6, u32::MAX].map(|failures| Backoff::default().ceiling(failures).as_secs_f64());
        assert_eq!(seconds, [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]);
    }

    proptest! {
        #[test]
        fn no_wait_is_longer_than_the_ceiling(failures: u32, random: u64, base_ms in 0_u64..100_000, cap_ms: u64) {
            let policy = Backoff::new(Duration::from_millis(base_ms), Duration::from_millis(cap_ms));
            prop_assert!(policy.delay(failures, random) <= policy.ceiling(failures));
        }
    }

    #[test]
    fn the_whole_range_below_the_ceiling_is_used() {
        let policy = Backoff::default();
        assert_eq!(policy.delay(1, 0), Duration::ZERO);
        assert_eq!(policy.delay(1, u64::MAX / 2).as_millis(), 249);
        assert_eq!(policy.delay(1, u64::MAX).as_millis(), 499);
    }
}
