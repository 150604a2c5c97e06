//! From lines of a tool to findings with places in the sample.

use std::ops::Range;

use hafs_proto::check::Field;
use hafs_proto::{Finding, Reason};

/// Findings per sample; more change nothing.
pub(crate) const MAX_FINDINGS: usize = 8;
/// Characters of a tool's message that are kept.
const MESSAGE_CHARS: usize = 300;

/// A finding at a line of a snippet that stands at `range` of the output.
pub(crate) fn finding(
    reason: Reason,
    what: &str,
    (output, range, line): (&str, &Range<usize>, usize),
) -> Finding {
    let message: String = what.chars().filter(|c| !c.is_control()).take(MESSAGE_CHARS).collect();
    let finding = Finding::new(reason, Field::Output, &message);
    let snippet = output.get(range.clone()).unwrap_or_default();
    match place(snippet, line) {
        Some(place) => finding.at(range.start + place.start..range.start + place.end),
        None => finding,
    }
}

/// The bytes of a line, from 1.
fn place(text: &str, line: usize) -> Option<Range<usize>> {
    let mut start = 0;
    for (nth, content) in text.split_inclusive('\n').enumerate() {
        if nth + 1 == line {
            return Some(start..start + content.trim_end_matches(['\n', '\r']).len());
        }
        start += content.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_points_at_its_line_and_shows_no_control_characters() {
        let output = "Text:\none\ntwo\n";
        let found = finding(Reason::CompileError, "bad\u{1b}[2J", (output, &(6..14), 2));
        let span = found.span.expect("a place");
        assert_eq!(&output[span.start as usize..span.end as usize], "two");
        assert_eq!(found.message.as_str(), "bad[2J");
        assert_eq!(finding(Reason::Other, "x", (output, &(6..14), 9)).span, None);
    }
}
