//! Verification: re-derives what can be derived and names every row that does not agree with the others.
//!
//! Facts are sealed (see `seal`), so any change to them behind our back shows. What changes in the normal course
//! of things - states, budgets, counts - is compared with the rows that it follows from. Only bookkeeping that
//! nothing follows from is not covered: signs of life, failure counts, backoff times.

mod chain;
mod counts;
mod findings;
mod graphs;
mod integrity;
mod links;
mod row_facts;
mod seals;
mod states;

use hafs_proto::ContentHash;

use crate::db::Tx;
use crate::error::StoreError;

pub use chain::audit;
use findings::Findings;
pub use findings::{BrokenRow, Report};
pub use integrity::integrity;

/// Re-derives the hash of a sample's canonical form from its instruction, input and output.
pub type Canon = fn(&str, &str, &str) -> ContentHash;

type Check = fn(&mut dyn Tx, &mut Findings) -> Result<(), StoreError>;

/// The checks that need no more than the library.
const CHECKS: &[(&str, Check)] = &[
    ("(links)", links::check),
    ("sample", states::samples),
    ("task", states::tasks),
    ("run", states::runs),
    ("receipt", states::receipts),
    ("run", counts::check),
    ("budget", counts::budgets),
    ("worker_trust", states::trust),
    ("audit", chain::check),
    ("meta", states::meta),
    ("graph_source", graphs::check),
];

/// Verifies the whole library. Give `canon` to have the hashes of the canonical forms derived again too.
/// Reads everything; run it on a reader.
///
/// # Errors
/// None of its own: a table that cannot be read is a finding.
pub fn verify(tx: &mut dyn Tx, canon: Option<Canon>) -> Result<Report, StoreError> {
    let mut findings = Findings::default();
    for sealed in seals::TABLES {
        let outcome = seals::check(tx, sealed, &mut findings);
        findings.unreadable(sealed.table, outcome);
    }
    let outcome = seals::canon(tx, canon, &mut findings);
    findings.unreadable("sample", outcome);
    for (table, check) in CHECKS {
        let outcome = check(tx, &mut findings);
        findings.unreadable(table, outcome);
    }
    Ok(findings.report())
}
