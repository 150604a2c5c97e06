//! Workers: what they said they are and can do, and when they were last heard of.

use std::collections::BTreeSet;

use hafs_proto::people::WorkerView;
use hafs_proto::worker::{Pool, Residency, WorkerFacts};
use hafs_proto::{BoundedText, TaskId, Timestamp, WorkerId};
use serde::{Deserialize, Serialize};

use super::versions::{self, Topic};
use crate::db::{Row, Tx, args, json, one};
use crate::error::StoreError;

const COLUMNS: &str = "id, name, instance, pools, facts, joined_at, seen_at, paused, draining, spooled, \
     oldest_spooled_ms, revoked_at, features";

/// A worker as the library holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredWorker {
    /// Its id.
    pub id: WorkerId,
    /// Its name.
    pub name: BoundedText<64>,
    /// Random text of its process's life.
    pub instance: BoundedText<64>,
    /// What it can do.
    pub pools: Vec<Pool>,
    /// What it is.
    pub facts: WorkerFacts,
    /// When it first came.
    pub joined_at: Timestamp,
    /// Last sign of life.
    pub seen_at: Timestamp,
    /// Whether people paused it.
    pub paused: bool,
    /// Whether it is leaving.
    pub draining: bool,
    /// Results that wait in its spool, as it last said.
    pub spooled: u64,
    /// Age of the oldest of them in milliseconds.
    pub oldest_spooled_ms: u64,
    /// Since when it may not come back.
    pub revoked_at: Option<Timestamp>,
    /// The features of the protocol that it knows; nothing when it registered before they were kept.
    pub features: Option<Vec<BoundedText<64>>>,
}

/// What a worker says of itself when it registers.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Its id: new, or the one that it has had.
    pub id: WorkerId,
    /// Its name.
    pub name: BoundedText<64>,
    /// Random text of its process's life.
    pub instance: BoundedText<64>,
    /// What it can do.
    pub pools: Vec<Pool>,
    /// What it is.
    pub facts: WorkerFacts,
    /// The features of the protocol that it knows.
    pub features: Vec<BoundedText<64>>,
}

/// What a worker said with its last claim and its last renewal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    /// What its own hardware holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residency: Option<Residency>,
    /// The tasks that it has.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub holding: BTreeSet<TaskId>,
}

/// A sign of life.
#[derive(Debug, Clone)]
pub struct Sign {
    /// Results that wait in the worker's spool.
    pub spooled: u64,
    /// Age of the oldest of them in milliseconds.
    pub oldest_spooled_ms: u64,
    /// When.
    pub at: Timestamp,
    /// What other coordinators should know of it.
    pub told: Told,
}

/// Something that people, or the worker itself, wish of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Claim nothing until told otherwise.
    Pause,
    /// Claim again, also after a drain.
    Resume,
    /// Finish what is held and leave.
    Drain,
}

impl StoredWorker {
    /// What people see of it. Whether it is alive and what it holds is known to the coordinator only.
    #[must_use]
    pub fn view(self, alive: bool, leased: u64) -> WorkerView {
        WorkerView {
            id: self.id,
            name: self.name,
            pools: self.pools,
            facts: self.facts,
            seen_at: self.seen_at,
            alive,
            paused: self.paused,
            draining: self.draining,
            leased,
            spooled: self.spooled,
            cloned_at: None,
            trust: None,
            residency: None,
            holding: Vec::new(),
        }
    }
}

/// Stores a worker, or what a known one says anew. A worker that registers is not draining any more; a pause
/// stays.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn register(tx: &mut dyn Tx, worker: &Registration, at: Timestamp) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO worker ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 0, 0, 0, 0, NULL, ?7) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, instance = excluded.instance, pools = excluded.pools, \
         facts = excluded.facts, seen_at = excluded.seen_at, draining = 0, features = excluded.features"
    );
    let (pools, facts, features) = (json(&worker.pools)?, json(&worker.facts)?, json(&worker.features)?);
    let args = args![worker.id, &worker.name, &worker.instance, pools, facts, at, features];
    tx.exec(&sql, args)?;
    versions::changed(tx, Topic::Workers)
}

