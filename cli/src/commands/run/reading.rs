//! One look at a run that is under way, and those who show it.

use hafs_proto::people::{Page, Progress, WorkerView};
use hafs_proto::{Run, RunState, TeacherName};
use serde::Serialize;

use super::pace::Pace;
use crate::text::{count, length};

/// One look at a run.
#[derive(Debug, Clone, Serialize)]
pub struct Reading {
    /// Its numbers.
    pub progress: Progress,
    /// Its speed.
    pub pace: Pace,
    /// The worker's slots.
    pub slots: Slots,
}

/// Slots of all workers with a recent sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Slots {
    /// At work.
    pub busy: u64,
    /// In all.
    pub total: u64,
}

impl Slots {
    /// Of these workers. A worker may hold more tasks than it has slots, to have the next one at hand.
    #[must_use]
    pub fn of(workers: &Page<WorkerView>) -> Self {
        workers.items.iter().filter(|worker| worker.alive).fold(Self::default(), |sum, worker| {
            let total = worker.pools.iter().map(|pool| u64::from(pool.slots)).sum::<u64>();
            Self { busy: sum.busy + worker.leased.min(total), total: sum.total + total }
        })
    }
}

/// Shows a run.
pub trait View: Send {
    /// A run was started, or goes on.
    fn begin(&mut self, run: &Run, resumed: bool);
    /// Shows a reading.
    fn show(&mut self, reading: &Reading);
    /// Tells of something.
    fn note(&mut self, text: &str);
    /// Takes away what was shown, before the summary.
    fn finish(&mut self);
}

/// Who writes and who judges, in a line.
#[must_use]
pub fn introduction(run: &Run) -> String {
    let list = |names: &[TeacherName]| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (spec, policy) = (&run.spec, &run.spec.policy);
    let judged = if spec.judges.is_empty() {
        "judged by checks alone".to_owned()
    } else {
        format!("judged by {} of {} ({})", policy.agree, policy.of, list(&spec.judges))
    };
    format!("{}: written by {}, {judged}", run.id, list(&spec.teachers))
}

/// What became of the samples, and how fast, on a line.
#[must_use]
pub fn outcome(reading: &Reading) -> String {
    let (progress, pace) = (&reading.progress, &reading.pace);
    let speed = pace.remaining.map_or_else(
        || "too early to say how long".to_owned(),
        |remaining| format!("{:.1}/min, about {} left", pace.per_minute, length(remaining)),
    );
    let paused = if progress.state == RunState::Paused { "paused, " } else { "" };
    format!(
        "{paused}{} rejected, {} failed, {} undecided | {speed}",
        count(progress.rejected),
        count(progress.failed),
        count(progress.candidates),
    )
}

/// What it takes, on a line.
#[must_use]
pub fn effort(reading: &Reading) -> String {
    let (progress, slots) = (&reading.progress, reading.slots);
    let tokens = count(progress.input_tokens + progress.output_tokens);
    // Local models cost nothing, and many zeros say that badly.
    let cost = if progress.cost.0 > 0 { format!(", {}", progress.cost) } else { String::new() };
    format!("{tokens} tokens{cost} | {} of {} slots busy", slots.busy, slots.total)
}
