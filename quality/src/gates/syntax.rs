//! Code in the output of a code domain must parse.

use hafs_proto::check::Field;
use hafs_proto::{BoundedText, Finding, Outcome, Reason};

use super::view::{GatePolicy, SampleView};
use crate::fences;
use crate::syntax::{Language, Syntax, check, snippets};

/// Findings per snippet; more change nothing.
const MAX_FINDINGS: usize = 4;

/// Domains of code that no gate reads. What shows such code is unchecked, unless a validator is there to look at it.
const UNREAD: &[&str] = &[
    "javascript",
    "typescript",
    "go",
    "java",
    "kotlin",
    "swift",
    "csharp",
    "scala",
    "dart",
    "zig",
    "php",
    "objc",
    "glsl",
    "ruby",
    "perl",
    "elixir",
    "r",
    "julia",
    "lua",
    "haskell",
    "lisp",
    "ocaml",
];

/// Not applicable to other domains and to outputs without code. Unchecked when a snippet could not be parsed and no
/// other is broken, and where there is code that nobody reads.
pub(super) fn run(sample: &SampleView<'_>, policy: &GatePolicy) -> Outcome {
    let Some(language) = Language::of_domain(sample.domain) else { return unread(sample, policy) };
    let snippets = snippets(sample.output, language);
    if snippets.is_empty() {
        return Outcome::NotApplicable;
    }
    let mut findings = Vec::new();
    let mut unchecked = None;
    for snippet in snippets {
        match check(snippet.language, snippet.code) {
            Syntax::Clean => {}
            Syntax::Unchecked(why) => unchecked = Some(why),
            Syntax::Broken(problems) => {
                findings.extend(problems.into_iter().take(MAX_FINDINGS).map(|problem| {
                    let message = format!("{} code, {}", snippet.language.word(), problem.what);
                    let start = snippet.range.start;
                    Finding::new(Reason::SyntaxError, Field::Output, &message)
                        .at(start + problem.range.start..start + problem.range.end)
                }))
            }
        }
    }
    match unchecked {
        Some(why) if findings.is_empty() => {
            Outcome::Unchecked { why: BoundedText::clipped(&why.to_string()) }
        }
        Some(_) | None => Outcome::from_findings(findings),
    }
}

/// Code of a domain that no gate reads, as far as its fences say so.
fn unread(sample: &SampleView<'_>, policy: &GatePolicy) -> Outcome {
    let domain = sample.domain;
    let shows_code =
        || fences::blocks(sample.output).iter().any(|block| block.tag.eq_ignore_ascii_case(domain));
    if policy.validated || !UNREAD.contains(&domain) || !shows_code() {
        return Outcome::NotApplicable;
    }
    let why = format!("nothing here reads {domain}: name a validator for it in `[[validators]]`");
    Outcome::Unchecked { why: BoundedText::clipped(&why) }
}
