//! Code in the output of a code domain must parse.

use hafs_proto::check::Field;
use hafs_proto::{BoundedText, Finding, Outcome, Reason};

use super::view::{Demand, GatePolicy, SampleView};
use crate::fences;
use crate::syntax::{Language, Snippet, Syntax, SyntaxProblem, check, continued, snippets};

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
    // The rest of a function does not parse alone, and need not.
    if continued(language, sample.input, sample.output).is_some() {
        return Outcome::Pass;
    }
    if sample.demand == Demand::Rest {
        let whole = [sample.input, sample.output].concat();
        let said = Said { language, syntax: check(language, &whole), before: sample.input.len(), start: 0 };
        return outcome(vec![said]);
    }
    let snippets = snippets(sample.output, language).into_iter();
    outcome(
        snippets
            .map(|Snippet { language, code, range }| Said {
                language,
                syntax: check(language, code),
                before: 0,
                start: range.start,
            })
            .collect(),
    )
}

/// What was found in a piece of code.
struct Said {
    language: Language,
    syntax: Syntax,
    /// Bytes of it that stand in front of the output.
    before: usize,
    /// Where the others begin in the output.
    start: usize,
}

impl Said {
    fn finding(&self, problem: &SyntaxProblem) -> Finding {
        let message = format!("{} code, {}", self.language.word(), problem.what);
        let place = |at: usize| self.start + at.saturating_sub(self.before);
        Finding::new(Reason::SyntaxError, Field::Output, &message)
            .at(place(problem.range.start)..place(problem.range.end))
    }
}

fn outcome(read: Vec<Said>) -> Outcome {
    if read.is_empty() {
        return Outcome::NotApplicable;
    }
    let (mut findings, mut unchecked) = (Vec::new(), None);
    for said in read {
        match &said.syntax {
            Syntax::Clean => {}
            Syntax::Unchecked(why) => unchecked = Some(why.to_string()),
            Syntax::Broken(problems) => {
                findings.extend(problems.iter().take(MAX_FINDINGS).map(|problem| said.finding(problem)));
            }
        }
    }
    match unchecked {
        Some(why) if findings.is_empty() => Outcome::Unchecked { why: BoundedText::clipped(&why) },
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