/// Records a sign of life, unless another coordinator has had a later one; tells whether it is news.
///
/// # Errors
/// [`StoreError::Refused`] for an impossible number.
pub fn seen(tx: &mut dyn Tx, id: WorkerId, sign: &Sign) -> Result<bool, StoreError> {
    let sql = "UPDATE worker SET seen_at = ?2, spooled = ?3, oldest_spooled_ms = ?4, told = ?5 \
               WHERE id = ?1 AND seen_at < ?2";
    let count = |number: u64| i64::try_from(number).map_err(StoreError::encode);
    let args = args![id, sign.at, count(sign.spooled)?, count(sign.oldest_spooled_ms)?, json(&sign.told)?];
    Ok(tx.exec(sql, args)? == 1)
}

/// Records what is wished of a worker.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such worker.
pub fn wish(tx: &mut dyn Tx, id: WorkerId, wish: Wish) -> Result<(), StoreError> {
    let sql = match wish {
        Wish::Pause => "UPDATE worker SET paused = 1 WHERE id = ?1",
        Wish::Resume => "UPDATE worker SET paused = 0, draining = 0 WHERE id = ?1",
        Wish::Drain => "UPDATE worker SET draining = 1 WHERE id = ?1",
    };
    changed(tx.exec(sql, args![id])?, id)?;
    versions::changed(tx, Topic::Workers)
}

/// Shuts a worker out, with its credentials.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such worker.
pub fn revoke(tx: &mut dyn Tx, id: WorkerId, at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE worker SET revoked_at = COALESCE(revoked_at, ?2) WHERE id = ?1";
    changed(tx.exec(sql, args![id, at])?, id)?;
    let sql = "UPDATE credential SET revoked_at = COALESCE(revoked_at, ?2) WHERE worker = ?1";
    tx.exec(sql, args![id, at])?;
    versions::changed(tx, Topic::Workers)?;
    versions::changed(tx, Topic::Credentials)
}

fn changed(rows: u64, id: WorkerId) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::missing("worker", id)) } else { Ok(()) }
}

/// A worker.
///
/// # Errors
/// [`StoreError::Missing`] when there is none.
pub fn get(tx: &mut dyn Tx, id: WorkerId) -> Result<StoredWorker, StoreError> {
    find(tx, id)?.ok_or_else(|| StoreError::missing("worker", id))
}

/// A worker, if there is one.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn find(tx: &mut dyn Tx, id: WorkerId) -> Result<Option<StoredWorker>, StoreError> {
    let row = one(tx, &format!("SELECT {COLUMNS} FROM worker WHERE id = ?1"), args![id])?;
    row.as_ref().map(worker).transpose()
}

/// Workers, last seen first, at most a thousand.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn list(tx: &mut dyn Tx) -> Result<Vec<StoredWorker>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM worker ORDER BY seen_at DESC, id LIMIT 1000");
    tx.query(&sql, &[])?.iter().map(worker).collect()
}

/// Workers that were heard of after `since`, revoked ones among them.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn seen_since(tx: &mut dyn Tx, since: Timestamp) -> Result<Vec<StoredWorker>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM worker WHERE seen_at > ?1 ORDER BY id");
    tx.query(&sql, args![since])?.iter().map(worker).collect()
}

/// What those of them who were heard of after `since` have said last.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn signs_since(tx: &mut dyn Tx, since: Timestamp) -> Result<Vec<(WorkerId, Sign)>, StoreError> {
    let sql =
        "SELECT id, spooled, oldest_spooled_ms, seen_at, told FROM worker WHERE seen_at > ?1 ORDER BY id";
    let sign = |row: &Row| {
        let sign = Sign {
            spooled: row.get("spooled")?,
            oldest_spooled_ms: row.get("oldest_spooled_ms")?,
            at: row.get("seen_at")?,
            told: row.json("told")?,
        };
        Ok((row.get("id")?, sign))
    };
    tx.query(sql, args![since])?.iter().map(sign).collect()
}

pub(crate) fn worker(row: &Row) -> Result<StoredWorker, StoreError> {
    Ok(StoredWorker {
        id: row.get("id")?,
        name: row.get("name")?,
        instance: row.get("instance")?,
        pools: row.json("pools")?,
        facts: row.json("facts")?,
        joined_at: row.get("joined_at")?,
        seen_at: row.get("seen_at")?,
        paused: row.get("paused")?,
        draining: row.get("draining")?,
        spooled: row.get("spooled")?,
        oldest_spooled_ms: row.get("oldest_spooled_ms")?,
        revoked_at: row.get("revoked_at")?,
        features: row.optional_json("features")?,
    })
}
