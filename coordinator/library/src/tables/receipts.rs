//! Receipts: what was answered to each delivery, so that a repetition gets the same answer.

use hafs_proto::worker::DeliveryAnswer;
use hafs_proto::{AttemptId, CompletionId, ContentHash, CredentialId, Timestamp};

use crate::db::{Row, Tx, args, json, one, word};
use crate::error::StoreError;
use crate::seal::seal;

pub(crate) const COLUMNS: &str = "credential, key, body_hash, task, attempt, answer, reply, at, seal";

/// What was answered to a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Whose delivery it was. Keys of different credentials never meet.
    pub credential: CredentialId,
    /// Hash of the delivery's body.
    pub body_hash: ContentHash,
    /// The answer, with the delivery's key and its task.
    pub answer: DeliveryAnswer,
    /// The attempt that the delivery was recorded as, if it was.
    pub attempt: Option<AttemptId>,
    /// When.
    pub at: Timestamp,
}

/// What is known of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// It comes for the first time.
    New,
    /// It came before, with this body: its answer, marked as replayed.
    Repeated(DeliveryAnswer),
    /// Its key came before, with another body.
    KeyReused,
}

/// Looks a delivery up.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn look(
    tx: &mut dyn Tx,
    credential: CredentialId,
    key: CompletionId,
    body: ContentHash,
) -> Result<Delivery, StoreError> {
    Ok(match find(tx, credential, key)? {
        None => Delivery::New,
        Some(receipt) if receipt.body_hash == body => {
            Delivery::Repeated(DeliveryAnswer { replayed: true, ..receipt.answer })
        }
        Some(_) => Delivery::KeyReused,
    })
}

/// The receipt of a delivery, if it has one.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn find(
    tx: &mut dyn Tx,
    credential: CredentialId,
    key: CompletionId,
) -> Result<Option<Receipt>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM receipt WHERE credential = ?1 AND key = ?2");
    one(tx, &sql, args![credential, key])?.map(|row| receipt(&row)).transpose()
}

/// Stores a receipt, in the transaction that holds what it acknowledges.
///
/// # Errors
/// [`StoreError::Constraint`] when the delivery has one already.
pub fn insert(tx: &mut dyn Tx, receipt: &Receipt) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO receipt ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    let answer = &receipt.answer;
    let args = args![
        receipt.credential,
        answer.key,
        receipt.body_hash,
        answer.task,
        receipt.attempt,
        word(&answer.answer)?,
        json(answer)?,
        receipt.at,
        facts(receipt)?,
    ];
    tx.exec(&sql, args).map(drop)
}

/// The seal of a receipt: all of it.
pub(crate) fn facts(receipt: &Receipt) -> Result<ContentHash, StoreError> {
    seal(&(receipt.credential, receipt.body_hash, &receipt.answer, receipt.attempt, receipt.at))
}

pub(crate) fn receipt(row: &Row) -> Result<Receipt, StoreError> {
    Ok(Receipt {
        credential: row.get("credential")?,
        body_hash: row.get("body_hash")?,
        answer: row.json("reply")?,
        attempt: row.get("attempt")?,
        at: row.get("at")?,
    })
}
