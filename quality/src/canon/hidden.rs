//! Text that a reader does not see: what reverses it, what carries bytes inside it, what only looks like it.

use std::ops::Range;

/// How a text hides something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HiddenKind {
    /// A control that changes the direction of text, so that code reads otherwise than it runs (CVE-2021-42574).
    BidiControl,
    /// Tag characters (U+E0000 to U+E007F) outside an emoji flag: they spell invisible ASCII.
    TagCharacter,
    /// Two or more variation selectors in a row: each carries a byte.
    VariationRun,
    /// A zero-width character between two ASCII letters or digits.
    ZeroWidth,
    /// Latin letters mixed with Cyrillic or Greek ones in one word of code.
    MixedScript,
}

impl HiddenKind {
    /// What to tell people.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::BidiControl => "a control character that reverses the text's direction",
            Self::TagCharacter => "invisible tag characters",
            Self::VariationRun => "a run of variation selectors",
            Self::ZeroWidth => "a zero-width character inside a word",
            Self::MixedScript => "an identifier that mixes Latin with Cyrillic or Greek letters",
        }
    }
}

/// One hidden thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// How it hides.
    pub kind: HiddenKind,
    /// Where, in bytes.
    pub range: Range<usize>,
}

/// Things reported for one text; more do not change any decision.
const MAX_FOUND: usize = 32;

/// The hidden things of a text, in order of place, at most 32. Identifiers are looked at only where `code` says
/// that the text is code: prose may mix scripts.
#[must_use]
pub fn hidden_text(text: &str, code: bool) -> Vec<Hidden> {
    if text.is_ascii() {
        return Vec::new();
    }
    let mut found: Vec<Hidden> = characters(text).take(MAX_FOUND).collect();
    if code {
        found.extend(mixed_words(text).take(MAX_FOUND));
        found.sort_by_key(|hidden| (hidden.range.start, hidden.kind));
        found.truncate(MAX_FOUND);
    }
    found
}

/// Runs of characters of one kind.
fn characters(text: &str) -> impl Iterator<Item = Hidden> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = &text[at..];
            let first = rest.chars().next()?;
            if let Some(len) = emoji_flag(rest) {
                at += len;
                continue;
            }
            let Some(kind) = kind_of(first) else {
                at += first.len_utf8();
                continue;
            };
            let run = rest.chars().take_while(|&c| kind_of(c) == Some(kind));
            let (count, len) = run.fold((0_usize, 0), |(count, len), c| (count + 1, len + c.len_utf8()));
            let range = at..at + len;
            at += len;
            let hides = match kind {
                HiddenKind::VariationRun => count >= 2,
                HiddenKind::ZeroWidth => inside_word(text, &range),
                HiddenKind::BidiControl | HiddenKind::TagCharacter | HiddenKind::MixedScript => true,
            };
            if hides {
                return Some(Hidden { kind, range });
            }
        }
    })
}

const fn kind_of(c: char) -> Option<HiddenKind> {
    match c {
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some(HiddenKind::BidiControl),
        '\u{e0000}'..='\u{e007f}' => Some(HiddenKind::TagCharacter),
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => Some(HiddenKind::VariationRun),
        '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}' => Some(HiddenKind::ZeroWidth),
        _ => None,
    }
}

/// The length of an emoji flag of a region: a black flag, up to six tags and the cancel tag.
fn emoji_flag(text: &str) -> Option<usize> {
    let tags = text.strip_prefix('\u{1f3f4}')?;
    let end = tags.char_indices().take(7).find(|&(_, c)| c == '\u{e007f}')?.0;
    tags[..end].chars().all(|c| ('\u{e0020}'..'\u{e007f}').contains(&c)).then_some(4 + end + 4)
}

fn inside_word(text: &str, range: &Range<usize>) -> bool {
    let before = text[..range.start].chars().next_back();
    let after = text[range.end..].chars().next();
    before.is_some_and(|c| c.is_ascii_alphanumeric()) && after.is_some_and(|c| c.is_ascii_alphanumeric())
}

fn mixed_words(text: &str) -> impl Iterator<Item = Hidden> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.split(move |c| !is_word(c)).filter(|word| !word.is_ascii()).filter_map(move |word| {
        let latin = word.chars().any(|c| c.is_ascii_alphabetic());
        let foreign =
            word.chars().any(|c| matches!(c, '\u{370}'..='\u{52f}') && !matches!(c, 'µ' | 'μ' | 'Δ' | 'π'));
        // A word split off from `text` points into it.
        let start = word.as_ptr().addr() - text.as_ptr().addr();
        (latin && foreign).then(|| Hidden { kind: HiddenKind::MixedScript, range: start..start + word.len() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str, code: bool) -> Vec<HiddenKind> {
        hidden_text(text, code).into_iter().map(|hidden| hidden.kind).collect()
    }

    #[test]
    fn each_way_of_hiding_is_found() {
        assert_eq!(kinds("if (a \u{202e}\u{2066}) {", false), [HiddenKind::BidiControl]);
        assert_eq!(kinds("fine\u{e0072}\u{e0061}\u{e0074}\u{e0065}", false), [HiddenKind::TagCharacter]);
        assert_eq!(kinds("x\u{fe01}\u{e0110}\u{e0120}", false), [HiddenKind::VariationRun]);
        assert_eq!(kinds("pass\u{200b}word", false), [HiddenKind::ZeroWidth]);
        assert_eq!(kinds("let p\u{0430}ss = 1;", true), [HiddenKind::MixedScript]);
    }

    #[test]
    fn honest_text_hides_nothing() {
        for text in [
            "plain",
            "\u{2764}\u{fe0f} and \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
            "flag \u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442}",
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
            "\u{feff}begins with a mark",
        ] {
            assert_eq!(kinds(text, true), [], "{text}");
        }
        assert_eq!(kinds("the \u{0430}-word p\u{0430}ss in prose", false), []);
    }

    #[test]
    fn ranges_point_at_what_was_found() {
        let text = "é ab\u{200b}cd";
        let found = hidden_text(text, false);
        assert_eq!(&text[found[0].range.clone()], "\u{200b}");
    }
}
