//! The words of a text that may be names, and whether they stand in code.

use std::ops::Range;
use std::sync::LazyLock;

use hafs_quality::fences;
use regex::Regex;

/// Words of one text that are looked at; more are left alone.
const MOST: usize = 50_000;

/// An address or a name. `0x` with four digits is a number of anything. Behind `#` a number is a value, and `&` and letters before it make it part of something else.
#[expect(clippy::expect_used, reason = "the pattern is a constant")]
static WORD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\$[0-9A-Fa-f]{2}:[0-9A-Fa-f]{4}\b|\$[0-9A-Fa-f]{6}\b|\$[0-9A-Fa-f]{4}\b|0x[0-9A-Fa-f]{6}\b",
        r"|[!%]?[A-Za-z_][A-Za-z0-9_]*(?:(?:::|[.@])~?[A-Za-z_][A-Za-z0-9_]*)*(?:\(\))?"
    ))
    // Proof: the tests below use it.
    .expect("a constant pattern")
});

/// Where a word stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    /// In a fence or between backticks.
    Code,
    /// In prose.
    Prose,
}

/// A word that may be a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word<'t> {
    /// The word, without the brackets of a call.
    pub text: &'t str,
    /// Where it stands.
    pub range: Range<usize>,
    /// In what.
    pub ground: Ground,
    /// Whether its shape is one that no word of a language has.
    pub is_shaped: bool,
}

/// The words of a text.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let code = code_ranges(text);
    let mut found = Vec::new();
    for hit in WORD.find_iter(text).take(MOST) {
        let before = text[..hit.start()].chars().next_back();
        let glued =
            before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '#' | '&' | '/' | '@' | '-'));
        let behind = text[hit.end()..].chars().next();
        // A path, an address of the network, a number with a unit.
        let part = behind.is_some_and(|c| matches!(c, '/' | '@' | '\u{2019}'));
        if glued || part {
            continue;
        }
        let called = hit.as_str().ends_with("()");
        let word = hit.as_str().trim_end_matches("()");
        let inside = code.binary_search_by(|range| {
            if range.end <= hit.start() {
                std::cmp::Ordering::Less
            } else if range.start > hit.start() {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        });
        let ground = if inside.is_ok() { Ground::Code } else { Ground::Prose };
        let range = hit.start()..hit.start() + word.len();
        found.push(Word { text: word, range, ground, is_shaped: called || is_shaped(word) });
    }
    found
}

/// A name of a program by its shape: an address, a sigil, an underscore between letters, a qualification, a capital behind
/// a small letter, a digit among letters.
fn is_shaped(word: &str) -> bool {
    let bytes = word.as_bytes();
    let pairs = || bytes.windows(2);
    word.starts_with(['$', '!', '%'])
        || word.starts_with("0x")
        || word.contains("::")
        || word.trim_matches('_').contains('_')
        || pairs().any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
        || (bytes.iter().any(u8::is_ascii_digit)
            && bytes.iter().filter(|byte| byte.is_ascii_uppercase()).count() >= 2)
}

/// Fences and inline code, in order.
fn code_ranges(text: &str) -> Vec<Range<usize>> {
    let fenced: Vec<Range<usize>> = fences::blocks(text).into_iter().map(|block| block.range).collect();
    let mut ranges = Vec::new();
    let mut from = 0;
    for block in fenced.iter().cloned().chain(std::iter::once(text.len()..text.len())) {
        inline(text, from..block.start, &mut ranges);
        from = block.end;
        ranges.push(block);
    }
    ranges
}

/// Texts between single backticks of one line.
fn inline(text: &str, within: Range<usize>, ranges: &mut Vec<Range<usize>>) {
    let Some(piece) = text.get(within.clone()) else { return };
    let mut start = within.start;
    for line in piece.split_inclusive('\n') {
        let mut open = None;
        for (at, _) in line.match_indices('`') {
            match open.take() {
                None => open = Some(at + 1),
                Some(from) if at > from => ranges.push(start + from..start + at),
                Some(_) => {}
            }
        }
        start += line.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shaped(text: &str) -> Vec<&str> {
        words(text).into_iter().filter(|word| word.is_shaped).map(|word| word.text).collect()
    }

    #[test]
    fn names_are_told_from_words_by_their_shape() {
        let text = "The Main loop of Link_Main() reads $7E0010, !Timer and zelda3::Rom in NMI. LinkState, JOY1L, e.g. it's 3.5x.";
        assert_eq!(shaped(text), ["Link_Main", "$7E0010", "!Timer", "zelda3::Rom", "LinkState", "JOY1L"]);
    }

    #[test]
    fn values_paths_and_parts_of_words_are_no_names() {
        for text in ["LDA #$2100", "src/Link_Main.asm is/here_x", "a@b_c.example", "x_y-$2100", "$21000"] {
            let found = shaped(text);
            assert!(
                !found.iter().any(|word| word.starts_with('$') || word.contains("_x") && word.len() < 7),
                "{text}: {found:?}"
            );
        }
    }

    #[test]
    fn code_is_what_stands_in_fences_and_between_backticks() {
        let text = "Call `Main` here, not Main.\n```asm\nMain:\n```\nThe Main end.";
        let grounds: Vec<Ground> =
            words(text).into_iter().filter(|word| word.text == "Main").map(|word| word.ground).collect();
        assert_eq!(grounds, [Ground::Code, Ground::Prose, Ground::Code, Ground::Prose]);
    }
}
