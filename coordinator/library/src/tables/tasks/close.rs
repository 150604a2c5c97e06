//! How tasks end, and how they fail on the way.

use hafs_proto::task::DeadReason;
use hafs_proto::{RunId, SampleId, TaskId, Timestamp};

use crate::db::{Tx, Value, args, one};
use crate::error::StoreError;
use crate::tables::tasks::StoredTries;

/// What became of a wish to close a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// It was open and is closed now.
    Now,
    /// It was closed before; nothing changed.
    Before,
    /// There is no such task.
    Unknown,
}

fn close(tx: &mut dyn Tx, id: TaskId, sql: &str, args: &[Value]) -> Result<Closed, StoreError> {
    if tx.exec(sql, args)? == 1 {
        return Ok(Closed::Now);
    }
    let known = one(tx, "SELECT id FROM task WHERE id = ?1", args![id])?;
    Ok(if known.is_some() { Closed::Before } else { Closed::Unknown })
}

/// Closes an open task whose result is stored in this transaction. The first result wins: a second caller gets
/// [`Closed::Before`].
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn finish(tx: &mut dyn Tx, id: TaskId, at: Timestamp) -> Result<Closed, StoreError> {
    let sql = "UPDATE task SET state = 'done', closed_at = ?2 WHERE id = ?1 AND state = 'open'";
    close(tx, id, sql, args![id, at])
}

/// Dead-letters an open task.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn bury(tx: &mut dyn Tx, id: TaskId, why: &DeadReason, at: Timestamp) -> Result<Closed, StoreError> {
    let sql = "UPDATE task SET state = 'dead', closed_at = ?2, dead_reason = ?3, dead_detail = ?4 \
               WHERE id = ?1 AND state = 'open'";
    close(tx, id, sql, args![id, at, why.reason.code(), &why.detail])
}

/// Calls an open task off.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn cancel(tx: &mut dyn Tx, id: TaskId, at: Timestamp) -> Result<Closed, StoreError> {
    let sql = "UPDATE task SET state = 'cancelled', closed_at = ?2 WHERE id = ?1 AND state = 'open'";
    close(tx, id, sql, args![id, at])
}

/// Calls every open task of a run off; returns which.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn cancel_run(tx: &mut dyn Tx, run: RunId, at: Timestamp) -> Result<Vec<TaskId>, StoreError> {
    let sql =
        "UPDATE task SET state = 'cancelled', closed_at = ?2 WHERE run = ?1 AND state = 'open' RETURNING id";
    tx.query(sql, args![run, at])?.iter().map(|row| row.get("id")).collect()
}

/// Calls every open task about a sample off; returns which.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn cancel_about(tx: &mut dyn Tx, sample: SampleId, at: Timestamp) -> Result<Vec<TaskId>, StoreError> {
    let sql = "UPDATE task SET state = 'cancelled', closed_at = ?2 WHERE sample = ?1 AND kind IN ('judge', 'check') \
               AND state = 'open' RETURNING id";
    tx.query(sql, args![sample, at])?.iter().map(|row| row.get("id")).collect()
}

/// Makes a dead-lettered task open again, its failures forgotten. [`Closed::Before`] says that it was not dead.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn redrive(tx: &mut dyn Tx, id: TaskId, at: Timestamp) -> Result<Closed, StoreError> {
    let sql = "UPDATE task SET state = 'open', closed_at = NULL, dead_reason = NULL, dead_detail = NULL, \
               failures = 0, losses = 0, deferrals = 0, not_before = ?2 WHERE id = ?1 AND state = 'dead'";
    close(tx, id, sql, args![id, at])
}

/// Stores what was tried of an open task and delays its next attempt. Tells whether the task is open.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn record_tries(
    tx: &mut dyn Tx,
    id: TaskId,
    tries: StoredTries,
    not_before: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE task SET failures = ?2, losses = ?3, deferrals = ?4, not_before = ?5 \
               WHERE id = ?1 AND state = 'open'";
    let args = args![id, tries.failures, tries.losses, tries.deferrals, not_before];
    Ok(tx.exec(sql, args)? == 1)
}
