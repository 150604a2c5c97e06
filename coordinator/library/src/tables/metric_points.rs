//! Series of numbers over time, such as the share of accepted samples at each checkpoint.

use hafs_proto::Timestamp;

use crate::db::{Tx, args};
use crate::error::StoreError;

/// A number at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// The number.
    pub value: f64,
}

/// Stores a point of a series; `scope` tells series of one name apart (a run's id) and may be empty. A second
/// value for the same time replaces the first.
///
/// # Errors
/// [`StoreError::Refused`] for a number that is not finite.
pub fn put(tx: &mut dyn Tx, series: &str, scope: &str, point: Point) -> Result<(), StoreError> {
    if !point.value.is_finite() {
        return Err(StoreError::refused(format!("a point of `{series}` is not a finite number")));
    }
    let sql = "INSERT INTO metric_point (series, scope, at, value) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (series, scope, at) DO UPDATE SET value = excluded.value";
    tx.exec(sql, args![series, scope, point.at, point.value]).map(drop)
}

/// The last points of a series, oldest first.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn last(tx: &mut dyn Tx, series: &str, scope: &str, limit: u32) -> Result<Vec<Point>, StoreError> {
    let sql = "SELECT at, value FROM metric_point WHERE series = ?1 AND scope = ?2 ORDER BY at DESC LIMIT ?3";
    let rows = tx.query(sql, args![series, scope, limit])?;
    rows.iter().rev().map(|row| Ok(Point { at: row.get("at")?, value: row.get("value")? })).collect()
}
