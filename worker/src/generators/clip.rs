//! Shortening texts to what a teacher can read, visibly.

use std::borrow::Cow;

/// Bytes of a token, at the low end: code and identifiers of a byte-pair vocabulary have three to four.
const TOKEN_BYTES: usize = 3;

/// How long a text of so many tokens may be, by a cautious estimate.
#[must_use]
pub const fn bytes_of_tokens(tokens: usize) -> usize {
    tokens.saturating_mul(TOKEN_BYTES)
}

/// A text of at most `max_bytes` bytes and the mark. It is cut at a line's end and says how many lines are missing;
/// a single line that is too long is cut at a character.
#[must_use]
pub fn clip(text: &str, max_bytes: usize) -> Cow<'_, str> {
    if text.len() <= max_bytes {
        return Cow::Borrowed(text);
    }
    let head = &text[..text.floor_char_boundary(max_bytes)];
    match head.rfind('\n') {
        Some(end) => {
            let missing = text[end + 1..].lines().count();
            Cow::Owned(format!("{}\n[... {missing} more lines left out ...]", &head[..end]))
        }
        None => Cow::Owned(format!("{head} [... {} more bytes left out ...]", text.len() - head.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cut_is_at_a_line_end_and_counts_what_is_missing() {
        assert_eq!(clip("one\ntwo\nthree\n", 9), "one\ntwo\n[... 1 more lines left out ...]");
        assert_eq!(clip("short", 9), "short");
        assert_eq!(clip("ééé", 3), "é [... 4 more bytes left out ...]");
    }

    proptest! {
        #[test]
        fn what_is_kept_is_a_beginning_of_the_text_within_the_limit(text in "(.|\n){0,200}", max in 0_usize..200) {
            let clipped = clip(&text, max);
            let kept = clipped.split("[... ").next().expect("a first part").trim_end_matches([' ', '\n']);
            prop_assert!(text.starts_with(kept) || clipped == text);
            prop_assert!(clipped.len() <= max + 48 || clipped == text);
        }
    }
}
