//! News of all coordinators that share the library, in one order. They are no truth: only the latest are kept, and a
//! coordinator that dies takes along what it had not written down yet.

use hafs_proto::people::{Event, EventKind};
use hafs_proto::{BoundedText, RunId, Timestamp};

use crate::db::{Tx, Value, args, scalar, tuples, word};
use crate::error::StoreError;

/// How many are kept: what a listener may have missed and is still told.
pub const KEPT: u64 = 10_000;

const COLUMNS: usize = 6;

/// An event that has no number yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
    /// The run that it belongs to.
    pub run: Option<RunId>,
    /// Id of the thing that it is about.
    pub about: BoundedText<128>,
    /// For people.
    pub message: BoundedText<512>,
}

impl Draft {
    /// The event.
    #[must_use]
    pub fn numbered(self, sequence: u64) -> Event {
        let Self { at, kind, run, about, message } = self;
        Event { sequence, at, kind, run, about, message }
    }
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// In their order.
    pub events: Vec<Event>,
    /// Number of the last one that was looked at, whether or not this program knows its kind.
    pub until: u64,
}

/// Number of the newest event; 0 if there is none.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn newest(tx: &mut dyn Tx) -> Result<u64, StoreError> {
    scalar(tx, "SELECT COALESCE(MAX(sequence), 0) AS n FROM event", &[])
}

/// Writes events down after those that are there, and forgets the oldest.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn append(tx: &mut dyn Tx, drafts: &[Draft]) -> Result<(), StoreError> {
    let (mut last, mut args) = (newest(tx)?, Vec::with_capacity(drafts.len() * COLUMNS));
    for draft in drafts {
        last += 1;
        args.extend(row(last, draft)?);
    }
    if !drafts.is_empty() {
        let sql = format!(
            "INSERT INTO event (sequence, at, kind, run, about, message) VALUES {}",
            tuples(drafts.len(), COLUMNS)
        );
        tx.exec(&sql, &args)?;
    }
    let oldest = number(last.saturating_sub(KEPT))?;
    tx.exec("DELETE FROM event WHERE sequence <= ?1", args![oldest]).map(drop)
}

fn row(sequence: u64, draft: &Draft) -> Result<[Value; COLUMNS], StoreError> {
    Ok([
        number(sequence)?.into(),
        draft.at.into(),
        word(&draft.kind)?.into(),
        draft.run.into(),
        (&draft.about).into(),
        (&draft.message).into(),
    ])
}

fn number(sequence: u64) -> Result<i64, StoreError> {
    i64::try_from(sequence).map_err(StoreError::encode)
}

/// The next events after a number.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn after(tx: &mut dyn Tx, sequence: u64, limit: u32) -> Result<Heard, StoreError> {
    let sql = "SELECT sequence, at, kind, run, about, message FROM event WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";
    let mut heard = Heard { events: Vec::new(), until: sequence };
    for row in tx.query(sql, args![number(sequence)?, limit])? {
        heard.until = row.get("sequence")?;
        // A newer program, which has this library open as well, may tell of what this one does not know.
        let Ok(kind) = row.word("kind") else { continue };
        let (at, run) = (row.get("at")?, row.get("run")?);
        let draft = Draft { at, kind, run, about: row.get("about")?, message: row.get("message")? };
        heard.events.push(draft.numbered(heard.until));
    }
    Ok(heard)
}
