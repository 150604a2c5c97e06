//! Texts that stand where an answer should be: the template's own stand-ins, and the words that make judges say yes to
//! nothing at all.

use hafs_proto::check::Field;
use hafs_proto::{Finding, Outcome, Reason};

use super::view::{GatePolicy, SampleView};
use crate::canon::canon;

/// Whole texts that say nothing, in canonical form without punctuation. The second part opens a reasoning that never
/// comes; judges have been seen to accept each of these alone.
/// Source: Zhao et al., "One Token to Fool LLM-as-a-Judge", 2025.
const NOTHING: &[&str] = &[
    "answer",
    "answer here",
    "your answer",
    "your answer here",
    "output",
    "the output",
    "output here",
    "input",
    "instruction",
    "the instruction",
    "text",
    "string",
    "value",
    "content",
    "response",
    "result",
    "null",
    "none",
    "nil",
    "undefined",
    "n a",
    "na",
    "tbd",
    "todo",
    "todo write this",
    "to be done",
    "placeholder",
    "lorem ipsum",
    "insert answer here",
    "insert text here",
    "fill in",
    "example",
    "example output",
    "etc",
    "and so on",
    "same as above",
    "see above",
    "empty",
    "solution",
    "solucion",
    "soluzione",
    "losung",
    "resposta",
    "respuesta",
    "reponse",
    "antwort",
    "solution here",
    "the solution",
    "thought process",
    "lets solve this problem step by step",
    "let us solve this problem step by step",
    "lets think step by step",
    "step by step",
    "sure",
    "sure here it is",
    "sure here is the answer",
    "here is the answer",
    "of course",
    "certainly",
    "okay",
    "ok",
    "解",
    "解答",
    "答案",
    "解決",
    "かいせつ",
    "解説",
    "答え",
    "풀이",
    "해설",
];

pub(super) fn run(sample: &SampleView<'_>, _: &GatePolicy) -> Outcome {
    let mut findings = Vec::new();
    for (field, text, reason) in [
        (Field::Instruction, sample.instruction, Reason::InvalidInstruction),
        (Field::Output, sample.output, Reason::EmptyOutput),
    ] {
        if !text.trim().is_empty() && says_nothing(text) {
            let message = "the text is only a stand-in for an answer";
            findings.push(Finding::new(reason, field, message).at(0..text.len()));
        } else if let Some(range) = unfilled(text) {
            findings.push(Finding::new(reason, field, "the template was not filled in").at(range));
        }
    }
    Outcome::from_findings(findings)
}

/// Whether a text has no word or only a stand-in.
fn says_nothing(text: &str) -> bool {
    let plain: String = canon(text)
        .chars()
        .filter(|c| *c != '\'')
        .map(|c| match c {
            'ñ' => 'n',
            'ó' | 'ö' => 'o',
            'é' => 'e',
            c if c.is_alphanumeric() => c,
            _ => ' ',
        })
        .collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    // An answer may well be `+` or `0x`: symbols that are no punctuation of prose are content.
    let symbols = text
        .chars()
        .any(|c| !c.is_alphanumeric() && !c.is_whitespace() && !".,:;!?'\"`-_*#<>()[]{}…".contains(c));
    (words.is_empty() && !symbols) || NOTHING.contains(&words.as_str())
}

/// Where a text still has a variable of our templates.
fn unfilled(text: &str) -> Option<std::ops::Range<usize>> {
    const NAMES: [&str; 8] =
        ["instruction", "input", "output", "seed", "question", "answer", "title", "context"];
    text.match_indices("{{").find_map(|(start, _)| {
        let rest = &text[start + 2..];
        let end = rest.find("}}").filter(|end| *end <= 40)?;
        NAMES.contains(&rest[..end].trim()).then_some(start..start + end + 4)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_and_master_keys_say_nothing() {
        for text in [
            "...",
            "\u{2026}",
            ":",
            ".",
            ",",
            "<answer>",
            "[insert answer here]",
            "N/A",
            "TODO",
            "Solution",
            "Soluci\u{f3}n:",
            "\u{89e3}",
            "Thought process:",
            "Let's solve this problem step by step.",
            "\"string\"",
            "```\n```",
            "**Answer:**",
            "L\u{f6}sung",
        ] {
            assert!(says_nothing(text), "{text}");
        }
    }

    #[test]
    fn short_answers_say_something() {
        for text in
            ["42", "true", "No.", "O(n log n)", "The solution is a lock.", "sum += x", "`+`", "&", "main"]
        {
            assert!(!says_nothing(text), "{text}");
        }
    }

    #[test]
    fn unfilled_variables_are_ours_alone() {
        assert_eq!(unfilled("Explain {{ output }} now"), Some(8..20));
        assert_eq!(unfilled("Use {{ name }} in a template"), None);
        assert_eq!(unfilled("${{ env.X }} and {{"), None);
    }
}
