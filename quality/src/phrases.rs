//! Phrases by which a text gives itself away: refusals, hedges, leaked instructions. Each pattern carries a
//! sentence that it finds and one that it must leave alone; a test runs them all.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

/// One pattern with its examples.
struct Phrase {
    /// A regular expression; case is ignored, `'` also finds the typographic apostrophe.
    pattern: &'static str,
    /// A sentence in which it is found.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test of the table"))]
    found: &'static str,
    /// A harmless sentence in which it is not.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test of the table"))]
    harmless: &'static str,
}

const fn phrase(pattern: &'static str, found: &'static str, harmless: &'static str) -> Phrase {
    Phrase { pattern, found, harmless }
}

/// A refusal stands at the beginning; a text about refusals has them further on.
const REFUSAL_WINDOW: usize = 400;

const REFUSALS: &[Phrase] = &[
    phrase(
        r"\bI(?:'m| am) (?:sorry|afraid),? but I (?:can't|cannot|can not|am unable|won't)",
        "I'm sorry, but I can't help with this request.",
        "I'm sorry that the build broke; revert commit two.",
    ),
    phrase(
        r"\bI (?:can't|cannot|can not|won't|will not|am not able to|am unable to) (?:help|assist|comply|fulfil|fulfill|provide|answer|do that|do this|generate|create|produce|complete)\b",
        "I cannot assist with that.",
        "I cannot reproduce the crash with version 2, so the fix holds.",
    ),
    phrase(
        r"\bI(?:'m| am) (?:unable|not able) to (?:help|assist|comply|fulfil|fulfill|provide|answer|generate|create|produce|complete)\b",
        "I'm unable to provide the answer.",
        "The parser is unable to read the file.",
    ),
    phrase(
        r"\b(?:it is|it's|that is|that's|this is) against my (?:guidelines|policy|policies|programming)\b",
        "It's against my guidelines to write this.",
        "It is against the style guide to panic here.",
    ),
    phrase(
        r"\bI must (?:decline|refuse)\b",
        "I must decline this request.",
        "The server must decline the request when draining.",
    ),
    phrase(
        r"\bas an AI(?: language model| model| assistant)?,? I (?:can't|cannot|do not|don't|am not|won't)",
        "As an AI language model, I cannot open files.",
        "As an AI course project, the repository is small.",
    ),
];

const HEDGES: &[Phrase] = &[
    phrase(
        r"\bas an? (?:AI|large) (?:language )?(?:model|assistant)\b",
        "As an AI language model, my view is limited.",
        "The service loads a large model at start.",
    ),
    phrase(
        r"\bwithout (?:more|further|additional|any|the full) (?:context|information|details?)\b,? (?:it is|it's|I|we|this)",
        "Without more context, it is hard to say what it does.",
        "The log is written without more context than the id.",
    ),
    phrase(
        r"\bI (?:do not|don't) have (?:access|enough (?:context|information)|the (?:context|code|file|source|ability))",
        "I don't have access to the repository.",
        "Workers don't have access to the library.",
    ),
    phrase(
        r"\b(?:it is|it's) (?:hard|difficult|impossible|not possible) to (?:say|tell|know|determine|give)\b",
        "It's difficult to say what this returns.",
        "It is hard to test a race without barriers.",
    ),
    phrase(
        r"\bI(?: am|'m) not (?:entirely |quite )?(?:sure|certain)\b",
        "I'm not sure what this function does.",
        "Make sure that the certificate is valid.",
    ),
    phrase(
        r"\bI(?: would need| need|'d need) (?:more|to see|additional|further)\b",
        "I would need to see the whole file.",
        "Readers need to see the error first.",
    ),
    phrase(
        r"\b(?:the|this) (?:provided |given |supplied )?(?:code|snippet|diff|text|context|document|input) (?:does not|doesn't|did not) (?:provide|contain|include|give|specify|mention) (?:enough|sufficient|any|the) (?:information|details?|context)",
        "The provided snippet does not contain enough information.",
        "The code does not contain loops.",
    ),
    phrase(
        r"\b(?:my|as of my) (?:knowledge|training)(?: data)? cut-?off\b",
        "As of my knowledge cutoff, this was version 2.",
        "The filter has a cutoff at 2 kHz.",
    ),
    phrase(
        r"\bplease (?:provide|share|paste) (?:me |us )?(?:the|more|your|additional|a)\b.{0,40}\b(?:code|context|information|details?|file|snippet)\b",
        "Please provide the code so that I can explain it.",
        "Please provide a patch with each report.",
    ),
];

