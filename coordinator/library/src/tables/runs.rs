//! Runs.

use hafs_proto::{BoundedText, ContentHash, Run, RunId, RunState, Timestamp};

use super::budget;
use crate::db::{Row, Tx, args, json, one};
use crate::error::StoreError;
use crate::seal::seal;

pub(crate) const COLUMNS: &str =
    "id, state, config_fingerprint, created_at, ended_at, ended_because, spec, seal";

/// Stores a new run and opens its budget.
///
/// # Errors
/// [`StoreError::Constraint`] when the id is taken.
pub fn create(tx: &mut dyn Tx, run: &Run) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO run ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    let because = run.ended_because.as_ref();
    let args = args![
        run.id,
        run.state.word(),
        run.config_fingerprint,
        run.created_at,
        run.ended_at,
        because,
        json(&run.spec)?,
        facts(run)?,
    ];
    tx.exec(&sql, args)?;
    budget::open(tx, run.id, run.spec.budget)
}

/// The seal of what never changes in a run.
pub(crate) fn facts(run: &Run) -> Result<ContentHash, StoreError> {
    seal(&(run.id, &run.spec, run.config_fingerprint, run.created_at))
}

/// A run.
///
/// # Errors
/// [`StoreError::Missing`] when there is none.
pub fn get(tx: &mut dyn Tx, id: RunId) -> Result<Run, StoreError> {
    let row = one(tx, &format!("SELECT {COLUMNS} FROM run WHERE id = ?1"), args![id])?;
    run(&row.ok_or_else(|| StoreError::missing("run", id))?)
}

/// Every run, newest first. A library has few.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn list(tx: &mut dyn Tx) -> Result<Vec<Run>, StoreError> {
    tx.query(&format!("SELECT {COLUMNS} FROM run ORDER BY id DESC LIMIT 10000"), &[])?
        .iter()
        .map(run)
        .collect()
}

/// Runs in a state, oldest first.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn in_state(tx: &mut dyn Tx, state: RunState) -> Result<Vec<Run>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM run WHERE state = ?1 ORDER BY id LIMIT 10000");
    tx.query(&sql, args![state.word()])?.iter().map(run).collect()
}

/// Moves a run to another state. `Finished` and `Cancelled` end it at this time and for this reason; the others
/// clear both.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such run.
pub fn set_state(
    tx: &mut dyn Tx,
    id: RunId,
    state: RunState,
    because: &BoundedText<256>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (ended_at, because) = match state {
        RunState::Running | RunState::Paused => (None, None),
        RunState::Finished | RunState::Cancelled => (Some(at), Some(because)),
    };
    let sql = "UPDATE run SET state = ?2, ended_at = ?3, ended_because = ?4 WHERE id = ?1";
    match tx.exec(sql, args![id, state.word(), ended_at, because])? {
        0 => Err(StoreError::missing("run", id)),
        _ => Ok(()),
    }
}

pub(crate) fn run(row: &Row) -> Result<Run, StoreError> {
    Ok(Run {
        id: row.get("id")?,
        spec: row.json("spec")?,
        config_fingerprint: row.get("config_fingerprint")?,
        state: row.word("state")?,
        created_at: row.get("created_at")?,
        ended_at: row.get("ended_at")?,
        ended_because: row.get("ended_because")?,
    })
}
