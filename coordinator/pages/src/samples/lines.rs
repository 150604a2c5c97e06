//! A text of a sample with its lines numbered.

use maud::{Markup, html};

use crate::words::{count, text};

/// Lines that are shown.
const LINES: usize = 2_000;
/// Characters of one line that are shown.
const WIDTH: usize = 2_000;

/// A text with its lines numbered. Of one that is longer than anybody reads, the beginning, and how much is left.
pub(super) fn numbered(of: &str) -> Markup {
    let left = of.lines().count().saturating_sub(LINES);
    html! {
        pre.text.wrap tabindex="0" {
            @for line in of.lines().take(LINES) { span.line { (text(line, WIDTH)) } "\n" }
        }
        @if left > 0 { p.notice { (count(left as u64)) " more lines are not shown; the API has the whole text." } }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_of_five_megabytes_is_cut_and_says_so() {
        let shown = numbered(&"x".repeat(5_000_000)).into_string();
        assert!(shown.len() < 10_000 && shown.contains("4,998,000 more characters"));
        let shown = numbered(&"x\n".repeat(5_000)).into_string();
        assert!(shown.contains("3,000 more lines"));
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_line(of in any::<String>()) {
            let hostile = format!("</pre><script>alert(1)</script>{of}<img src=x onerror=y>");
            let shown = numbered(&hostile).into_string();
            prop_assert!(!shown.contains("<script") && !shown.contains("<img"));
            prop_assert_eq!(shown.matches("</pre>").count(), 1);
        }
    }
}
