//! New secrets of workers' credentials: the wish for one, and the change.

use hafs_proto::{ContentHash, CredentialId, Timestamp, WorkerId};

use super::credentials::{self, StoredCredential};
use super::versions::{self, Topic};
use crate::db::{Tx, args};
use crate::error::StoreError;

/// Records that a worker is to draw a new secret. Says which credentials that concerns.
///
/// # Errors
/// [`StoreError::Missing`] when the worker has no credential that can be used.
pub fn want(tx: &mut dyn Tx, worker: WorkerId) -> Result<Vec<CredentialId>, StoreError> {
    let sql = "SELECT id FROM credential WHERE worker = ?1 AND revoked_at IS NULL";
    let own: Vec<CredentialId> =
        tx.query(sql, args![worker])?.iter().map(|row| row.get("id")).collect::<Result<_, _>>()?;
    if own.is_empty() {
        return Err(StoreError::missing("worker", worker));
    }
    let sql = "UPDATE credential SET rotate_wanted = 1 WHERE worker = ?1 AND revoked_at IS NULL";
    tx.exec(sql, args![worker])?;
    versions::changed(tx, Topic::Credentials)?;
    Ok(own)
}

/// Puts a new secret in force; `previous` is taken until then too. Returns the row as it is now.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such credential.
pub fn renew(
    tx: &mut dyn Tx,
    id: CredentialId,
    secret_hash: ContentHash,
    previous: (ContentHash, Timestamp),
    at: Timestamp,
) -> Result<StoredCredential, StoreError> {
    let stored = credentials::find(tx, id)?.ok_or_else(|| StoreError::missing("token", id))?;
    let renewed = StoredCredential {
        secret_hash,
        secret_at: at,
        previous: Some(previous),
        rotate_wanted: false,
        ..stored
    };
    let sql = "UPDATE credential SET secret_hash = ?2, secret_at = ?3, previous_hash = ?4, previous_until = ?5, \
               rotate_wanted = 0, seal = ?6 WHERE id = ?1";
    tx.exec(sql, args![id, secret_hash, at, previous.0, previous.1, credentials::facts(&renewed)?])?;
    versions::changed(tx, Topic::Credentials)?;
    Ok(renewed)
}
