//! Decisions: each one kept, the latest is the sample's state.

use hafs_proto::verdict::Decision;
use hafs_proto::{ContentHash, Reason, SampleId};

use crate::db::{Row, Tx, args, json, one, scalar};
use crate::error::StoreError;
use crate::seal::seal;

pub(crate) const COLUMNS: &str = "sample, seq, rule, accepted, agree, asked, reasons, at, seal, review";

/// Records a decision and gives the sample the state that follows from it.
///
/// # Errors
/// [`StoreError::Refused`] for a rejection without a reason or an acceptance with one,
/// [`StoreError::Missing`] when there is no such sample.
pub fn insert(tx: &mut dyn Tx, decision: &Decision) -> Result<(), StoreError> {
    if decision.accepted != decision.reasons.is_empty() {
        let why = format!("sample {}: a rejection needs reasons, an acceptance has none", decision.sample);
        return Err(StoreError::refused(why));
    }
    settle(tx, decision)?;
    let count = "SELECT COUNT(*) AS n FROM decision WHERE sample = ?1";
    let seq: u32 = scalar(tx, count, args![decision.sample])?;
    let sql = format!("INSERT INTO decision ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    let args = args![
        decision.sample,
        seq,
        decision.rule,
        decision.accepted,
        decision.agree,
        decision.of,
        json(&decision.reasons)?,
        decision.at,
        facts(seq, decision)?,
        decision.review,
    ];
    tx.exec(&sql, args).map(drop)
}

/// The seal of a decision: all of it.
pub(crate) fn facts(seq: u32, decision: &Decision) -> Result<ContentHash, StoreError> {
    seal(&(seq, decision))
}

fn settle(tx: &mut dyn Tx, decision: &Decision) -> Result<(), StoreError> {
    let (id, at) = (decision.sample, decision.at);
    let word = if decision.accepted { "accepted" } else { "rejected" };
    let sql = "UPDATE sample SET state = ?2, decided_at = ?3, quarantine_why = NULL WHERE id = ?1";
    if tx.exec(sql, args![id, word, at])? == 0 {
        return Err(StoreError::missing("sample", id));
    }
    tx.exec("DELETE FROM sample_reason WHERE sample = ?1", args![id])?;
    for (position, reason) in (0_u32..).zip(&decision.reasons) {
        let sql = "INSERT INTO sample_reason (sample, position, reason) VALUES (?1, ?2, ?3)";
        tx.exec(sql, args![id, position, reason.code()])?;
    }
    Ok(())
}

/// The latest decision about a sample, if there is one.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn latest(tx: &mut dyn Tx, sample: SampleId) -> Result<Option<Decision>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM decision WHERE sample = ?1 ORDER BY seq DESC LIMIT 1");
    one(tx, &sql, args![sample])?.map(|row| decision(&row)).transpose()
}

pub(crate) fn decision(row: &Row) -> Result<Decision, StoreError> {
    Ok(Decision {
        sample: row.get("sample")?,
        rule: row.get("rule")?,
        accepted: row.get("accepted")?,
        agree: row.get("agree")?,
        of: row.get("asked")?,
        reasons: row.json::<Vec<Reason>>("reasons")?,
        at: row.get("at")?,
        review: row.get("review")?,
    })
}
