//! What came of a night.

use std::fmt::Write as _;
use std::time::Duration;

use hafs_proto::Timestamp;
use serde::Serialize;

use super::night::{Load, Night, Rule};

/// What came of a night.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// How much there was to do.
    pub load: String,
    /// How tasks were handed out.
    pub rule: String,
    /// Models loaded.
    pub swaps: u64,
    /// Seconds of loading.
    pub loading_s: f64,
    /// Seconds of work divided by seconds of work and loading.
    pub utilisation: f64,
    /// Seconds from the first arrival to the end of the last task.
    pub night_s: f64,
    /// Median of the seconds that tasks waited.
    pub wait_p50_s: f64,
    /// What ninety-nine in a hundred waited at most.
    pub wait_p99_s: f64,
    /// What the unluckiest waited.
    pub wait_most_s: f64,
    /// The most by which a task was preferred to one that had been planned earlier.
    pub preferred_by_s: f64,
    /// Tasks that were preferred by more than the bound.
    pub beyond_the_bound: u64,
    #[serde(skip)]
    waits_ms: Vec<u64>,
    #[serde(skip)]
    working_ms: u64,
}

impl Figures {
    pub(super) fn new(night: &Night) -> Self {
        let load = match night.load {
            Load::Backlog => "backlog".to_owned(),
            Load::Percent(percent) => format!("{percent} %"),
        };
        let rule = match night.rule {
            Rule::Fifo => "first come first served",
            Rule::Greedy => "greedy affinity",
            Rule::Priced => "priced swaps",
        };
        Self {
            load,
            rule: rule.to_owned(),
            swaps: 0,
            loading_s: 0.0,
            utilisation: 0.0,
            night_s: 0.0,
            wait_p50_s: 0.0,
            wait_p99_s: 0.0,
            wait_most_s: 0.0,
            preferred_by_s: 0.0,
            beyond_the_bound: 0,
            waits_ms: Vec::new(),
            working_ms: 0,
        }
    }

    pub(super) fn note(&mut self, swapped: bool, load_ms: u64, work_ms: u64, wait: Duration) {
        self.swaps += u64::from(swapped);
        self.loading_s += Duration::from_millis(load_ms).as_secs_f64();
        self.working_ms += work_ms;
        self.waits_ms.push(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
    }

    pub(super) fn preferred(&mut self, by: Duration, bound: Duration) {
        self.preferred_by_s = self.preferred_by_s.max(by.as_secs_f64());
        self.beyond_the_bound += u64::from(by > bound);
    }

    pub(super) fn end(&mut self, now: Timestamp) {
        self.waits_ms.sort_unstable();
        let working_s = Duration::from_millis(self.working_ms).as_secs_f64();
        self.utilisation = working_s / (working_s + self.loading_s).max(f64::MIN_POSITIVE);
        self.night_s = now.since(Timestamp::EPOCH).as_secs_f64();
        self.wait_p50_s = self.waited(50);
        self.wait_p99_s = self.waited(99);
        self.wait_most_s = self.waited(100);
    }

    /// What so many in a hundred waited at most.
    fn waited(&self, percent: usize) -> f64 {
        let rank = (self.waits_ms.len() * percent).div_ceil(100).saturating_sub(1);
        self.waits_ms.get(rank).map_or(0.0, |ms| Duration::from_millis(*ms).as_secs_f64())
    }
}

/// The figures as a table for people.
#[must_use]
pub fn table(rows: &[Figures]) -> String {
    let mut text = String::from(
        "| load | rule | swaps | loading | utilisation | night | wait p50 | wait p99 | longest | preferred by |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.0} s | {:.1} % | {:.0} s | {:.0} s | {:.0} s | {:.0} s | {:.0} s |",
            row.load,
            row.rule,
            row.swaps,
            row.loading_s,
            row.utilisation * 100.0,
            row.night_s,
            row.wait_p50_s,
            row.wait_p99_s,
            row.wait_most_s,
            row.preferred_by_s
        );
    }
    text
}
