//! One event, one line: what workers, people and providers name things must not make a log say what did not happen.

use std::fmt::Write as _;
use std::io::{self, Write};

use hafs_proto::shown::is_obeyed;
use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

/// Writes each event as one line in which every character that a terminal would obey is an escape.
#[derive(Debug)]
pub(crate) struct OneLine<M>(pub(crate) M);

/// The writer of one event.
#[derive(Debug)]
pub(crate) struct Line<W>(W);

impl<'w, M: MakeWriter<'w>> MakeWriter<'w> for OneLine<M> {
    type Writer = Line<M::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        Line(self.0.make_writer())
    }

    fn make_writer_for(&'w self, meta: &Metadata<'_>) -> Self::Writer {
        Line(self.0.make_writer_for(meta))
    }
}

impl<W: Write> Write for Line<W> {
    /// Takes a whole event, which is how they are handed over.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        if line.chars().any(is_obeyed) {
            self.0.write_all(escaped(line).as_bytes())?;
        } else {
            self.0.write_all(event)?;
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The line with escapes that JSON has too, so that a line of JSON stays one.
fn escaped(line: &str) -> String {
    let mut clean = String::with_capacity(line.len() + 16);
    for c in line.chars() {
        match c {
            '\n' => clean.push_str("\\n"),
            '\t' => clean.push_str("\\t"),
            c if is_obeyed(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Proof: writing to a string cannot fail.
                    let _cannot_fail = write!(clean, "\\u{unit:04x}");
                }
            }
            c => clean.push(c),
        }
    }
    clean.push('\n');
    clean
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(event: &str) -> String {
        let mut bytes = Vec::new();
        Line(&mut bytes).write_all(event.as_bytes()).expect("memory takes it");
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn what_a_terminal_would_obey_is_an_escape_and_the_rest_stays() {
        assert_eq!(written("worker a\nINFO accepted\u{1b}[2J\n"), "worker a\\nINFO accepted\\u001b[2J\n");
        assert_eq!(written("naïve 日本\n"), "naïve 日本\n");
        assert_eq!(written("\u{e0041}\u{9b}\n"), "\\udb40\\udc41\\u009b\n");
    }

    proptest! {
        #[test]
        fn an_event_is_one_line_and_json_stays_json(text in any::<String>()) {
            let line = written(&format!("{}\n", serde_json::json!({ "message": text })));
            prop_assert_eq!(line.matches('\n').count(), 1);
            prop_assert!(!line.trim_end_matches('\n').chars().any(is_obeyed));
            let event: serde_json::Value = serde_json::from_str(&line).expect("JSON");
            prop_assert_eq!(event["message"].as_str(), Some(text.as_str()));
        }
    }
}
