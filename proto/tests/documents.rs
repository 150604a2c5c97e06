//! What the guides say of the wire is what the wire says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hafs_proto::ProblemType;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The part of a page from a heading of the second level to the next one.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("\n## {heading}\n")).expect("the heading");
    rest.split("\n## ").next().unwrap_or(rest)
}

#[test]
fn every_example_of_the_protocol_guide_is_a_fixture() {
    let page = read("docs/PROTOCOL.md");
    let examples: Vec<(&str, &str)> = page
        .split("<!-- fixture: ")
        .skip(1)
        .map(|rest| {
            let (name, rest) = rest.split_once(" -->\n```json\n").expect("a name, then a block of JSON");
            (name, rest.split_once("\n```").expect("the end of the block").0)
        })
        .collect();
    assert_eq!(examples.len(), page.matches("```json").count(), "every example names its fixture");
    assert!(examples.len() >= 14, "every call has examples");
    for (name, example) in examples {
        let shown: Value = serde_json::from_str(example).unwrap_or_else(|error| panic!("{name}: {error}"));
        let fixture: Value =
            serde_json::from_str(&read(&format!("proto/tests/fixtures/v1/{name}.json"))).expect("JSON");
        assert_eq!(shown, fixture, "docs/PROTOCOL.md shows another {name}");
    }
}

#[test]
fn the_operations_guide_has_a_section_for_each_kind_of_problem_and_for_nothing_else() {
    let page = read("docs/OPERATIONS.md");
    let problems = section(&page, "Problems");
    let headings: Vec<&str> = problems.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let kinds: Vec<&str> = ProblemType::ALL.iter().map(|kind| kind.slug()).collect();
    assert_eq!(headings, kinds);
    for kind in ProblemType::ALL {
        let stated = format!("### {}\n\n{}. ", kind.slug(), kind.status());
        assert!(problems.contains(&stated), "{} does not begin with its status", kind.slug());
    }
}

#[test]
fn the_operations_guide_explains_every_metric_and_no_other() {
    let page = read("docs/OPERATIONS.md");
    let rows = section(&page, "Metrics").lines().filter_map(|line| line.strip_prefix("| `"));
    let explained: BTreeSet<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    let list = read("docs/metrics.txt");
    let metrics: BTreeSet<&str> = list.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(explained, metrics);
}

#[test]
fn every_runbook_ends_with_its_proof() {
    let page = read("docs/OPERATIONS.md");
    for runbook in section(&page, "Runbooks").split("\n### ").skip(1) {
        let last = runbook.trim_end().rsplit("\n\n").next().unwrap_or_default();
        assert!(last.starts_with("Proof: `"), "{} has no proof", runbook.lines().next().unwrap_or_default());
    }
}
