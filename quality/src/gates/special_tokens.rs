//! Tokens by which prompt templates separate turns. In content they can end a turn early when a template renders them.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use hafs_proto::{Finding, Outcome, Reason};

use super::view::{GatePolicy, SampleView};

/// The tokens that are looked for. The export must not let any of them through as a token.
pub const TOKENS: &[&str] = &[
    "<|im_start|>",
    "<|im_end|>",
    "<|im_sep|>",
    "<|endoftext|>",
    "<|endofprompt|>",
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|python_tag|>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|end|>",
    "<|start|>",
    "<|message|>",
    "<|channel|>",
    "<|return|>",
    "<|call|>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "<</SYS>>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<bos>",
    "<eos>",
    "<s>",
    "</s>",
    "<\u{ff5c}begin\u{2581}of\u{2581}sentence\u{ff5c}>",
    "<\u{ff5c}end\u{2581}of\u{2581}sentence\u{ff5c}>",
    "<\u{ff5c}User\u{ff5c}>",
    "<\u{ff5c}Assistant\u{ff5c}>",
    "[TOOL_CALLS]",
    "[AVAILABLE_TOOLS]",
    "<tool_call>",
    "</tool_call>",
    // The marks of the Alpaca template.
    "### Instruction:",
    "### Input:",
    "### Response:",
];

/// Findings per text; more change nothing.
const MAX_FINDINGS: usize = 8;

static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    // Proof: a few dozen short constant words are far below the automaton's limits.
    AhoCorasick::new(TOKENS).expect("the tokens fit an automaton")
});

/// Where the tokens stand in a text, in ascending order and without overlap.
#[must_use]
pub fn find(text: &str) -> Vec<std::ops::Range<usize>> {
    FINDER.find_iter(text).map(|found| found.range()).collect()
}

pub(super) fn run(sample: &SampleView<'_>, _: &GatePolicy) -> Outcome {
    let findings = sample.texts().into_iter().flat_map(|(field, text)| {
        FINDER.find_iter(text).take(MAX_FINDINGS).map(move |found| {
            let message = "the text holds a token of a chat template; the export leaves it out or escapes it";
            Finding::new(Reason::ValidationFailed, field, message).at(found.range())
        })
    });
    Outcome::from_findings(findings.collect())
}
