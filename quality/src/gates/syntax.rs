//! Code in the output of a code domain must parse.

use hafs_proto::check::Field;
use hafs_proto::{BoundedText, Finding, Outcome, Reason};

use super::view::{GatePolicy, SampleView};
use crate::syntax::{Language, Syntax, check, snippets};

/// Findings per snippet; more change nothing.
const MAX_FINDINGS: usize = 4;

/// Not applicable to other domains and to outputs without code. Unchecked when a snippet could not be parsed and no
/// other is broken.
pub(super) fn run(sample: &SampleView<'_>, _: &GatePolicy) -> Outcome {
    let Some(language) = Language::of_domain(sample.domain) else { return Outcome::NotApplicable };
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
