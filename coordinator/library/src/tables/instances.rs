//! Instances of workers: the current one stands in the worker's row, those before it in a table of their own.

use std::collections::BTreeMap;

use hafs_proto::{BoundedText, Timestamp, WorkerId};

use super::versions::{self, Topic};
use crate::db::{Row, Tx, args, one};
use crate::error::StoreError;

/// An instance whose place another one has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastInstance {
    /// Which.
    pub instance: BoundedText<64>,
    /// When it first spoke after that.
    pub spoke_at: Option<Timestamp>,
}

/// The current instance of a worker, if the worker is known, and those before it, latest first.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn of_worker(
    tx: &mut dyn Tx,
    worker: WorkerId,
) -> Result<(Option<BoundedText<64>>, Vec<PastInstance>), StoreError> {
    let current = one(tx, "SELECT instance FROM worker WHERE id = ?1", args![worker])?;
    let current = current.map(|row| row.get("instance")).transpose()?;
    let sql = "SELECT instance, spoke_at FROM past_instance WHERE worker = ?1 ORDER BY rank DESC";
    let past = tx.query(sql, args![worker])?.iter().map(past).collect::<Result<_, _>>()?;
    Ok((current, past))
}

/// Earlier instances of the workers that were heard of after `since`, latest first for each.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn of_present(tx: &mut dyn Tx, since: Timestamp) -> Result<Vec<(WorkerId, PastInstance)>, StoreError> {
    let sql = "SELECT past_instance.worker, past_instance.instance, past_instance.spoke_at FROM past_instance \
               JOIN worker ON worker.id = past_instance.worker WHERE worker.seen_at > ?1 \
               ORDER BY past_instance.worker, past_instance.rank DESC";
    tx.query(sql, args![since])?.iter().map(|row| Ok((row.get("worker")?, past(row)?))).collect()
}

/// Notes that another instance has taken the place of this one, and forgets all but the `keep` latest.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn supersede(
    tx: &mut dyn Tx,
    worker: WorkerId,
    instance: &BoundedText<64>,
    keep: u32,
) -> Result<(), StoreError> {
    let last = one(tx, "SELECT MAX(rank) AS last FROM past_instance WHERE worker = ?1", args![worker])?;
    let last: Option<i64> = last.map(|row| row.get("last")).transpose()?.flatten();
    let rank = last.unwrap_or(0) + 1;
    let sql = "INSERT INTO past_instance (worker, instance, rank, spoke_at) VALUES (?1, ?2, ?3, NULL) \
               ON CONFLICT (worker, instance) DO UPDATE SET rank = excluded.rank";
    tx.exec(sql, args![worker, instance, rank])?;
    let sql = "DELETE FROM past_instance WHERE worker = ?1 AND rank <= ?2";
    tx.exec(sql, args![worker, rank - i64::from(keep)])?;
    versions::changed(tx, Topic::Workers)
}

/// Notes that a superseded instance has spoken. Whether it is the first time.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn heard(
    tx: &mut dyn Tx,
    worker: WorkerId,
    instance: &BoundedText<64>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sql =
        "UPDATE past_instance SET spoke_at = ?3 WHERE worker = ?1 AND instance = ?2 AND spoke_at IS NULL";
    let news = tx.exec(sql, args![worker, instance, at])? == 1;
    if news {
        versions::changed(tx, Topic::Workers)?;
    }
    Ok(news)
}

/// Workers of whom a superseded instance has spoken, and when the last one first did.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn cloned(tx: &mut dyn Tx) -> Result<BTreeMap<WorkerId, Timestamp>, StoreError> {
    let sql =
        "SELECT worker, MAX(spoke_at) AS at FROM past_instance WHERE spoke_at IS NOT NULL GROUP BY worker";
    tx.query(sql, &[])?.iter().map(|row| Ok((row.get("worker")?, row.get("at")?))).collect()
}

fn past(row: &Row) -> Result<PastInstance, StoreError> {
    Ok(PastInstance { instance: row.get("instance")?, spoke_at: row.get("spoke_at")? })
}
