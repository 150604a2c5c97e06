//! Credentials: the hash of the secret half, never the secret.

use hafs_proto::people::TokenView;
use hafs_proto::{ContentHash, CredentialId, Timestamp, WorkerId};

use super::versions::{self, Topic};
use crate::db::{Row, Tx, args, json, one};
use crate::error::StoreError;
use crate::seal::seal;

pub(crate) const COLUMNS: &str = "id, name, secret_hash, scopes, worker, created_at, expires_at, revoked_at, \
     uses_left, network, secret_at, previous_hash, previous_until, rotate_wanted, seal";

/// A credential as the library holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCredential {
    /// What can be shown of it.
    pub view: TokenView,
    /// Hash of the secret half; compare it in constant time, as `ContentHash` does.
    pub secret_hash: ContentHash,
    /// Since when this secret is in force.
    pub secret_at: Timestamp,
    /// Hash of the secret before it, and until when that is taken too.
    pub previous: Option<(ContentHash, Timestamp)>,
    /// Whether people want the worker to draw a new secret.
    pub rotate_wanted: bool,
    /// The worker that it belongs to, if it is a worker's own.
    pub worker: Option<WorkerId>,
}

/// What became of one use of a join token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It was valid and has one use less.
    Counted,
    /// It is unknown, revoked, expired or used up.
    Refused,
}

impl StoredCredential {
    /// A credential that was just made.
    #[must_use]
    pub const fn fresh(view: TokenView, secret_hash: ContentHash, worker: Option<WorkerId>) -> Self {
        let secret_at = view.created_at;
        Self { view, secret_hash, secret_at, previous: None, rotate_wanted: false, worker }
    }

    /// Whether it is neither revoked nor expired nor used up.
    #[must_use]
    pub fn usable(&self, now: Timestamp) -> bool {
        let view = &self.view;
        view.revoked_at.is_none() && view.expires_at.is_none_or(|end| now < end) && view.uses_left != Some(0)
    }
}

/// Stores a credential.
///
/// # Errors
/// [`StoreError::Constraint`] when the id is taken.
pub fn insert(tx: &mut dyn Tx, credential: &StoredCredential) -> Result<(), StoreError> {
    let view = &credential.view;
    let sql = format!(
        "INSERT INTO credential ({COLUMNS}) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
    );
    let args = args![
        view.id,
        &view.name,
        credential.secret_hash,
        json(&view.scopes)?,
        credential.worker,
        view.created_at,
        view.expires_at,
        view.revoked_at,
        view.uses_left,
        view.network,
        credential.secret_at,
        credential.previous.map(|(hash, _)| hash),
        credential.previous.map(|(_, until)| until),
        credential.rotate_wanted,
        facts(credential)?,
    ];
    tx.exec(&sql, args)?;
    versions::changed(tx, Topic::Credentials)
}

/// The seal of what a credential is: it changes with a new secret only.
pub(crate) fn facts(credential: &StoredCredential) -> Result<ContentHash, StoreError> {
    let view = &credential.view;
    let facts = (
        view.id,
        &view.name,
        &view.scopes,
        view.created_at,
        view.expires_at,
        credential.secret_hash,
        credential.worker,
    );
    // Credentials without what came later keep the seals that older programs gave them.
    let renewed = (credential.secret_at != view.created_at).then_some(credential.secret_at);
    match (view.network, renewed) {
        (None, None) => seal(&facts),
        later => seal(&(facts, later)),
    }
}

/// A credential, usable or not; absent if there is none.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn find(tx: &mut dyn Tx, id: CredentialId) -> Result<Option<StoredCredential>, StoreError> {
    let row = one(tx, &format!("SELECT {COLUMNS} FROM credential WHERE id = ?1"), args![id])?;
    row.map(|row| credential(&row)).transpose()
}

/// Credentials, newest first, at most a thousand.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn list(tx: &mut dyn Tx) -> Result<Vec<StoredCredential>, StoreError> {
    tx.query(&format!("SELECT {COLUMNS} FROM credential ORDER BY id DESC LIMIT 1000"), &[])?
        .iter()
        .map(credential)
        .collect()
}

/// Every credential that can be used now, oldest first: all of them, for a table that is kept in memory.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn usable(tx: &mut dyn Tx, now: Timestamp) -> Result<Vec<StoredCredential>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM credential WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?1) \
         AND (uses_left IS NULL OR uses_left > 0) ORDER BY id"
    );
    tx.query(&sql, args![now])?.iter().map(credential).collect()
}

/// Revokes a credential, for ever. The first revocation's time stays.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such credential.
pub fn revoke(tx: &mut dyn Tx, id: CredentialId, at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE credential SET revoked_at = COALESCE(revoked_at, ?2) WHERE id = ?1";
    match tx.exec(sql, args![id, at])? {
        0 => Err(StoreError::missing("token", id)),
        _ => versions::changed(tx, Topic::Credentials),
    }
}

/// Takes one use of a join token.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn use_once(tx: &mut dyn Tx, id: CredentialId, now: Timestamp) -> Result<Use, StoreError> {
    let sql = "UPDATE credential SET uses_left = uses_left - 1 WHERE id = ?1 AND uses_left > 0 \
               AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)";
    Ok(if tx.exec(sql, args![id, now])? == 1 { Use::Counted } else { Use::Refused })
}

pub(crate) fn credential(row: &Row) -> Result<StoredCredential, StoreError> {
    let view = TokenView {
        id: row.get("id")?,
        name: row.get("name")?,
        scopes: row.json("scopes")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        revoked_at: row.get("revoked_at")?,
        uses_left: row.get("uses_left")?,
        network: row.get("network")?,
    };
    let previous: Option<ContentHash> = row.get("previous_hash")?;
    let until: Option<Timestamp> = row.get("previous_until")?;
    let secret_at: Option<Timestamp> = row.get("secret_at")?;
    Ok(StoredCredential {
        secret_at: secret_at.unwrap_or(view.created_at),
        view,
        secret_hash: row.get("secret_hash")?,
        previous: previous.zip(until),
        rotate_wanted: row.get("rotate_wanted")?,
        worker: row.get("worker")?,
    })
}
