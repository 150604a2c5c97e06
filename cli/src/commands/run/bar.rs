//! A bar that moves, for terminals.

use std::time::Duration;

use hafs_proto::Run;
use indicatif::{ProgressBar, ProgressStyle};

use super::reading::{Reading, View, effort, introduction, outcome};
use crate::text::escape;

const REFRESH: Duration = Duration::from_millis(200);

/// Shows a run as a bar.
pub struct Bar(ProgressBar);

impl Bar {
    /// An empty bar towards `target`.
    #[must_use]
    pub fn new(target: u64) -> Self {
        let bar = ProgressBar::new(target);
        if let Ok(style) = ProgressStyle::with_template(
            "{spinner} {elapsed_precise} [{bar:32}] {pos} of {len} accepted\n  {wide_msg}\n  {prefix}",
        ) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message("mining the source and loading the model");
        bar.enable_steady_tick(REFRESH);
        Self(bar)
    }
}

impl View for Bar {
    fn begin(&mut self, run: &Run, _: bool) {
        self.note(&introduction(run));
    }

    fn show(&mut self, reading: &Reading) {
        self.0.set_length(u64::from(reading.progress.target));
        self.0.set_position(reading.progress.accepted);
        if reading.progress.seeds > 0 {
            self.0.set_message(outcome(reading));
            self.0.set_prefix(effort(reading));
        }
    }

    fn note(&mut self, text: &str) {
        self.0.println(escape(text));
    }

    fn finish(&mut self) {
        self.0.finish_and_clear();
    }
}
