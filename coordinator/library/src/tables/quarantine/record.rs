//! The row of a quarantine: what is meant, and how far it was carried out.

use hafs_proto::people::{Page, QuarantineState, QuarantineView, Selection};
use hafs_proto::{ContentHash, QuarantineId, WorkerId};
use serde::{Deserialize, Serialize};

use crate::db::{Filter, Row, Tx, Value, args, one};
use crate::error::StoreError;
use crate::seal::seal;
use crate::tables::PageRequest;

pub(crate) const COLUMNS: &str = "id, worker, teacher, source, since, until, reason, actor, created_at, state, stage, \
     place, ended_at, samples, verdicts, redrawn, kept, seal";

/// What is gone through at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The samples.
    Samples,
    /// The verdicts.
    Verdicts,
}

/// How far: the last id that was dealt with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place(Option<Vec<u8>>);

impl Place {
    /// The place of an id.
    #[must_use]
    pub fn after(id: impl Into<Value>) -> Self {
        match id.into() {
            Value::Bytes(bytes) => Self(Some(bytes)),
            Value::Null | Value::Int(_) | Value::Real(_) | Value::Text(_) => Self(None),
        }
    }

    /// The argument that all later ids are greater than.
    pub(crate) fn arg(&self) -> Value {
        Value::Bytes(self.0.clone().unwrap_or_default())
    }

    /// As it is stored.
    pub(crate) fn stored(&self) -> Value {
        self.0.as_deref().map_or(Value::Null, Value::from)
    }

    /// What was stored.
    pub(crate) const fn read(stored: Option<Vec<u8>>) -> Self {
        Self(stored)
    }
}

/// A quarantine as the library holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredQuarantine {
    /// What people see of it; the data sets are looked up elsewhere.
    pub view: QuarantineView,
    /// What is gone through.
    pub stage: Stage,
    /// How far.
    pub place: Place,
}

/// Stores a quarantine that was not begun.
///
/// # Errors
/// [`StoreError::Constraint`] when its worker is not in the library.
pub fn insert(tx: &mut dyn Tx, view: &QuarantineView) -> Result<StoredQuarantine, StoreError> {
    let sql = format!(
        "INSERT INTO quarantine ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'samples', NULL, NULL, \
         0, 0, 0, 0, ?11)"
    );
    let meant = &view.selection;
    let args = args![
        view.id,
        meant.worker,
        meant.teacher.as_ref(),
        meant.source.as_ref(),
        meant.since,
        meant.until,
        &view.reason,
        &view.by,
        view.created_at,
        view.state.word(),
        facts(view)?,
    ];
    tx.exec(&sql, args)?;
    Ok(StoredQuarantine { view: view.clone(), stage: Stage::Samples, place: Place::default() })
}

/// The seal of what never changes in a quarantine.
pub(crate) fn facts(view: &QuarantineView) -> Result<ContentHash, StoreError> {
    seal(&(view.id, &view.selection, &view.reason, &view.by, view.created_at))
}

/// Writes down how far a quarantine is.
///
/// # Errors
/// [`StoreError::Missing`] when there is none.
pub fn save(tx: &mut dyn Tx, quarantine: &StoredQuarantine) -> Result<(), StoreError> {
    let sql = "UPDATE quarantine SET state = ?2, stage = ?3, place = ?4, ended_at = ?5, samples = ?6, verdicts = ?7, \
               redrawn = ?8, kept = ?9 WHERE id = ?1";
    let view = &quarantine.view;
    let count = |number: u64| i64::try_from(number).map_err(StoreError::encode);
    let stage = match quarantine.stage {
        Stage::Samples => "samples",
        Stage::Verdicts => "verdicts",
    };
    let place = quarantine.place.stored();
    let args = args![
        view.id,
        view.state.word(),
        stage,
        place,
        view.ended_at,
        count(view.samples)?,
        count(view.verdicts)?,
        count(view.redrawn)?,
        count(view.kept)?,
    ];
    match tx.exec(sql, args)? {
        0 => Err(StoreError::missing("quarantine", view.id)),
        _ => Ok(()),
    }
}

/// A quarantine.
///
/// # Errors
/// [`StoreError::Missing`] when there is none.
pub fn get(tx: &mut dyn Tx, id: QuarantineId) -> Result<StoredQuarantine, StoreError> {
    let row = one(tx, &format!("SELECT {COLUMNS} FROM quarantine WHERE id = ?1"), args![id])?;
    stored(&row.ok_or_else(|| StoreError::missing("quarantine", id))?)
}

/// One page of quarantines, newest first.
///
/// # Errors
/// [`StoreError::Refused`] when the cursor is not one of this list.
pub fn list(tx: &mut dyn Tx, page: &PageRequest) -> Result<Page<QuarantineView>, StoreError> {
    let mut filter = Filter::default();
    page.apply::<QuarantineId>(&mut filter, "id")?;
    let sql = format!("SELECT {COLUMNS} FROM quarantine{}{}", filter.clause(), page.tail("id"));
    let rows = tx.query(&sql, filter.args())?;
    let views = rows.iter().map(|row| stored(row).map(|it| it.view)).collect::<Result<Vec<_>, _>>()?;
    Ok(page.cut(views, |view| view.id))
}

/// The quarantines that are being carried out or taken back, oldest first.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn under_way(tx: &mut dyn Tx) -> Result<Vec<QuarantineId>, StoreError> {
    let sql = "SELECT id FROM quarantine WHERE state IN ('running', 'lifting') ORDER BY id LIMIT 1000";
    tx.query(sql, &[])?.iter().map(|row| row.get("id")).collect()
}

/// The quarantine that takes in what a suspended worker still hands in, if there is one.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn standing_of(tx: &mut dyn Tx, worker: WorkerId) -> Result<Option<StoredQuarantine>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM quarantine WHERE state = 'standing' AND worker = ?1 ORDER BY id LIMIT 1"
    );
    one(tx, &sql, args![worker])?.map(|row| stored(&row)).transpose()
}

pub(crate) fn stored(row: &Row) -> Result<StoredQuarantine, StoreError> {
    let selection = Selection {
        worker: row.get("worker")?,
        teacher: row.get("teacher")?,
        source: row.get("source")?,
        since: row.get("since")?,
        until: row.get("until")?,
    };
    let view = QuarantineView {
        id: row.get("id")?,
        selection,
        reason: row.get("reason")?,
        state: row.word::<QuarantineState>("state")?,
        by: row.get("actor")?,
        created_at: row.get("created_at")?,
        ended_at: row.get("ended_at")?,
        samples: row.get("samples")?,
        verdicts: row.get("verdicts")?,
        redrawn: row.get("redrawn")?,
        kept: row.get("kept")?,
        tainted: Vec::new(),
    };
    let place = Place::read(row.get("place")?);
    Ok(StoredQuarantine { view, stage: row.word("stage")?, place })
}
