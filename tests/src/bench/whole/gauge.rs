//! Readings at one moment, and what lies between two of them.

use anyhow::Context as _;
use hafs_runtime::clock::Stopwatch;

use crate::bench::os;

/// Processor time of one process between two moments.
#[derive(Debug, Clone)]
pub(super) struct CpuGauge {
    pids: Vec<u32>,
    began: Vec<f64>,
    machine: f64,
    watch: Stopwatch,
}

/// What a gauge has seen.
#[derive(Debug)]
pub(super) struct CpuSpan {
    /// Seconds that passed.
    pub(super) seconds: f64,
    /// Processor seconds of each process.
    pub(super) used: Vec<f64>,
    /// Cores that other processes, and the kernel for them, kept busy.
    pub(super) others: f64,
}

impl CpuGauge {
    /// Begins to watch these processes; those that are ours but of no interest belong among them too.
    pub(super) fn start(pids: Vec<u32>) -> anyhow::Result<Self> {
        let began = read(&pids)?;
        Ok(Self { pids, began, machine: os::machine_seconds()?, watch: Stopwatch::start() })
    }

    /// What they used since then.
    pub(super) fn span(&self) -> anyhow::Result<CpuSpan> {
        let seconds = self.watch.elapsed().as_secs_f64();
        let now = read(&self.pids)?;
        let used: Vec<f64> = now.iter().zip(&self.began).map(|(now, began)| now - began).collect();
        let machine = os::machine_seconds()? - self.machine;
        let others = ((machine - used.iter().sum::<f64>()) / seconds).max(0.0);
        Ok(CpuSpan { seconds, used, others })
    }
}

fn read(pids: &[u32]) -> anyhow::Result<Vec<f64>> {
    pids.iter().map(|pid| os::cpu_seconds(*pid)).collect()
}

/// The coordinator's counters that matter here.
#[derive(Debug, Clone, Default)]
pub(super) struct Counters {
    /// Samples accepted.
    pub(super) accepted: f64,
    /// Samples made.
    pub(super) generated: f64,
    /// Upper bounds in seconds, and how many commits of results took at most as long.
    pub(super) commits: Vec<(f64, f64)>,
}

impl Counters {
    /// Reads Prometheus' text form.
    pub(super) fn read(text: &str) -> anyhow::Result<Self> {
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.and_then(|value| value.trim().parse().ok()).with_context(|| format!("no metric {name}"))
        };
        let bucket = |line: &str| {
            let (bound, count) = line.strip_prefix("hafs_commit_seconds_bucket{le=\"")?.split_once("\"} ")?;
            Some((bound.parse::<f64>().ok()?, count.trim().parse::<f64>().ok()?))
        };
        Ok(Self {
            accepted: value("hafs_samples_accepted_total")?,
            generated: value("hafs_samples_generated_total")?,
            // The last bound is `+Inf`, which is a number to Rust as well.
            commits: text.lines().filter_map(bucket).collect(),
        })
    }

    /// The time within which this share of the commits since `earlier` was done, in milliseconds. Within a bucket
    /// commits count as spread evenly, as Prometheus' `histogram_quantile` does; beyond the last bound it is that
    /// bound, and without any commit 0.
    pub(super) fn commit_ms(&self, earlier: &Self, share: f64) -> f64 {
        let before = |nth: usize| earlier.commits.get(nth).map_or(0.0, |(_, count)| *count);
        let grown: Vec<(f64, f64)> = self
            .commits
            .iter()
            .enumerate()
            .map(|(nth, (bound, count))| (*bound, count - before(nth)))
            .collect();
        let all = grown.last().map_or(0.0, |(_, count)| *count);
        let (wanted, mut low, mut below) = (share * all, 0.0, 0.0);
        if all <= 0.0 {
            return 0.0;
        }
        for (bound, count) in grown.into_iter().filter(|(bound, _)| bound.is_finite()) {
            if count >= wanted && count > below {
                return (low + (bound - low) * (wanted - below) / (count - below)) * 1e3;
            }
            (low, below) = (bound, count);
        }
        low * 1e3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP hafs_samples_accepted_total Samples accepted.\n\
        hafs_samples_accepted_total 12\nhafs_samples_generated_total 13\n\
        hafs_commit_seconds_bucket{le=\"0.005\"} 0\nhafs_commit_seconds_bucket{le=\"0.01\"} 10\n\
        hafs_commit_seconds_bucket{le=\"+Inf\"} 10\n";

    #[test]
    fn counters_and_percentiles_are_read_from_the_metrics() {
        let counters = Counters::read(TEXT).unwrap();
        assert_eq!((counters.accepted, counters.generated), (12.0, 13.0));
        assert_eq!(counters.commit_ms(&Counters::default(), 0.5), 7.5);
        assert_eq!(counters.commit_ms(&counters, 0.5), 0.0, "nothing was committed since");
        assert!(Counters::read("hafs_samples_accepted_total 1").is_err());
    }
}
