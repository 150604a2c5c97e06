//! Budgets: reserve before a task is handed out, settle after it. Spent is the sum of the recorded calls.

use hafs_proto::{MicroUsd, RunId, TaskId, Timestamp};

use crate::db::{Tx, args, one};
use crate::error::StoreError;

/// Where a run's money stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The limit; absent: none.
    pub ceiling: Option<MicroUsd>,
    /// Held back for tasks under way.
    pub reserved: MicroUsd,
    /// Paid.
    pub spent: MicroUsd,
}

/// Whether there was money for a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reservation {
    /// It is held back.
    Held,
    /// The budget does not allow it.
    Exhausted,
}

/// Opens the budget of a new run.
pub(crate) fn open(tx: &mut dyn Tx, run: RunId, ceiling: Option<MicroUsd>) -> Result<(), StoreError> {
    let sql = "INSERT INTO budget (run, ceiling, reserved, spent) VALUES (?1, ?2, 0, 0)";
    tx.exec(sql, args![run, ceiling]).map(drop)
}

/// Where a run's money stands.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such run.
pub fn get(tx: &mut dyn Tx, run: RunId) -> Result<Budget, StoreError> {
    let row = one(tx, "SELECT ceiling, reserved, spent FROM budget WHERE run = ?1", args![run])?;
    let row = row.ok_or_else(|| StoreError::missing("budget of run", run))?;
    Ok(Budget { ceiling: row.get("ceiling")?, reserved: row.get("reserved")?, spent: row.get("spent")? })
}

/// Holds back an estimate for a task, instead of what was held back for it before.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such run.
pub fn reserve(
    tx: &mut dyn Tx,
    run: RunId,
    task: TaskId,
    estimate: MicroUsd,
    at: Timestamp,
) -> Result<Reservation, StoreError> {
    settle(tx, task)?;
    let now = get(tx, run)?;
    if now.ceiling.is_some_and(|ceiling| now.spent + now.reserved + estimate > ceiling) {
        return Ok(Reservation::Exhausted);
    }
    let sql = "INSERT INTO budget_hold (task, run, amount, at) VALUES (?1, ?2, ?3, ?4)";
    tx.exec(sql, args![task, run, estimate, at])?;
    tx.exec("UPDATE budget SET reserved = reserved + ?2 WHERE run = ?1", args![run, estimate])?;
    Ok(Reservation::Held)
}

/// Frees what was held back for a task: its calls are recorded, or it will not run. Nothing happens if nothing
/// was held back.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn settle(tx: &mut dyn Tx, task: TaskId) -> Result<(), StoreError> {
    let sql = "SELECT run, amount FROM budget_hold WHERE task = ?1";
    let Some(hold) = one(tx, sql, args![task])? else { return Ok(()) };
    let (run, amount): (RunId, MicroUsd) = (hold.get("run")?, hold.get("amount")?);
    tx.exec("UPDATE budget SET reserved = reserved - ?2 WHERE run = ?1", args![run, amount])?;
    tx.exec("DELETE FROM budget_hold WHERE task = ?1", args![task]).map(drop)
}

/// Frees what is held back for tasks that are closed, such as those of a run that was called off. What is open will
/// be paid still, so its holds stay. Returns how many holds were freed.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn settle_closed(tx: &mut dyn Tx) -> Result<u64, StoreError> {
    let sql = "DELETE FROM budget_hold WHERE task NOT IN (SELECT id FROM task WHERE state = 'open')";
    let freed = tx.exec(sql, &[])?;
    let sql = "UPDATE budget SET reserved = \
               (SELECT COALESCE(SUM(amount), 0) FROM budget_hold WHERE budget_hold.run = budget.run)";
    tx.exec(sql, &[])?;
    Ok(freed)
}

/// Adds what was paid.
pub(crate) fn spend(tx: &mut dyn Tx, run: RunId, cost: MicroUsd) -> Result<(), StoreError> {
    tx.exec("UPDATE budget SET spent = spent + ?2 WHERE run = ?1", args![run, cost]).map(drop)
}
