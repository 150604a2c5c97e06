//! Metrics of what is decided about samples.

use prometheus::{Histogram, IntCounter};

use super::kinds::{ByName, Maker, TENTHS};

/// What is decided about a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// It is good.
    Accepted,
    /// It is not.
    Rejected,
    /// Nobody can tell.
    SetAside,
}

impl Decided {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Accepted, Self::Rejected, Self::SetAside];

    /// The label.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::SetAside => "set_aside",
        }
    }
}

/// Counts of decisions, and the scores behind them.
#[derive(Debug, Clone)]
pub struct Decisions {
    /// By domain and outcome.
    pub domains: ByName,
    /// By generator and outcome.
    pub generators: ByName,
    /// What judges gave.
    pub scores: Histogram,
    /// Backups written because enough was decided.
    pub checkpoints: IntCounter,
}

impl Decisions {
    pub(super) fn new(make: &Maker) -> Result<Self, prometheus::Error> {
        let domains = ("hafs_samples_decided_total", "Samples decided, by domain.");
        let generators = ("hafs_generator_decisions_total", "Samples decided, by generator.");
        Ok(Self {
            domains: make.decided(domains, "domain")?,
            generators: make.decided(generators, "generator")?,
            scores: make.histogram_of("hafs_judge_score", "Scores that judges gave.", TENTHS)?,
            checkpoints: make
                .counter("hafs_checkpoints_total", "Backups written after so many decisions.")?,
        })
    }
}
