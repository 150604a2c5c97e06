//! One look at a run that is under way, and those who show it.

use hafs_proto::people::Progress;
use serde::Serialize;

use super::pace::Pace;
use crate::compose::worker::Slots;
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

/// Shows a run.
pub trait View: Send {
    /// Shows a reading.
    fn show(&mut self, reading: &Reading);
    /// Tells of something.
    fn note(&mut self, text: &str);
    /// Takes away what was shown, before the summary.
    fn finish(&mut self);
}

/// Everything but the count of accepted samples, on a line.
#[must_use]
pub fn details(reading: &Reading) -> String {
    let (progress, pace) = (&reading.progress, &reading.pace);
    let remaining = pace.remaining.map_or_else(|| "unknown".to_owned(), length);
    let state = match progress.state {
        hafs_proto::RunState::Paused => "paused, ",
        hafs_proto::RunState::Running | hafs_proto::RunState::Finished | hafs_proto::RunState::Cancelled => {
            ""
        }
    };
    format!(
        "{state}{} rejected, {} failed, {} undecided | {:.1}/min, {} left | {} tokens, {} | {} of {} slots busy",
        count(progress.rejected),
        count(progress.failed),
        count(progress.candidates),
        pace.per_minute,
        remaining,
        count(progress.input_tokens + progress.output_tokens),
        progress.cost,
        reading.slots.busy,
        reading.slots.total
    )
}
