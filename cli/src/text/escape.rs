//! Mined and generated texts on a terminal: nothing in them may move the cursor, hide or reorder other text.

use std::fmt::Write as _;

use hafs_proto::shown::is_obeyed;

/// Shows control characters, invisible characters and those that change the direction of writing as escapes.
/// Line breaks and tabs stay.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\n' || c == '\t' || !is_obeyed(c) {
            clean.push(c);
        } else {
            // Proof: writing to a string cannot fail.
            let _cannot_fail = write!(clean, "{}", c.escape_unicode());
        }
    }
    clean
}

/// The text on one line of at most `width` characters.
#[must_use]
pub fn one_line(text: &str, width: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().take(width).collect();
    let line = escape(&words.join(" "));
    match line.char_indices().nth(width) {
        Some(_) => line.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escape_sequences_and_reordering_are_shown_and_letters_of_all_scripts_stay() {
        assert_eq!(escape("a\u{1b}[31m\u{202e}b"), "a\\u{1b}[31m\\u{202e}b");
        assert_eq!(escape("naïve 日本\n\tx"), "naïve 日本\n\tx");
        assert_eq!(escape("\r"), "\\u{d}");
    }

    #[test]
    fn a_long_text_is_cut_to_its_width() {
        assert_eq!(one_line("one\ntwo   three", 40), "one two three");
        assert_eq!(one_line("abcdef", 4), "abc…");
    }

    proptest! {
        #[test]
        fn nothing_that_a_terminal_obeys_is_left(text in "\\PC*|[\\x00-\\x20\u{200b}-\u{202e}]*") {
            prop_assert!(escape(&text).chars().all(|c| c == '\n' || c == '\t' || !is_obeyed(c)));
            prop_assert!(one_line(&text, 12).chars().count() <= 12);
        }
    }
}
