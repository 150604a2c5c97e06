//! Verdicts that do not count.

use hafs_proto::{QuarantineId, VerdictId};

use crate::db::{Tx, args};
use crate::error::StoreError;

/// Lets a verdict not count while the quarantine stands. Whether it is news.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such verdict.
pub fn void(tx: &mut dyn Tx, quarantine: QuarantineId, verdict: VerdictId) -> Result<bool, StoreError> {
    let sql = "INSERT INTO quarantine_verdict (quarantine, verdict, lifted) VALUES (?1, ?2, 0) \
               ON CONFLICT (quarantine, verdict) DO NOTHING";
    Ok(tx.exec(sql, args![quarantine, verdict])? == 1)
}

/// Lets a verdict count again, as far as this quarantine is concerned.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn count_again(tx: &mut dyn Tx, quarantine: QuarantineId, verdict: VerdictId) -> Result<(), StoreError> {
    let sql = "UPDATE quarantine_verdict SET lifted = 1 WHERE quarantine = ?1 AND verdict = ?2";
    tx.exec(sql, args![quarantine, verdict]).map(drop)
}
