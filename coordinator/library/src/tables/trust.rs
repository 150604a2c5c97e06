//! How far each worker is believed, with the evidence. What follows from it is decided elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use hafs_proto::people::TrustView;
use hafs_proto::{BoundedText, ContentHash, CredentialId, Timestamp, TrustState, WorkerId};

use super::versions::{self, Topic};
use crate::db::{Row, Tx, args, one};
use crate::error::StoreError;
use crate::seal::seal;

pub(crate) const COLUMNS: &str = "worker, state, since, why, confirmed, forged, invalid, invited_by, seal";

/// The trust in one worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTrust {
    /// The state.
    pub state: TrustState,
    /// Since when.
    pub since: Timestamp,
    /// What led to it.
    pub why: BoundedText<512>,
    /// Results in a row that others have confirmed.
    pub confirmed: u32,
    /// Lease tokens that were never signed, since the state began.
    pub forged: u32,
    /// Deliveries that were wrong in themselves, since the last result that was confirmed.
    pub invalid: u32,
    /// The join token by which it came. Workers of one token are one identity.
    pub invited_by: Option<CredentialId>,
}

impl StoredTrust {
    /// What people see of it.
    #[must_use]
    pub fn view(&self) -> TrustView {
        TrustView { state: self.state, since: self.since, why: self.why.clone(), confirmed: self.confirmed }
    }
}

/// A change of state in the words of the audit log.
#[must_use]
pub fn moved(from: TrustState, to: TrustState, why: &str) -> String {
    format!("{} to {}: {why}", from.word(), to.word())
}

/// The word of the state that a change in the words of the audit log has led to.
pub(crate) fn reached(detail: &str) -> Option<&str> {
    detail.split_once(" to ")?.1.split_once(": ").map(|(state, _)| state)
}

/// The trust in a worker, if anything was noted.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn get(tx: &mut dyn Tx, worker: WorkerId) -> Result<Option<StoredTrust>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM worker_trust WHERE worker = ?1");
    one(tx, &sql, args![worker])?.map(|row| trust(&row)).transpose()
}

/// Notes the trust in a worker in place of what was noted before.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such worker.
pub fn put(tx: &mut dyn Tx, worker: WorkerId, trust: &StoredTrust) -> Result<(), StoreError> {
    // Evidence that changes nothing is no news to other coordinators.
    if get(tx, worker)?.is_none_or(|before| before.state != trust.state) {
        versions::changed(tx, Topic::Workers)?;
    }
    let sql = format!(
        "INSERT INTO worker_trust ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
         ON CONFLICT (worker) DO UPDATE SET state = excluded.state, since = excluded.since, why = excluded.why, \
         confirmed = excluded.confirmed, forged = excluded.forged, invalid = excluded.invalid, \
         invited_by = excluded.invited_by, seal = excluded.seal"
    );
    let args = args![
        worker,
        trust.state.word(),
        trust.since,
        &trust.why,
        trust.confirmed,
        trust.forged,
        trust.invalid,
        trust.invited_by,
        facts(worker, trust)?,
    ];
    tx.exec(&sql, args).map(drop)
}

/// The seal of a row: all of it.
pub(crate) fn facts(worker: WorkerId, trust: &StoredTrust) -> Result<ContentHash, StoreError> {
    let StoredTrust { state, since, why, confirmed, forged, invalid, invited_by } = trust;
    seal(&(worker, state, since, why, confirmed, forged, invalid, invited_by))
}

/// The trust in every worker of whom anything was noted.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn all(tx: &mut dyn Tx) -> Result<BTreeMap<WorkerId, StoredTrust>, StoreError> {
    let mut all = BTreeMap::new();
    tx.query_each(&format!("SELECT {COLUMNS} FROM worker_trust"), &[], &mut |row| {
        all.insert(row.get("worker")?, trust(row)?);
        Ok(())
    })?;
    Ok(all)
}

/// The suspended workers.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn suspended(tx: &mut dyn Tx) -> Result<BTreeSet<WorkerId>, StoreError> {
    let sql = "SELECT worker FROM worker_trust WHERE state = 'suspended'";
    tx.query(sql, &[])?.iter().map(|row| row.get("worker")).collect()
}

pub(crate) fn trust(row: &Row) -> Result<StoredTrust, StoreError> {
    Ok(StoredTrust {
        state: row.word("state")?,
        since: row.get("since")?,
        why: row.get("why")?,
        confirmed: row.get("confirmed")?,
        forged: row.get("forged")?,
        invalid: row.get("invalid")?,
        invited_by: row.get("invited_by")?,
    })
}
