//! The audit log: one row for each change of state and each act of a person, chained by hashes, so that a row
//! that was changed, removed or slipped in shows. It holds no secret and no sample text.
//!
//! The first row follows the log's root, which is drawn from the incarnation that the library was born with; the log
//! of a library that is older than the root follows zeros. The end of the chain is noted in the transaction that
//! writes the row, so rows that were cut off are missed; a head that a person has noted elsewhere proves that the
//! chain up to it was not written anew as a whole.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use hafs_proto::people::{AuditEntry, Page};
use hafs_proto::{ContentHash, Timestamp};
use thiserror::Error;

use super::{PageRequest, meta};
use crate::db::{Filter, Row, Tx, args};
use crate::error::StoreError;

const COLUMNS: &str = "seq, at, actor, action, object, detail, previous, hash";

/// The action of the row that a restore leaves.
pub(crate) const RESTORE: &str = "restore";

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

/// The end of the chain, or a place in it: `NUMBER:HASH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Number of the row; 0 for the root.
    pub seq: i64,
    /// Hash of the row.
    pub hash: ContentHash,
}

/// Why a text is not a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "expected a head such as `12:4ef38b30…`: the number of an entry, a colon, the 64 hex digits of its hash"
)]
pub struct HeadError;

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl FromStr for Head {
    type Err = HeadError;

    fn from_str(text: &str) -> Result<Self, HeadError> {
        // Libraries of the first releases noted it with a space.
        let (seq, hash) = text.split_once([':', ' ']).ok_or(HeadError)?;
        let seq = seq.parse().ok().filter(|seq| *seq >= 0).ok_or(HeadError)?;
        Ok(Self { seq, hash: hash.parse().map_err(|_| HeadError)? })
    }
}

/// The root of the log of a library that was born with this incarnation.
pub(crate) fn root_of(incarnation: &str) -> ContentHash {
    ContentHash::of_parts(["audit log", incarnation])
}

/// What a restore writes down of the library's two lives.
pub(crate) fn reincarnation(before: &str, after: &str) -> String {
    format!("incarnation {before} became {after}")
}

/// The two lives that a restore has written down; absent in rows of the first releases.
pub(crate) fn lives(detail: &str) -> Option<(&str, &str)> {
    detail.strip_prefix("incarnation ")?.split_once(" became ")
}

/// The hash that an entry must have.
pub(crate) fn derive(entry: &AuditEntry) -> ContentHash {
    let (seq, at, previous) =
        (entry.seq.to_string(), entry.at.as_millis().to_string(), entry.previous.to_string());
    ContentHash::of_parts([
        seq.as_str(),
        &at,
        &entry.actor,
        &entry.action,
        &entry.object,
        &entry.detail,
        &previous,
    ])
}

/// Adds a row; returns the new head of the chain. It follows the head that was noted, also when rows were cut off
/// since, so that the gap stays.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn append(tx: &mut dyn Tx, entry: &Entry<'_>) -> Result<ContentHash, StoreError> {
    let last = head(tx)?;
    let mut row = AuditEntry {
        seq: u64::try_from(last.seq).map_err(StoreError::encode)? + 1,
        at: entry.at,
        actor: entry.actor.to_owned(),
        action: entry.action.to_owned(),
        object: entry.object.to_owned(),
        detail: entry.detail.to_owned(),
        previous: last.hash,
        hash: last.hash,
    };
    row.hash = derive(&row);
    let seq = last.seq + 1;
    let sql = format!("INSERT INTO audit ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    tx.exec(&sql, args![seq, row.at, row.actor, row.action, row.object, row.detail, row.previous, row.hash])?;
    meta::set_audit_head(tx, Head { seq, hash: row.hash })?;
    Ok(row.hash)
}

/// The end of the chain as it was noted; the root when there is no row.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn head(tx: &mut dyn Tx) -> Result<Head, StoreError> {
    meta::audit_head(tx)
}

/// The rows about an object, oldest first, at most a thousand.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn about(tx: &mut dyn Tx, object: &str) -> Result<Vec<AuditEntry>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM audit WHERE object = ?1 ORDER BY seq LIMIT 1000");
    tx.query(&sql, args![object])?.iter().map(row).collect()
}

/// Which rows to list.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// About this object.
    pub object: Option<String>,
    /// By this actor.
    pub actor: Option<String>,
    /// Of this action.
    pub action: Option<String>,
}

/// One page of the log, newest first.
///
/// # Errors
/// [`StoreError::Refused`] when the cursor is not one of this list.
pub fn page(
    tx: &mut dyn Tx,
    wanted: &AuditFilter,
    page: &PageRequest,
) -> Result<Page<AuditEntry>, StoreError> {
    let mut filter = Filter::default();
    filter.and_if("object = ?", wanted.object.as_deref());
    filter.and_if("actor = ?", wanted.actor.as_deref());
    filter.and_if("action = ?", wanted.action.as_deref());
    page.apply::<i64>(&mut filter, "seq")?;
    let sql = format!("SELECT {COLUMNS} FROM audit{}{}", filter.clause(), page.tail("seq"));
    let rows = tx.query(&sql, filter.args())?;
    let entries = rows.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    Ok(page.cut(entries, |entry| entry.seq))
}

/// The action of a row about the trust in a worker.
pub const TRUST: &str = "worker.trust";

/// The latest row of an action about each object, by object.
pub(crate) fn latest(tx: &mut dyn Tx, action: &str) -> Result<BTreeMap<String, String>, StoreError> {
    let mut latest = BTreeMap::new();
    tx.query_each(
        "SELECT object, detail FROM audit WHERE action = ?1 ORDER BY seq",
        args![action],
        &mut |row| {
            latest.insert(row.get("object")?, row.get("detail")?);
            Ok(())
        },
    )?;
    Ok(latest)
}

/// Hands every row to `each`, oldest first.
pub(crate) fn each(
    tx: &mut dyn Tx,
    each: &mut dyn FnMut(Result<AuditEntry, StoreError>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    tx.query_each(&format!("SELECT {COLUMNS} FROM audit ORDER BY seq"), &[], &mut |found| each(row(found)))
}

fn row(row: &Row) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
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