const LEAKS: &[Phrase] = &[
    phrase(
        r"\b(?:reply|respond|answer|return|output)\b.{0,40}\b(?:only|just|exactly one|one|a|valid)\b.{0,20}\bJSON (?:object|array|list)\b",
        "Reply with exactly one JSON object and nothing else.",
        "The endpoint sends one row per line.",
    ),
    phrase(
        r"\bJSON object with (?:the |these )?(?:keys|fields)\b.{0,40}\b(?:instruction|output)\b",
        "Write a JSON object with the keys \"instruction\" and \"output\".",
        "A JSON object with the keys of the configuration.",
    ),
    phrase(
        r"\b(?:the|this|a|each) (?:instruction[- ]tuning|training|fine[- ]tuning) (?:sample|example|pair|record|data ?set)\b",
        "Here is the instruction-tuning sample that you asked for.",
        "The training loop reads a sample per step.",
    ),
    phrase(
        r"\bmake sure (?:that )?the (?:instruction|output) (?:field|key|is self[- ]contained)\b",
        "Make sure the instruction is self-contained.",
        "Make sure the instruction cache is flushed.",
    ),
    phrase(
        r"\byou are (?:an? )?(?:expert|helpful|senior|careful)\b.{0,60}\b(?:who|that) (?:writes?|creates?|makes?|generates?)\b",
        "You are an expert engineer who writes training questions.",
        "You are expected to sign the commits.",
    ),
];

fn compile(table: &[Phrase]) -> Regex {
    let any: Vec<String> = table.iter().map(|phrase| phrase.pattern.replace('\'', "['\u{2019}]")).collect();
    let built = RegexBuilder::new(&any.join("|")).case_insensitive(true).build();
    // Proof: the test of the tables compiles each of these constant patterns.
    built.expect("a pattern of the phrase tables compiles")
}

static REFUSAL: LazyLock<Regex> = LazyLock::new(|| compile(REFUSALS));
static HEDGE: LazyLock<Regex> = LazyLock::new(|| compile(HEDGES));
static LEAK: LazyLock<Regex> = LazyLock::new(|| compile(LEAKS));

/// Where a text begins with a refusal.
pub(crate) fn refusal(text: &str) -> Option<Range<usize>> {
    let window = &text[..text.floor_char_boundary(REFUSAL_WINDOW)];
    REFUSAL.find(window).map(|found| found.range())
}

/// Whether a text begins with a refusal.
pub(crate) fn refuses(text: &str) -> bool {
    refusal(text).is_some()
}

/// Where a text excuses itself.
pub(crate) fn hedges(text: &str) -> impl Iterator<Item = Range<usize>> {
    HEDGE.find_iter(text).map(|found| found.range())
}

/// Where a text repeats instructions that are meant for a teacher.
pub(crate) fn leaks(text: &str) -> impl Iterator<Item = Range<usize>> {
    LEAK.find_iter(text).map(|found| found.range())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_finds_its_sentence_and_leaves_the_harmless_one_alone() {
        for table in [REFUSALS, HEDGES, LEAKS] {
            let whole = compile(table);
            for phrase in table {
                let alone = compile(std::slice::from_ref(phrase));
                assert!(alone.is_match(phrase.found), "{} misses its example", phrase.pattern);
                assert!(!whole.is_match(phrase.harmless), "{} is harmless", phrase.harmless);
            }
        }
    }

    #[test]
    fn typographic_apostrophes_are_found_and_a_late_refusal_is_not_one() {
        assert!(refuses("I\u{2019}m sorry, but I can\u{2019}t help with that."));
        assert!(!refuses(&format!("{} I cannot assist with that.", "Words about refusals. ".repeat(30))));
    }
}
