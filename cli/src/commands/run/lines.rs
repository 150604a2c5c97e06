//! A line from time to time, for logs and files.

use std::time::Duration;

use hafs_proto::Run;

use super::reading::{Reading, View, effort, introduction, outcome};
use crate::out::say;
use crate::text::{count, escape, length};

/// Between two lines when something has changed.
const SOON: Duration = Duration::from_secs(5);
/// Between two lines when nothing has.
const LATE: Duration = Duration::from_secs(60);

/// Shows a run in lines on standard error.
#[derive(Debug, Default)]
pub struct Lines {
    last: Option<(Duration, u64)>,
}

impl View for Lines {
    fn begin(&mut self, run: &Run, _: bool) {
        self.note(&introduction(run));
    }

    fn show(&mut self, reading: &Reading) {
        let (progress, elapsed) = (&reading.progress, reading.pace.elapsed);
        let mark =
            progress.generated + progress.failed + progress.accepted + progress.rejected + progress.seeds;
        let due =
            self.last.is_none_or(|(at, before)| elapsed >= at + if before == mark { LATE } else { SOON });
        if due {
            self.last = Some((elapsed, mark));
            say(format!(
                "{:>12}  {} of {} accepted | {} seeds | {} | {}",
                length(elapsed),
                count(progress.accepted),
                count(u64::from(progress.target)),
                count(progress.seeds),
                outcome(reading),
                effort(reading)
            ));
        }
    }

    fn note(&mut self, text: &str) {
        say(escape(text));
    }

    fn finish(&mut self) {}
}
