//! What two texts have in common and what not, word by word; line by line where they are long.

use maud::{Markup, html};
use similar::{ChangeTag, TextDiff};

use crate::words::{LONGEST, text};

/// Bytes of a text that are compared; more is more than anybody reads in a comparison.
const COMPARED: usize = 16 * 1_024;
/// From so many bytes on lines are compared, not words.
const LONG: usize = 4 * 1_024;

/// The second text as it differs from the first.
pub(super) fn diff(old: &str, new: &str) -> Markup {
    let (old, new) = (head(old), head(new));
    let diff = if old.len().max(new.len()) > LONG {
        TextDiff::from_lines(old, new)
    } else {
        TextDiff::from_words(old, new)
    };
    html! {
        pre.wrap tabindex="0" {
            @for change in diff.iter_all_changes() {
                @match change.tag() {
                    ChangeTag::Equal => (text(change.value(), LONGEST)),
                    ChangeTag::Delete => del { (text(change.value(), LONGEST)) },
                    ChangeTag::Insert => ins { (text(change.value(), LONGEST)) },
                }
            }
        }
    }
}

fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(COMPARED)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_differ_are_marked_and_none_is_markup() {
        let page = diff("load <a> then store", "load <b> then store").into_string();
        assert!(page.contains("<del>&lt;a&gt;</del>") && page.contains("<ins>&lt;b&gt;</ins>"), "{page}");
        assert!(page.contains("load ") && !page.contains("<a>"));
    }

    #[test]
    fn long_texts_are_compared_by_line_and_cut() {
        let old = "one line\n".repeat(4_000);
        let page = diff(&old, &format!("first\n{old}")).into_string();
        assert!(page.contains("<ins>first\n</ins>") && page.len() < 20_000);
    }
}
