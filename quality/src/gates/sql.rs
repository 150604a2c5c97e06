//! SQL in the output of a code domain must parse.

use hafs_proto::check::Field;
use hafs_proto::{BoundedText, Finding, Outcome, Reason};

use super::view::{GatePolicy, SampleView};
use crate::fences;
use crate::sql::{Sql, check};
use crate::syntax::Language;

/// Findings per block; more change nothing.
const MAX_FINDINGS: usize = 4;
/// The tags of blocks that hold SQL.
const TAGS: &[&str] = &["sql", "sqlite", "sqlite3", "postgres", "postgresql", "mysql"];

/// Not applicable to domains without code and to outputs without SQL in a fence of its name.
pub(super) fn run(sample: &SampleView<'_>, _: &GatePolicy) -> Outcome {
    if sample.domain != "sql" && Language::of_domain(sample.domain).is_none() {
        return Outcome::NotApplicable;
    }
    let mut findings = Vec::new();
    let (mut unchecked, mut seen) = (None, false);
    for block in fences::blocks(sample.output) {
        if !TAGS.contains(&block.tag.as_str()) || block.text.trim().is_empty() {
            continue;
        }
        seen = true;
        match check(block.text) {
            Sql::Clean => {}
            Sql::Unchecked(why) => unchecked = unchecked.or(Some(why)),
            Sql::Broken(problems) => {
                findings.extend(problems.into_iter().take(MAX_FINDINGS).map(|problem| {
                    let start = block.range.start;
                    Finding::new(Reason::SyntaxError, Field::Output, &format!("SQL: {}", problem.what))
                        .at(start + problem.range.start..start + problem.range.end)
                }))
            }
        }
    }
    match unchecked {
        _ if !seen => Outcome::NotApplicable,
        Some(why) if findings.is_empty() => {
            Outcome::Unchecked { why: BoundedText::clipped(&format!("SQL: {why}")) }
        }
        Some(_) | None => Outcome::from_findings(findings),
    }
}
