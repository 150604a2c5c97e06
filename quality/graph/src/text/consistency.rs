//! Whether a sample agrees with the graph: three answers, of which "no entity" is one of its own.

use std::collections::BTreeSet;

use hafs_proto::check::Field;
use hafs_proto::{Finding, Outcome, Reason};
use hafs_quality::gates::SampleView;

use super::mention::{Mention, Standing, defined, mentions};
use crate::address::Spelled;
use crate::extract::links::links;
use crate::lexicon::Lexicon;

/// The check that is recorded for people and exports.
pub const CHECK: &str = "graph";
/// The same check where the configuration lets it decide.
pub const CHECK_REQUIRED: &str = "graph-required";
/// The version of its rules.
pub const VERSION: u32 = 1;

/// Findings of one sample; more change nothing.
const MAX_FINDINGS: usize = 8;
/// Letters between a name and the address that is said to be its own.
const MAX_GAP: usize = 24;

/// Holds a sample to the graph. *Not applicable*: it speaks of nothing that the graph would have. *Pass*: it speaks of
/// things, and the graph has them all. *Fail*: with the place of every name that the graph lacks, of every address that
/// is not the named thing's, and of every link to a file that is not there. *Unchecked*: the graph is empty.
#[must_use]
pub fn consistency(sample: &SampleView<'_>, lexicon: &Lexicon) -> Outcome {
    if lexicon.is_empty() {
        let why = "the graph is empty; `hafs-factory graph build` fills it";
        return Outcome::Unchecked { why: hafs_proto::BoundedText::clipped(why) };
    }
    let texts = [
        (Field::Instruction, sample.instruction),
        (Field::Input, sample.input),
        (Field::Output, sample.output),
    ];
    let own: BTreeSet<String> = texts.iter().flat_map(|(_, text)| defined(text)).collect();
    let (mut known, mut findings) = (0_usize, Vec::new());
    for (field, text) in texts {
        let found = mentions(text, lexicon, &own);
        known += found.iter().filter(|mention| matches!(mention.standing, Standing::Known(_))).count();
        findings.extend(found.iter().filter_map(|mention| unknown(field, mention)));
        findings.extend(misplaced(field, text, &found, lexicon));
        let (alive, dead) = followed(field, text, lexicon);
        known += alive;
        findings.extend(dead);
    }
    findings.truncate(MAX_FINDINGS);
    match (known, findings.is_empty()) {
        (0, true) => Outcome::NotApplicable,
        _ => Outcome::from_findings(findings),
    }
}

fn unknown(field: Field, mention: &Mention) -> Option<Finding> {
    let Standing::Unknown { nearest } = &mention.standing else { return None };
    let hint = nearest.as_ref().map(|name| format!("; the nearest name is {name}")).unwrap_or_default();
    let message = format!("the graph has no {}{hint}", mention.text);
    Some(Finding::new(Reason::UnknownEntity, field, &message).at(mention.range.clone()))
}

/// Names with an address beside them that is not theirs: `INIDISP ($2105)`, `Link_Main is at $07:8000`.
fn misplaced(field: Field, text: &str, found: &[Mention], lexicon: &Lexicon) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pair in found.windows(2) {
        let (Standing::Known(ids), Some(said)) = (&pair[0].standing, Spelled::read(&pair[1].text)) else {
            continue;
        };
        if Spelled::read(&pair[0].text).is_some()
            || !is_equation(&text[pair[0].range.end..pair[1].range.start])
        {
            continue;
        }
        let places = lexicon.places(ids);
        if places.is_empty() || places.contains(&said.place()) {
            continue;
        }
        let right: Vec<String> =
            places.iter().take(3).map(|place| format!("${:06X}", place.address())).collect();
        let message = format!("{} is not at {}, but at {}", pair[0].text, pair[1].text, right.join(" or "));
        let range = pair[0].range.start..pair[1].range.end;
        findings.push(Finding::new(Reason::KgInconsistent, field, &message).at(range));
    }
    findings
}

/// Whether what stands between a name and an address makes them one thing.
fn is_equation(between: &str) -> bool {
    let words: String = between.chars().filter(|c| !matches!(c, '`' | '*' | ' ')).collect();
    between.len() <= MAX_GAP
        && matches!(
            words.as_str(),
            "(" | "=" | "==" | ":=" | "at" | "isat" | "islocatedat" | "(at" | "liesat" | "livesat" | "equ"
        )
}

/// Links to files that are there, and findings about those that are not.
fn followed(field: Field, text: &str, lexicon: &Lexicon) -> (usize, Vec<Finding>) {
    let (mut alive, mut dead) = (0, Vec::new());
    for link in links(text) {
        let path = link.path.trim_start_matches("./").trim_start_matches("../");
        match lexicon.is_file(path) {
            Some(true) => alive += 1,
            Some(false) => {
                let message = format!("the graph has no file {}", link.path);
                dead.push(Finding::new(Reason::DeadLink, field, &message).at(link.range));
            }
            None => {}
        }
    }
    (alive, dead)
}
