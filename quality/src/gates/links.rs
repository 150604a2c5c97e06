//! Links of the output. Whatever is one must be one; where those of a document lead is looked up as far as that is known.

use hafs_proto::check::Field;
use hafs_proto::{BoundedText, Finding, Outcome, Reason};

use super::view::{GatePolicy, SampleView};
use crate::links::{Links, links};

/// Findings that are kept.
const MAX_FINDINGS: usize = 8;

/// Fails for what was meant as a link and is none.
pub(super) fn run(sample: &SampleView<'_>, _: &GatePolicy) -> Outcome {
    let found = links(sample.output);
    if found.links.is_empty() && found.malformed.is_empty() {
        return Outcome::NotApplicable;
    }
    let findings = found.malformed.iter().take(MAX_FINDINGS).map(|one| {
        Finding::new(Reason::DeadLink, Field::Output, &format!("a link: {}", one.what)).at(one.range.clone())
    });
    Outcome::from_findings(findings.collect())
}

/// Where links within the source lead. An anchor must be that of a heading, where the output has headings; a path is known
/// when the seed names it too, and unchecked otherwise: the tree of the source is on its worker,
/// where a validator of kind `links` looks.
pub(super) fn targets(sample: &SampleView<'_>, _: &GatePolicy) -> Outcome {
    let found = links(sample.output);
    let inside: Vec<_> = found.links.iter().filter(|link| link.stays_inside()).collect();
    if inside.is_empty() {
        return Outcome::NotApplicable;
    }
    let mut findings = Vec::new();
    let mut open = None;
    for link in inside {
        match leads(&link.to, &found, sample.seed) {
            Leads::Somewhere => {}
            Leads::Nowhere => {
                let what = "a link leads to a heading that is not there";
                findings.push(Finding::new(Reason::DeadLink, Field::Output, what).at(link.range.clone()));
            }
            Leads::Unknown => open = open.or(Some(&link.to)),
        }
    }
    findings.truncate(MAX_FINDINGS);
    match open {
        Some(to) if findings.is_empty() => {
            let why = format!("whether `{to}` is there is not known here");
            Outcome::Unchecked { why: BoundedText::clipped(&why) }
        }
        Some(_) | None => Outcome::from_findings(findings),
    }
}

enum Leads {
    Somewhere,
    Nowhere,
    Unknown,
}

fn leads(to: &str, found: &Links, seed: Option<&str>) -> Leads {
    match to.strip_prefix('#') {
        Some(anchor) if found.has_anchor(anchor) => Leads::Somewhere,
        Some(_) if found.anchors.len() > 1 => Leads::Nowhere,
        Some(_) => Leads::Unknown,
        None if seed.is_some_and(|seed| seed.contains(to)) => Leads::Somewhere,
        None => Leads::Unknown,
    }
}
