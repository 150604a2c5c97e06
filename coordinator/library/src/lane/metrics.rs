//! What the library counts about itself.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// Upper bounds of the commit histogram, in microseconds.
const BOUNDS_US: [u64; 10] = [250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 1_000_000];

/// Running counters.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) waiting: AtomicUsize,
    pub(crate) commits: AtomicU64,
    pub(crate) failed_commits: AtomicU64,
    pub(crate) writes: AtomicU64,
    pub(crate) undone: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) reads: AtomicU64,
    commit_us: AtomicU64,
    buckets: [AtomicU64; BOUNDS_US.len()],
}

/// The counters at one moment. Counts are totals since the library was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct LibraryMetrics {
    /// Writes that wait now.
    pub waiting: u64,
    /// Commits, each with one flush to disk.
    pub commits: u64,
    /// Commits that failed.
    pub failed_commits: u64,
    /// Writes that were run.
    pub writes: u64,
    /// Writes that were undone because they failed.
    pub undone: u64,
    /// Calls refused because too many waited.
    pub refused: u64,
    /// Reads that were run.
    pub reads: u64,
    /// Seconds spent in commits.
    pub commit_seconds_sum: f64,
    /// Commits that took at most so many seconds, cumulative: `(seconds, commits)`.
    pub commit_seconds_buckets: Vec<(f64, u64)>,
}

impl Counters {
    /// Adds one to a counter.
    pub(crate) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Records a commit.
    pub(crate) fn committed(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        Self::add(&self.commits);
        self.commit_us.fetch_add(us, Ordering::Relaxed);
        for (bound, bucket) in BOUNDS_US.iter().zip(&self.buckets) {
            if us <= *bound {
                Self::add(bucket);
            }
        }
    }

    /// The counters now.
    pub(crate) fn snapshot(&self) -> LibraryMetrics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let seconds = |us: u64| Duration::from_micros(us).as_secs_f64();
        let buckets = BOUNDS_US.iter().zip(&self.buckets);
        LibraryMetrics {
            waiting: self.waiting.load(Ordering::Relaxed) as u64,
            commits: read(&self.commits),
            failed_commits: read(&self.failed_commits),
            writes: read(&self.writes),
            undone: read(&self.undone),
            refused: read(&self.refused),
            reads: read(&self.reads),
            commit_seconds_sum: seconds(read(&self.commit_us)),
            commit_seconds_buckets: buckets.map(|(us, count)| (seconds(*us), read(count))).collect(),
        }
    }
}
