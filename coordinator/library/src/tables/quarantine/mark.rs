//! Setting a sample aside, with a record of what it was.
//!
//! The marks on one sample form a chain in the order in which they were made: each remembers the state that it found.
//! Taking one out of the chain hands what it remembers to the next one, so marks can be lifted in any order.

use hafs_proto::{BoundedText, ContentHash, QuarantineId, SampleId, Timestamp};

use crate::db::{Tx, Value, args, one, scalar};
use crate::error::StoreError;
use crate::seal::seal;

/// The state in which a mark found its sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// The word of the state.
    pub state: String,
    /// Since when it was in that state, if it was decided.
    pub decided_at: Option<Timestamp>,
    /// Why it was set aside, if it was.
    pub why: Option<String>,
}

/// The seal of a mark: all of it but whether it was lifted.
pub(crate) fn mark_facts(
    quarantine: QuarantineId,
    sample: SampleId,
    mark: u32,
    before: &Before,
) -> Result<ContentHash, StoreError> {
    seal(&(quarantine, sample, mark, &before.state, before.decided_at, &before.why))
}

/// Sets a sample aside and notes what it was. Whether it is news: a sample has one mark of a quarantine at most.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such sample.
pub fn set_aside(
    tx: &mut dyn Tx,
    quarantine: QuarantineId,
    sample: SampleId,
    why: &BoundedText<1024>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let known = "SELECT sample FROM quarantine_sample WHERE quarantine = ?1 AND sample = ?2";
    if one(tx, known, args![quarantine, sample])?.is_some() {
        return Ok(false);
    }
    let before = standing(tx, sample)?;
    let last = "SELECT COALESCE(MAX(mark), 0) AS n FROM quarantine_sample WHERE sample = ?1";
    let mark = scalar::<u32>(tx, last, args![sample])? + 1;
    let sql = "INSERT INTO quarantine_sample (quarantine, sample, mark, state_before, decided_before, why_before, \
               lifted, seal) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7)";
    let facts = mark_facts(quarantine, sample, mark, &before)?;
    let args = args![
        quarantine,
        sample,
        mark,
        before.state.as_str(),
        before.decided_at,
        before.why.as_deref().map_or(Value::Null, Value::from),
        facts,
    ];
    tx.exec(sql, args)?;
    crate::tables::samples::quarantine(tx, sample, why, at)?;
    Ok(true)
}

fn standing(tx: &mut dyn Tx, sample: SampleId) -> Result<Before, StoreError> {
    let sql = "SELECT state, decided_at, quarantine_why FROM sample WHERE id = ?1";
    let row = one(tx, sql, args![sample])?.ok_or_else(|| StoreError::missing("sample", sample))?;
    Ok(Before {
        state: row.get("state")?,
        decided_at: row.get("decided_at")?,
        why: row.get("quarantine_why")?,
    })
}

/// The samples that were derived from a sample.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn children(tx: &mut dyn Tx, parent: SampleId) -> Result<Vec<SampleId>, StoreError> {
    let sql = "SELECT id FROM sample WHERE parent = ?1 ORDER BY id";
    tx.query(sql, args![parent])?.iter().map(|row| row.get("id")).collect()
}
