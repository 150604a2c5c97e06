//! Checks of samples: every one that was made, in order.

use hafs_proto::people::CheckView;
use hafs_proto::{Check, ContentHash, SampleId, Timestamp};

use crate::db::{Row, Tx, Value, args, json, scalar, tuples, word};
use crate::error::StoreError;
use crate::seal::seal;

/// Columns of a check.
const COLUMNS: usize = 10;

/// Adds checks to those of a sample; returns the place of the first, counted from 0.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such sample.
pub fn insert(tx: &mut dyn Tx, sample: SampleId, checks: &[Check], at: Timestamp) -> Result<u32, StoreError> {
    let first: u32 = scalar(tx, "SELECT COUNT(*) AS n FROM check_result WHERE sample = ?1", args![sample])?;
    if checks.is_empty() {
        return Ok(first);
    }
    let mut args = Vec::with_capacity(checks.len() * COLUMNS);
    for (seq, check) in (first..).zip(checks) {
        args.extend(row(sample, seq, check, at)?);
    }
    let sql = format!(
        "INSERT INTO check_result (sample, seq, name, version, checked_by, outcome, detail, at, seal, tool) VALUES {}",
        tuples(checks.len(), COLUMNS)
    );
    tx.exec(&sql, &args).map(|_| first)
}

fn row(sample: SampleId, seq: u32, check: &Check, at: Timestamp) -> Result<[Value; COLUMNS], StoreError> {
    let view = CheckView { check: check.clone(), at };
    Ok([
        sample.into(),
        seq.into(),
        (&check.name).into(),
        check.version.into(),
        word(&check.by)?.into(),
        check.outcome.word().into(),
        json(&check.outcome)?.into(),
        at.into(),
        facts(sample, seq, &view)?.into(),
        check.tool.as_ref().map(json).transpose()?.into(),
    ])
}

/// The seal of a check: all of it.
pub(crate) fn facts(sample: SampleId, seq: u32, view: &CheckView) -> Result<ContentHash, StoreError> {
    seal(&(sample, seq, view))
}

/// The checks of a sample, oldest first.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn of_sample(tx: &mut dyn Tx, sample: SampleId) -> Result<Vec<CheckView>, StoreError> {
    let sql =
        "SELECT name, version, checked_by, detail, at, tool FROM check_result WHERE sample = ?1 ORDER BY seq";
    tx.query(sql, args![sample])?.iter().map(view).collect()
}

/// The checks of a sample that count: those whose worker was not contradicted. Oldest first.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn standing(tx: &mut dyn Tx, sample: SampleId) -> Result<Vec<Check>, StoreError> {
    let sql = "SELECT name, version, checked_by, detail, at, tool FROM check_result c WHERE sample = ?1 AND NOT EXISTS \
               (SELECT 1 FROM check_claim k WHERE k.sample = c.sample AND k.seq = c.seq AND k.void = 1) ORDER BY seq";
    tx.query(sql, args![sample])?.iter().map(|row| view(row).map(|view| view.check)).collect()
}

pub(crate) fn view(row: &Row) -> Result<CheckView, StoreError> {
    let check = Check {
        name: row.get("name")?,
        version: row.get("version")?,
        by: row.word("checked_by")?,
        outcome: row.json("detail")?,
        tool: row.optional_json("tool")?,
    };
    Ok(CheckView { check, at: row.get("at")? })
}
