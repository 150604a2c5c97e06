//! The audit log: one row for each change of state and each act of a person, chained by hashes, so that a row
//! that was changed, removed or slipped in shows. It holds no secret and no sample text.

use hafs_proto::{ContentHash, Timestamp};

use super::meta;
use crate::db::{Row, Tx, args, one};
use crate::error::StoreError;

const COLUMNS: &str = "seq, at, actor, action, object, detail, previous, hash";

/// What happened.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'e> {
    /// When.
    pub at: Timestamp,
    /// Who: the id of a credential or worker, or the part of the coordinator that acted by itself.
    pub actor: &'e str,
    /// What was done: `run.create`, `token.revoke`.
    pub action: &'e str,
    /// To what: an id.
    pub object: &'e str,
    /// What else is to be known, for people.
    pub detail: &'e str,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number, from 1 without gaps.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub object: String,
    /// What else is to be known.
    pub detail: String,
    /// The hash of the row before it; all zeros for the first.
    pub previous: ContentHash,
    /// The hash of this row, which covers `previous`.
    pub hash: ContentHash,
}

impl AuditRow {
    /// The hash that this row must have.
    pub(crate) fn derive(&self) -> ContentHash {
        let (seq, at, previous) =
            (self.seq.to_string(), self.at.as_millis().to_string(), self.previous.to_string());
        ContentHash::of_parts([
            seq.as_str(),
            &at,
            &self.actor,
            &self.action,
            &self.object,
            &self.detail,
            &previous,
        ])
    }
}

/// Adds a row; returns the new head of the chain.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn append(tx: &mut dyn Tx, entry: &Entry<'_>) -> Result<ContentHash, StoreError> {
    let (last, previous) = head(tx)?;
    let mut row = AuditRow {
        seq: last + 1,
        at: entry.at,
        actor: entry.actor.to_owned(),
        action: entry.action.to_owned(),
        object: entry.object.to_owned(),
        detail: entry.detail.to_owned(),
        previous,
        hash: previous,
    };
    row.hash = row.derive();
    let sql = format!("INSERT INTO audit ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    tx.exec(&sql, args![row.seq, row.at, row.actor, row.action, row.object, row.detail, previous, row.hash])?;
    meta::set_audit_head(tx, &head_text(row.seq, row.hash))?;
    Ok(row.hash)
}

/// The head of a chain without rows, as `meta` notes it.
pub(crate) const EMPTY: &str = "0 0000000000000000000000000000000000000000000000000000000000000000";

/// A head as `meta` notes it.
pub(crate) fn head_text(seq: i64, hash: ContentHash) -> String {
    format!("{seq} {hash}")
}

/// Number and hash of the last row; 0 and zeros when there is none. An export's manifest holds it, so that a
/// chain that was rewritten as a whole shows too.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn head(tx: &mut dyn Tx) -> Result<(i64, ContentHash), StoreError> {
    match one(tx, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", &[])? {
        None => Ok((0, ContentHash::from_bytes([0; 32]))),
        Some(row) => Ok((row.get("seq")?, row.get("hash")?)),
    }
}

/// The rows about an object, oldest first, at most a thousand.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn about(tx: &mut dyn Tx, object: &str) -> Result<Vec<AuditRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM audit WHERE object = ?1 ORDER BY seq LIMIT 1000");
    tx.query(&sql, args![object])?.iter().map(row).collect()
}

/// Hands every row to `each`, oldest first.
pub(crate) fn each(
    tx: &mut dyn Tx,
    each: &mut dyn FnMut(Result<AuditRow, StoreError>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    tx.query_each(&format!("SELECT {COLUMNS} FROM audit ORDER BY seq"), &[], &mut |found| each(row(found)))
}

fn row(row: &Row) -> Result<AuditRow, StoreError> {
    Ok(AuditRow {
        seq: row.get("seq")?,
        at: row.get("at")?,
        actor: row.get("actor")?,
        action: row.get("action")?,
        object: row.get("object")?,
        detail: row.get("detail")?,
        previous: row.get("previous")?,
        hash: row.get("hash")?,
    })
}
