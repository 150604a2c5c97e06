//! What an export is made of: every sample of the chosen runs, also the rejected ones, in a fixed order.

use std::collections::BTreeMap;

use hafs_proto::people::{CheckView, ReviewView};
use hafs_proto::verdict::Decision;
use hafs_proto::{Domain, Provenance, Reason, RunId, Sample, SampleId};

use super::{checks, decisions, reviews, samples};
use crate::db::{Filter, Tx, args, one};
use crate::error::StoreError;

/// Which samples.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Of these runs; empty: all.
    pub runs: Vec<RunId>,
    /// Of these domains; empty: all.
    pub domains: Vec<Domain>,
}

/// A sample with what an export says about it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRow {
    /// The sample.
    pub sample: Sample,
    /// Where its seed came from.
    pub provenance: Provenance,
    /// Its checks.
    pub checks: Vec<CheckView>,
    /// The latest decision about it.
    pub decision: Option<Decision>,
    /// The act of the person who decided it.
    pub decided_by: Option<ReviewView>,
    /// Whether a person's edit has made it.
    pub edited: bool,
}

/// Hands every chosen sample to `each`, in the order of their ids, which is the order in which they came in.
/// Only one sample is in memory at a time; the ids of all are.
///
/// # Errors
/// [`StoreError`] of the driver or of `each`.
pub fn each(
    tx: &mut dyn Tx,
    choice: &Choice,
    each: &mut dyn FnMut(ExportRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for id in ids(tx, choice)? {
        let row = export_row(tx, id)?;
        each(row)?;
    }
    Ok(())
}

/// Generations of the chosen runs and domains that were given up, by reason.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn given_up(tx: &mut dyn Tx, choice: &Choice) -> Result<BTreeMap<Reason, u64>, StoreError> {
    let mut filter = Filter::default();
    filter.always("t.state = 'dead' AND t.kind IN ('generate', 'augment')");
    if !choice.runs.is_empty() {
        filter.among("t.run", choice.runs.iter().copied());
    }
    if !choice.domains.is_empty() {
        filter.among("seed.domain", &choice.domains);
    }
    let sql = format!(
        "SELECT t.dead_reason AS reason, COUNT(*) AS n FROM task t JOIN seed ON seed.id = t.seed{} \
         GROUP BY t.dead_reason ORDER BY t.dead_reason",
        filter.clause()
    );
    tx.query(&sql, filter.args())?.iter().map(|row| Ok((row.get("reason")?, row.get("n")?))).collect()
}

fn ids(tx: &mut dyn Tx, choice: &Choice) -> Result<Vec<SampleId>, StoreError> {
    let mut filter = Filter::default();
    if !choice.runs.is_empty() {
        filter.among("run", choice.runs.iter().copied());
    }
    if !choice.domains.is_empty() {
        filter.among("domain", &choice.domains);
    }
    let mut ids = Vec::new();
    let sql = format!("SELECT id FROM sample{} ORDER BY id", filter.clause());
    tx.query_each(&sql, filter.args(), &mut |row| {
        ids.push(row.get("id")?);
        Ok(())
    })?;
    Ok(ids)
}

fn export_row(tx: &mut dyn Tx, id: SampleId) -> Result<ExportRow, StoreError> {
    let sample = samples::get(tx, id)?;
    let seed = one(tx, "SELECT provenance FROM seed WHERE id = ?1", args![sample.lineage.seed])?;
    let seed = seed.ok_or_else(|| StoreError::missing("seed", sample.lineage.seed))?;
    let decision = decisions::latest(tx, id)?;
    let decided_by = match decision.as_ref().and_then(|decision| decision.review) {
        Some(review) => Some(reviews::get(tx, review)?),
        None => None,
    };
    Ok(ExportRow {
        provenance: seed.json("provenance")?,
        checks: checks::of_sample(tx, id)?,
        decided_by,
        edited: sample.lineage.parent.is_some() && reviews::has_made(tx, id)?,
        decision,
        sample,
    })
}
