//! Checks of samples: every one that was made, in order.

use hafs_proto::people::CheckView;
use hafs_proto::{Check, ContentHash, SampleId, Timestamp};

use crate::db::{Row, Tx, args, json, scalar, word};
use crate::error::StoreError;
use crate::seal::seal;

/// Adds checks to those of a sample.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such sample.
pub fn insert(tx: &mut dyn Tx, sample: SampleId, checks: &[Check], at: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO check_result (sample, seq, name, version, checked_by, outcome, detail, at, seal) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let first: u32 = scalar(tx, "SELECT COUNT(*) AS n FROM check_result WHERE sample = ?1", args![sample])?;
    for (seq, check) in (first..).zip(checks) {
        let view = CheckView { check: check.clone(), at };
        let args = args![
            sample,
            seq,
            &check.name,
            check.version,
            word(&check.by)?,
            check.outcome.word(),
            json(&check.outcome)?,
            at,
            facts(sample, seq, &view)?,
        ];
        tx.exec(sql, args)?;
    }
    Ok(())
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
    let sql = "SELECT name, version, checked_by, detail, at FROM check_result WHERE sample = ?1 ORDER BY seq";
    tx.query(sql, args![sample])?.iter().map(view).collect()
}

pub(crate) fn view(row: &Row) -> Result<CheckView, StoreError> {
    let check = Check {
        name: row.get("name")?,
        version: row.get("version")?,
        by: row.word("checked_by")?,
        outcome: row.json("detail")?,
    };
    Ok(CheckView { check, at: row.get("at")? })
}
