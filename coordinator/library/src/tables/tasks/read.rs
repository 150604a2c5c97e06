//! Tasks, read back.

use hafs_proto::people::Page;
use hafs_proto::task::DeadReason;
use hafs_proto::{RunId, SampleId, Task, TaskId, TaskKind, Timestamp};

use crate::db::{Filter, Row, Tx, args, one};
use crate::error::StoreError;
use crate::tables::PageRequest;

pub(crate) const COLUMNS: &str = "t.id, t.key, t.run, t.kind, t.route, t.priority, t.max_attempts, t.created_at, \
     t.state, t.failures, t.losses, t.deferrals, t.not_before, t.closed_at, t.dead_reason, t.dead_detail, t.seed, t.sample, t.generator, \
     t.teacher, t.round, t.seal, s.spec";
pub(crate) const FROM: &str = "FROM task t JOIN task_spec s ON s.task = t.id";

/// What was tried of an open task, so that a restart does not begin anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoredTries {
    /// Attempts that failed and count.
    pub failures: u32,
    /// Leases lost since the last answer.
    pub losses: u32,
    /// Failures that do not count.
    pub deferrals: u32,
}

impl StoredTries {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            failures: row.get("failures")?,
            losses: row.get("losses")?,
            deferrals: row.get("deferrals")?,
        })
    }
}

/// Where a task stands as far as the library knows: who holds an open one is known to the queue only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredState {
    /// Not closed.
    Open {
        /// Not handed out before this time.
        not_before: Timestamp,
        /// What was tried so far.
        tries: StoredTries,
    },
    /// Its result is in the library.
    Done {
        /// Since when.
        at: Timestamp,
    },
    /// Parked for good.
    Dead {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: DeadReason,
    },
    /// Called off.
    Cancelled {
        /// Since when.
        at: Timestamp,
    },
}

/// A task and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTask {
    /// The task.
    pub task: Task,
    /// Where it stands.
    pub state: StoredState,
}

/// Which tasks to list.
#[derive(Debug, Clone, Default)]
pub struct TaskFilter {
    /// Of this run.
    pub run: Option<RunId>,
    /// Of this kind.
    pub kind: Option<TaskKind>,
    /// In this state: `open`, `done`, `dead` or `cancelled`.
    pub state: Option<String>,
}

/// A task.
///
/// # Errors
/// [`StoreError::Missing`] when there is none.
pub fn get(tx: &mut dyn Tx, id: TaskId) -> Result<StoredTask, StoreError> {
    let row = one(tx, &format!("SELECT {COLUMNS} {FROM} WHERE t.id = ?1"), args![id])?;
    stored(&row.ok_or_else(|| StoreError::missing("task", id))?)
}

/// Where a task stands, without reading what it is to do.
///
/// # Errors
/// [`StoreError::Missing`] when there is none.
pub fn state_of(tx: &mut dyn Tx, id: TaskId) -> Result<StoredState, StoreError> {
    let sql = "SELECT state, failures, losses, deferrals, not_before, closed_at, dead_reason, dead_detail \
               FROM task WHERE id = ?1";
    state(&one(tx, sql, args![id])?.ok_or_else(|| StoreError::missing("task", id))?)
}

/// Tasks in the order of `ids`; those that are not there are left out.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn get_many(tx: &mut dyn Tx, ids: &[TaskId]) -> Result<Vec<StoredTask>, StoreError> {
    let sql = format!("SELECT {COLUMNS} {FROM} WHERE t.id = ?1");
    let rows = ids.iter().filter_map(|id| one(tx, &sql, args![*id]).transpose());
    rows.map(|row| stored(&row?)).collect()
}

/// The tasks of one kind that look at a sample, oldest first.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn of_sample(tx: &mut dyn Tx, sample: SampleId, kind: TaskKind) -> Result<Vec<StoredTask>, StoreError> {
    let sql = format!("SELECT {COLUMNS} {FROM} WHERE t.sample = ?1 AND t.kind = ?2 ORDER BY t.id LIMIT 1000");
    tx.query(&sql, args![sample, kind.word()])?.iter().map(stored).collect()
}

/// Open tasks of one kind, oldest first.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn open_of_kind(tx: &mut dyn Tx, kind: TaskKind, limit: u32) -> Result<Vec<Task>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} {FROM} WHERE t.kind = ?1 AND t.state = 'open' ORDER BY t.id LIMIT ?2");
    let rows = tx.query(&sql, args![kind.word(), limit])?;
    rows.iter().map(|row| stored(row).map(|stored| stored.task)).collect()
}

/// One page of tasks, newest first.
///
/// # Errors
/// [`StoreError::Refused`] when the cursor is not one of this list.
pub fn page(
    tx: &mut dyn Tx,
    wanted: &TaskFilter,
    page: &PageRequest,
) -> Result<Page<StoredTask>, StoreError> {
    let mut filter = Filter::default();
    filter.and_if("t.run = ?", wanted.run);
    filter.and_if("t.kind = ?", wanted.kind.map(TaskKind::word));
    filter.and_if("t.state = ?", wanted.state.as_deref());
    page.apply::<TaskId>(&mut filter, "t.id")?;
    let sql = format!("SELECT {COLUMNS} {FROM}{}{}", filter.clause(), page.tail("t.id"));
    let rows = tx.query(&sql, filter.args())?;
    let tasks = rows.iter().map(stored).collect::<Result<Vec<_>, _>>()?;
    Ok(page.cut(tasks, |task| task.task.id))
}

pub(crate) fn stored(row: &Row) -> Result<StoredTask, StoreError> {
    let task = Task {
        id: row.get("id")?,
        run: row.get("run")?,
        spec: row.json("spec")?,
        priority: row.word("priority")?,
        key: row.get("key")?,
        max_attempts: row.get("max_attempts")?,
        created_at: row.get("created_at")?,
    };
    Ok(StoredTask { task, state: state(row)? })
}

fn state(row: &Row) -> Result<StoredState, StoreError> {
    match row.get::<String>("state")?.as_str() {
        "open" => {
            Ok(StoredState::Open { not_before: row.get("not_before")?, tries: StoredTries::read(row)? })
        }
        "done" => Ok(StoredState::Done { at: row.get("closed_at")? }),
        "dead" => {
            let reason = DeadReason { reason: row.get("dead_reason")?, detail: row.get("dead_detail")? };
            Ok(StoredState::Dead { at: row.get("closed_at")?, reason })
        }
        "cancelled" => Ok(StoredState::Cancelled { at: row.get("closed_at")? }),
        _ => Err(row.error("state", "expected `open`, `done`, `dead` or `cancelled`")),
    }
}
