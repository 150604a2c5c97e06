//! JSON lines, for programs; and nothing, for those who want to see nothing.

use hafs_proto::Run;
use serde_json::json;

use super::reading::{Reading, View};
use crate::out::Out;

/// Shows a run as JSON lines on standard output.
pub struct JsonLines(pub Out);

impl View for JsonLines {
    fn begin(&mut self, run: &Run, resumed: bool) {
        // A reader that has gone does not end the run.
        let _reader_gone = self.0.json_line(&json!({ "event": "started", "run": run, "resumed": resumed }));
    }

    fn show(&mut self, reading: &Reading) {
        let _reader_gone = self.0.json_line(&json!({
            "event": "progress",
            "progress": reading.progress,
            "pace": reading.pace,
            "slots": reading.slots,
        }));
    }

    fn note(&mut self, text: &str) {
        let _reader_gone = self.0.json_line(&json!({ "event": "note", "message": text }));
    }

    fn finish(&mut self) {}
}

/// Shows nothing.
pub struct Silence;

impl View for Silence {
    fn begin(&mut self, _: &Run, _: bool) {}

    fn show(&mut self, _: &Reading) {}

    fn note(&mut self, _: &str) {}

    fn finish(&mut self) {}
}
