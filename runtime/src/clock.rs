//! The wall clock, behind a trait so that tests can move it, and the stopwatch for latencies.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hafs_proto::Timestamp;

/// Tells the time of day. Only the coordinator's clock decides about leases; a worker's is for its own logs.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time now. It may go backwards when an operator or NTP sets the clock.
    fn now(&self) -> Timestamp;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    /// Milliseconds since 1970; a clock set before 1970 reads as 1970, one beyond the year 9999 as its end.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Timestamp {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::EPOCH.plus(since_1970)
    }
}

/// The wall clock as it was at the start, driven by the monotonic clock: it never goes backwards or jumps when
/// somebody sets the clock, so leases neither expire at once nor live for ever.
#[derive(Debug, Clone, Copy)]
pub struct SteadyClock {
    start: Timestamp,
    since: Stopwatch,
}

impl SteadyClock {
    /// A clock that shows the time of day now and goes on steadily.
    #[must_use]
    pub fn start() -> Self {
        Self { start: SystemClock.now(), since: Stopwatch::start() }
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        self.start.plus(self.since.elapsed())
    }
}

/// Measures how long something takes, on the monotonic clock: setting the wall clock does not disturb it.
///
/// It reads Tokio's clock, so a test that pauses that clock gets the same latency in every run.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(tokio::time::Instant);

impl Stopwatch {
    /// Starts measuring.
    #[must_use]
    pub fn start() -> Self {
        Self(tokio::time::Instant::now())
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// Whole milliseconds since the start.
    #[must_use]
    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A clock that stands still until a test moves it. Clones show the same time.
#[cfg(feature = "test-util")]
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<std::sync::atomic::AtomicI64>);

#[cfg(feature = "test-util")]
impl ManualClock {
    /// A clock that shows `start`.
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self(Arc::new(std::sync::atomic::AtomicI64::new(start.as_millis())))
    }

    /// Moves the clock to `time`, forwards or backwards.
    pub fn set(&self, time: Timestamp) {
        self.0.store(time.as_millis(), std::sync::atomic::Ordering::SeqCst);
    }

    /// Moves the clock forwards.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().plus(by));
    }
}

#[cfg(feature = "test-util")]
impl Default for ManualClock {
    /// Noon of the first day of 2026, UTC.
    fn default() -> Self {
        Self::at(Timestamp::EPOCH.plus(Duration::from_secs(1_767_268_800)))
    }
}

#[cfg(feature = "test-util")]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        // Proof: only whole timestamps are stored, so the value is in range.
        Timestamp::from_millis(self.0.load(std::sync::atomic::Ordering::SeqCst)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_shows_a_year_after_this_was_written() {
        assert!(SystemClock.now().to_string().as_str() > "2026-11-01");
    }

    #[test]
    fn a_manual_clock_stands_still_until_it_is_moved_and_clones_share_its_time() {
        let clock = ManualClock::default();
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        assert_eq!(shared.now().to_string(), "2026-01-01T12:00:00.000Z");
        clock.advance(Duration::from_millis(1_500));
        assert_eq!(shared.now().to_string(), "2026-01-01T12:00:01.500Z");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stopwatch_follows_the_paused_clock_of_a_test() {
        let watch = Stopwatch::start();
        tokio::time::advance(Duration::from_millis(250)).await;
        assert_eq!(watch.elapsed_ms(), 250);
    }
}
