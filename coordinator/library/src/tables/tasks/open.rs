//! Open tasks, for the queue: the index is rebuilt from these.

use hafs_proto::task::Priority;
use hafs_proto::{Route, RunId, TaskId, TaskKind, Timestamp};

use crate::db::{Row, Tx};
use crate::error::StoreError;
use crate::tables::tasks::StoredTries;

const COLUMNS: &str = "id, run, kind, route, priority, created_at, not_before, failures, losses, \
     deferrals, max_attempts";

/// All that the queue needs of an open task; what to do stays in the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTask {
    /// The task.
    pub id: TaskId,
    /// Its run.
    pub run: RunId,
    /// Its kind.
    pub kind: TaskKind,
    /// What it needs of a worker.
    pub route: Route,
    /// How urgent it is.
    pub priority: Priority,
    /// When it was planned.
    pub created_at: Timestamp,
    /// Not handed out before this time.
    pub not_before: Timestamp,
    /// What was tried so far.
    pub tries: StoredTries,
    /// Failed attempts before it is dead-lettered.
    pub max_attempts: u32,
}

/// Hands every open task to `each`, oldest first, one at a time.
///
/// # Errors
/// [`StoreError`] of the driver or of `each`.
pub fn open_each(
    tx: &mut dyn Tx,
    each: &mut dyn FnMut(OpenTask) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM task WHERE state = 'open' ORDER BY id");
    tx.query_each(&sql, &[], &mut |row| each(open(row)?))
}

fn open(row: &Row) -> Result<OpenTask, StoreError> {
    Ok(OpenTask {
        id: row.get("id")?,
        run: row.get("run")?,
        kind: row.word("kind")?,
        route: row.get("route")?,
        priority: row.word("priority")?,
        created_at: row.get("created_at")?,
        not_before: row.get("not_before")?,
        tries: StoredTries::read(row)?,
        max_attempts: row.get("max_attempts")?,
    })
}
