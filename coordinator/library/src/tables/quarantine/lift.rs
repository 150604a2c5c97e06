//! Taking a mark off a sample.

use hafs_proto::{ContentHash, QuarantineId, SampleId, VerdictId};

use super::mark::{Before, mark_facts};
use super::record::Place;
use crate::db::{Row, Tx, Value, args, one};
use crate::error::StoreError;
use crate::tables::duplicates;

/// What became of a sample whose mark was taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifted {
    /// It is what it was before.
    Restored,
    /// Another mark holds it still.
    Held,
    /// The same content came again meanwhile, as this sample, so it stays set aside.
    Twice(SampleId),
    /// It had no mark of this quarantine.
    Unmarked,
}

/// The next samples that carry a mark of a quarantine.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn marked_after(
    tx: &mut dyn Tx,
    quarantine: QuarantineId,
    place: &Place,
    limit: u32,
) -> Result<Vec<SampleId>, StoreError> {
    let sql = "SELECT sample FROM quarantine_sample WHERE quarantine = ?1 AND sample > ?2 AND lifted = 0 \
               ORDER BY sample LIMIT ?3";
    tx.query(sql, args![quarantine, place.arg(), limit])?.iter().map(|row| row.get("sample")).collect()
}

/// The next verdicts that do not count because of a quarantine, with their samples.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn voided_after(
    tx: &mut dyn Tx,
    quarantine: QuarantineId,
    place: &Place,
    limit: u32,
) -> Result<Vec<(VerdictId, SampleId)>, StoreError> {
    let sql = "SELECT q.verdict, v.sample FROM quarantine_verdict q JOIN verdict v ON v.id = q.verdict \
               WHERE q.quarantine = ?1 AND q.verdict > ?2 AND q.lifted = 0 ORDER BY q.verdict LIMIT ?3";
    let pair = |row: &Row| Ok((row.get("verdict")?, row.get("sample")?));
    tx.query(sql, args![quarantine, place.arg(), limit])?.iter().map(pair).collect()
}

/// A mark as it is stored.
struct Mark {
    number: u32,
    before: Before,
}

fn mark(row: &Row) -> Result<Mark, StoreError> {
    let before = Before {
        state: row.get("state_before")?,
        decided_at: row.get("decided_before")?,
        why: row.get("why_before")?,
    };
    Ok(Mark { number: row.get("mark")?, before })
}

/// Takes the mark of a quarantine off a sample, which becomes what it was before unless another mark holds it.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn lift_sample(
    tx: &mut dyn Tx,
    quarantine: QuarantineId,
    sample: SampleId,
) -> Result<Lifted, StoreError> {
    let sql = "SELECT mark, state_before, decided_before, why_before FROM quarantine_sample \
               WHERE quarantine = ?1 AND sample = ?2 AND lifted = 0";
    let Some(own) = one(tx, sql, args![quarantine, sample])?.map(|row| mark(&row)).transpose()? else {
        return Ok(Lifted::Unmarked);
    };
    let sql = "UPDATE quarantine_sample SET lifted = 1 WHERE quarantine = ?1 AND sample = ?2";
    tx.exec(sql, args![quarantine, sample])?;
    if hand_on(tx, sample, &own)? {
        return Ok(Lifted::Held);
    }
    if let Some(other) = taken_place(tx, sample, &own.before)? {
        let why = format!("its quarantine was lifted, but {other} has the same content and came meanwhile");
        tx.exec("UPDATE sample SET quarantine_why = ?2 WHERE id = ?1", args![sample, why])?;
        return Ok(Lifted::Twice(other));
    }
    let sql = "UPDATE sample SET state = ?2, decided_at = ?3, quarantine_why = ?4 WHERE id = ?1";
    let Before { state, decided_at, why } = &own.before;
    let why = why.as_deref().map_or(Value::Null, Value::from);
    tx.exec(sql, args![sample, state.as_str(), *decided_at, why])?;
    Ok(if state == "quarantined" { Lifted::Held } else { Lifted::Restored })
}

/// Hands what a mark remembers to the next mark on the sample. Whether there is one.
fn hand_on(tx: &mut dyn Tx, sample: SampleId, own: &Mark) -> Result<bool, StoreError> {
    let sql = "SELECT quarantine, mark FROM quarantine_sample WHERE sample = ?1 AND mark > ?2 AND lifted = 0 \
               ORDER BY mark LIMIT 1";
    let Some(next) = one(tx, sql, args![sample, own.number])? else { return Ok(false) };
    let (quarantine, number): (QuarantineId, u32) = (next.get("quarantine")?, next.get("mark")?);
    let sql = "UPDATE quarantine_sample SET state_before = ?3, decided_before = ?4, why_before = ?5, seal = ?6 \
               WHERE quarantine = ?1 AND sample = ?2";
    let before = &own.before;
    let args = args![
        quarantine,
        sample,
        before.state.as_str(),
        before.decided_at,
        before.why.as_deref().map_or(Value::Null, Value::from),
        mark_facts(quarantine, sample, number, before)?,
    ];
    tx.exec(sql, args)?;
    Ok(true)
}

/// The sample with the same content that was accepted, or may still be, since this one was set aside.
fn taken_place(tx: &mut dyn Tx, sample: SampleId, before: &Before) -> Result<Option<SampleId>, StoreError> {
    if before.state != "accepted" && before.state != "candidate" {
        return Ok(None);
    }
    let row = one(tx, "SELECT canon_hash FROM sample WHERE id = ?1", args![sample])?;
    let canon: ContentHash = row.ok_or_else(|| StoreError::missing("sample", sample))?.get("canon_hash")?;
    duplicates::exact(tx, canon, sample)
}
