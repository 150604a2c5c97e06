//! Keys that do not stand in the text as they are: encoded in base64, or broken over lines.

use std::ops::Range;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use regex::Regex;

use super::engine::{Match, find_precise};
use super::judgement::{entropy, is_name, looks_random};

/// Runs that may be base64 of a key; the shortest keys have 20 bytes.
static BASE64: LazyLock<Regex> = LazyLock::new(|| {
    // Proof: a constant pattern, compiled by the tests.
    Regex::new(r"[A-Za-z0-9+/_-]{26,}={0,2}").expect("the pattern compiles")
});

/// A line break inside a token, with the quotes, operators, comment and quotation marks that go with it.
static BREAK: LazyLock<Regex> = LazyLock::new(|| {
    // Proof: a constant pattern, compiled by the tests.
    Regex::new(r#"["'`]?[ \t]*[+\\.&]?[ \t]*\r?\n[ \t]*(?:(?://[/!]?|[+>|#*-])[ \t]*)?["'`]?"#)
        .expect("the pattern compiles")
});

/// Keys inside base64. The whole run is the finding.
pub(super) fn encoded(text: &str) -> Vec<Match> {
    let mut matches = Vec::new();
    for run in BASE64.find_iter(text) {
        let plain = run.as_str().trim_end_matches('=');
        let whole = &plain[..plain.len() - usize::from(plain.len() % 4 == 1)];
        let decoded = STANDARD_NO_PAD.decode(whole).or_else(|_| URL_SAFE_NO_PAD.decode(whole));
        let Some(inner) = decoded.ok().and_then(|bytes| String::from_utf8(bytes).ok()) else { continue };
        if let Some(found) = find_precise(&inner).first() {
            matches.push(Match { priority: found.priority, range: run.range() });
        }
    }
    matches
}

/// Keys that are whole only when line breaks are taken out. `known` are the findings of the text as it is: one of
/// them is continued over the break only when what follows looks like the rest of a key.
pub(super) fn broken(text: &str, known: &[Match]) -> Vec<Match> {
    if !text.contains('\n') {
        return Vec::new();
    }
    let joined = Joined::new(text);
    let found = find_precise(&joined.text).into_iter();
    found.filter_map(|found| joined.across(&found, text, known)).collect()
}

/// A text without the line breaks that can stand inside a token.
struct Joined {
    text: String,
    /// For each piece: where it begins here and where it began in the original.
    pieces: Vec<(usize, usize)>,
}

impl Joined {
    fn new(text: &str) -> Self {
        let mut joined = Self { text: String::with_capacity(text.len()), pieces: Vec::new() };
        let mut at = 0;
        for gap in BREAK.find_iter(text) {
            let token =
                |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || "_-+/=.".contains(c));
            let before = token(text[..gap.start()].chars().next_back());
            if before && token(text[gap.end()..].chars().next()) {
                joined.push(text, at..gap.start());
                at = gap.end();
            }
        }
        joined.push(text, at..text.len());
        joined
    }

    fn push(&mut self, text: &str, range: Range<usize>) {
        self.pieces.push((self.text.len(), range.start));
        self.text.push_str(&text[range]);
    }

    /// Where a byte of this text stands in the original. An end is mapped through the byte before it, so that it
    /// stays on its line.
    fn original(&self, at: usize) -> usize {
        let piece = self.pieces.partition_point(|&(start, _)| start <= at).saturating_sub(1);
        self.pieces.get(piece).map_or(at, |&(start, original)| original + (at - start))
    }

    fn across(&self, found: &Match, text: &str, known: &[Match]) -> Option<Match> {
        let secret = &self.text[found.range.clone()];
        let range = self.original(found.range.start)..self.original(found.range.end.checked_sub(1)?) + 1;
        let crosses = range.len() > secret.len();
        let overlapped =
            known.iter().find(|known| known.range.start < range.end && range.start < known.range.end);
        let genuine = match overlapped {
            None => looks_random(secret),
            Some(known) => text.get(known.range.end..range.end).is_some_and(continues),
        };
        (crosses && genuine).then_some(Match { priority: found.priority, range })
    }
}

/// Whether what stands behind a line break looks like the rest of a key: as long as a key's rest would be and mixed as
/// words are not.
fn continues(rest: &str) -> bool {
    let tail = rest.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let humps =
        tail.as_bytes().windows(2).filter(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase()).count();
    tail.len() >= 6 && entropy(tail) >= 2.2 && (humps >= 2 || !is_name(tail))
}
