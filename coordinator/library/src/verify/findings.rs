//! What was found.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::StoreError;

/// Findings kept; a library with more is not to be mended row by row.
const MOST: usize = 1_000;

/// A row that does not agree with the rest of the library.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct BrokenRow {
    /// Its table.
    pub table: String,
    /// Its key, in the form that the API uses.
    pub id: String,
    /// What is wrong with it.
    pub what: String,
    /// What to do.
    pub remedy: &'static str,
}

/// The outcome of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// Broken rows, at most a thousand.
    pub broken: Vec<BrokenRow>,
    /// Whether there were more.
    pub more: bool,
    /// Rows looked at, by table.
    pub rows: BTreeMap<String, u64>,
}

/// Collects findings.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    report: Report,
}

/// For facts that were changed.
pub(crate) const RESTORE: &str =
    "restore a backup from before the change, or quarantine what depends on the row";
/// For states that do not follow from their facts.
pub(crate) const DECIDE_AGAIN: &str = "restore a backup, or decide the sample again";
/// For tasks.
pub(crate) const TASK: &str = "restore a backup, or cancel the task and plan it again";
/// For sums.
pub(crate) const RECOUNT: &str = "stop the factory and restore a backup; the rows themselves are intact";

impl Findings {
    /// Adds a broken row.
    pub(crate) fn add(
        &mut self,
        table: &str,
        id: impl ToString,
        what: impl Into<String>,
        remedy: &'static str,
    ) {
        if self.report.broken.len() < MOST {
            let (table, id) = (table.to_owned(), id.to_string());
            self.report.broken.push(BrokenRow { table, id, what: what.into(), remedy });
        } else {
            self.report.more = true;
        }
    }

    /// Counts a row that was looked at.
    pub(crate) fn looked(&mut self, table: &str) {
        match self.report.rows.get_mut(table) {
            Some(count) => *count += 1,
            None => drop(self.report.rows.insert(table.to_owned(), 1)),
        }
    }

    /// Turns an error that ended a check into a finding.
    pub(crate) fn unreadable(&mut self, table: &str, outcome: Result<(), StoreError>) {
        if let Err(error) = outcome {
            let what = format!("the check of this table ended early: {}", chain(&error));
            self.add(table, "(unknown)", what, "restore a backup; the file itself may be damaged");
        }
    }

    /// Everything that was found, by table and id.
    pub(crate) fn report(mut self) -> Report {
        self.report.broken.sort();
        self.report.broken.dedup();
        self.report
    }
}

/// An error with its sources.
fn chain(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(Some(error), |error| error.source());
    sources.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
