//! The row of a recheck: what is meant, and how far it was carried out.

use hafs_proto::people::{Page, RecheckStage, RecheckView};
use hafs_proto::{ContentHash, RecheckId, SampleId, TaskId};

use crate::db::{Filter, Row, Tx, args, json, one};
use crate::error::StoreError;
use crate::seal::seal;
use crate::tables::PageRequest;
use crate::tables::quarantine::Place;

pub(crate) const COLUMNS: &str = "id, selection, reason, actor, created_at, meant, stage, place, ended_at, samples, gates, \
     unasked, changed, seal";

/// A recheck as the library holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecheck {
    /// What people see of it; its tasks are counted when it is read.
    pub view: RecheckView,
    /// How far it is.
    pub place: Place,
}

/// Stores a recheck that was not begun.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn insert(tx: &mut dyn Tx, view: &RecheckView) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO recheck ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'running', NULL, NULL, 0, 0, 0, 0, ?7)"
    );
    let args = args![
        view.id,
        json(&view.selection)?,
        &view.reason,
        &view.by,
        view.created_at,
        number(view.meant)?,
        facts(view)?,
    ];
    tx.exec(&sql, args).map(drop)
}

fn number(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(StoreError::encode)
}

/// The seal of what never changes in a recheck.
pub(crate) fn facts(view: &RecheckView) -> Result<ContentHash, StoreError> {
    seal(&(view.id, &view.selection, &view.reason, &view.by, view.created_at, view.meant))
}

/// Writes down how far a recheck is.
///
/// # Errors
/// [`StoreError::Missing`] when there is none.
pub fn save(tx: &mut dyn Tx, recheck: &StoredRecheck) -> Result<(), StoreError> {
    let sql = "UPDATE recheck SET stage = ?2, place = ?3, ended_at = ?4, samples = ?5, gates = ?6, unasked = ?7, \
               changed = ?8 WHERE id = ?1";
    let view = &recheck.view;
    let args = args![
        view.id,
        view.stage.word(),
        recheck.place.stored(),
        view.ended_at,
        number(view.samples)?,
        number(view.gates)?,
        number(view.unasked)?,
        number(view.changed)?,
    ];
    match tx.exec(sql, args)? {
        0 => Err(StoreError::missing("recheck", view.id)),
        _ => Ok(()),
    }
}

/// A recheck, with its tasks counted.
///
/// # Errors
/// [`StoreError::Missing`] when there is none.
pub fn get(tx: &mut dyn Tx, id: RecheckId) -> Result<StoredRecheck, StoreError> {
    let row = one(tx, &format!("SELECT {COLUMNS} FROM recheck WHERE id = ?1"), args![id])?;
    let mut recheck = stored(&row.ok_or_else(|| StoreError::missing("recheck", id))?)?;
    count_tasks(tx, &mut recheck.view)?;
    Ok(recheck)
}

fn count_tasks(tx: &mut dyn Tx, view: &mut RecheckView) -> Result<(), StoreError> {
    let sql = "SELECT t.state, COUNT(*) AS n FROM recheck_task r JOIN task t ON t.id = r.task WHERE r.recheck = ?1 \
               GROUP BY t.state";
    for row in tx.query(sql, args![view.id])? {
        let tasks: u64 = row.get("n")?;
        view.asked += tasks;
        match row.get::<String>("state")?.as_str() {
            "open" => view.open += tasks,
            "done" => {}
            _ => view.lost += tasks,
        }
    }
    Ok(())
}

/// One page of rechecks, newest first.
///
/// # Errors
/// [`StoreError::Refused`] when the cursor is not one of this list.
pub fn list(tx: &mut dyn Tx, page: &PageRequest) -> Result<Page<RecheckView>, StoreError> {
    let mut filter = Filter::default();
    page.apply::<RecheckId>(&mut filter, "id")?;
    let sql = format!("SELECT {COLUMNS} FROM recheck{}{}", filter.clause(), page.tail("id"));
    let mut views = Vec::new();
    for row in tx.query(&sql, filter.args())? {
        let mut view = stored(&row)?.view;
        count_tasks(tx, &mut view)?;
        views.push(view);
    }
    Ok(page.cut(views, |view| view.id))
}

/// The rechecks that are not at their end, oldest first.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn under_way(tx: &mut dyn Tx) -> Result<Vec<RecheckId>, StoreError> {
    let sql = "SELECT id FROM recheck WHERE stage IN ('running', 'waiting') ORDER BY id LIMIT 1000";
    tx.query(sql, &[])?.iter().map(|row| row.get("id")).collect()
}

/// Notes that a task is one of a recheck.
///
/// # Errors
/// [`StoreError::Constraint`] when the task or the recheck is not in the library.
pub fn take_task(tx: &mut dyn Tx, recheck: RecheckId, task: TaskId) -> Result<(), StoreError> {
    let sql = "INSERT INTO recheck_task (task, recheck) VALUES (?1, ?2) ON CONFLICT (task) DO NOTHING";
    tx.exec(sql, args![task, recheck]).map(drop)
}

/// The recheck that a task is one of, if it is one of any.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn of_task(tx: &mut dyn Tx, task: TaskId) -> Result<Option<RecheckId>, StoreError> {
    let sql = "SELECT recheck FROM recheck_task WHERE task = ?1";
    one(tx, sql, args![task])?.map(|row| row.get("recheck")).transpose()
}

/// Notes that something else was decided of a sample because of a recheck.
///
/// # Errors
/// [`StoreError::Constraint`] when the sample or the recheck is not in the library.
pub fn note_changed(tx: &mut dyn Tx, recheck: RecheckId, sample: SampleId) -> Result<(), StoreError> {
    let sql = "INSERT INTO recheck_sample (sample, recheck) VALUES (?1, ?2) ON CONFLICT (sample, recheck) DO NOTHING";
    tx.exec(sql, args![sample, recheck]).map(drop)
}

pub(crate) fn stored(row: &Row) -> Result<StoredRecheck, StoreError> {
    let view = RecheckView {
        id: row.get("id")?,
        selection: row.json("selection")?,
        reason: row.get("reason")?,
        by: row.get("actor")?,
        created_at: row.get("created_at")?,
        stage: row.word::<RecheckStage>("stage")?,
        ended_at: row.get("ended_at")?,
        meant: row.get("meant")?,
        samples: row.get("samples")?,
        gates: row.get("gates")?,
        asked: 0,
        open: 0,
        lost: 0,
        unasked: row.get("unasked")?,
        changed: row.get("changed")?,
    };
    Ok(StoredRecheck { view, place: Place::read(row.get("place")?) })
}
