//! Facts about the library itself.

use hafs_proto::lease::LeaseKey;
use hafs_proto::{ContentHash, Generation, Timestamp};

use super::audit;
use crate::db::{Tx, args, one};
use crate::error::StoreError;

/// How far a restore moves the generation: further than any library ever counts by itself.
const RESTORE_JUMP: u64 = 1 << 32;

/// What a library is born with: random bytes, given by the caller because nothing here is random.
#[derive(Clone)]
pub struct Birth {
    /// Tells this library from every other, and from itself before a restore.
    pub incarnation: [u8; 16],
    /// The secret that signs lease tokens.
    pub lease_key: [u8; 32],
}

impl std::fmt::Debug for Birth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Birth(<redacted>)")
    }
}

/// A fact, if the library has it.
pub(crate) fn find(tx: &mut dyn Tx, key: &str) -> Result<Option<String>, StoreError> {
    one(tx, "SELECT value FROM meta WHERE key = ?1", args![key])?.map(|row| row.get("value")).transpose()
}

fn get(tx: &mut dyn Tx, key: &'static str) -> Result<String, StoreError> {
    find(tx, key)?.ok_or_else(|| StoreError::missing("fact", key))
}

/// Stores a fact.
pub(crate) fn put(tx: &mut dyn Tx, key: &str, value: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    tx.exec(sql, args![key, value]).map(drop)
}

/// Gives a new library its facts in one statement; an existing one keeps its own.
pub(crate) fn settle(tx: &mut dyn Tx, birth: &Birth, now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO meta (key, value) VALUES ('incarnation', ?1), ('lease_key', ?2), ('generation', '0'), \
               ('created_at', ?3), ('audit_root', ?4), ('audit_head', ?5) ON CONFLICT (key) DO NOTHING";
    let (incarnation, key) = (hex(&birth.incarnation), hex(&birth.lease_key));
    let root = audit::root_of(&incarnation);
    let head = audit::Head { seq: 0, hash: root };
    tx.exec(sql, args![incarnation, key, now.to_string(), root.to_string(), head.to_string()]).map(drop)
}

/// Makes a restored copy another library than the one that it was copied from. Returns both incarnations, the one
/// before and the one from now on.
pub(crate) fn reincarnate(tx: &mut dyn Tx, incarnation: [u8; 16]) -> Result<(String, String), StoreError> {
    let (before, after) = (self::incarnation(tx)?, hex(&incarnation));
    put(tx, "incarnation", &after)?;
    let moved = generation(tx)?.0.saturating_add(RESTORE_JUMP);
    put(tx, "generation", &moved.to_string())?;
    Ok((before, after))
}

/// When the library was made.
///
/// # Errors
/// [`StoreError::Column`] when it is damaged.
pub fn created_at(tx: &mut dyn Tx) -> Result<Timestamp, StoreError> {
    let text = get(tx, "created_at")?;
    text.parse().map_err(|error| damaged(&format!("created_at: {error}")))
}

/// What the first entry of the audit log follows.
pub(crate) fn audit_root(tx: &mut dyn Tx) -> Result<ContentHash, StoreError> {
    let text = get(tx, "audit_root")?;
    text.parse().map_err(|_| damaged("audit_root: expected 64 hex digits"))
}

/// The end of the audit log as it was last written, so that entries cut off its end are missed.
pub(crate) fn audit_head(tx: &mut dyn Tx) -> Result<audit::Head, StoreError> {
    let text = get(tx, "audit_head")?;
    text.parse().map_err(|error: audit::HeadError| damaged(&format!("audit_head: {error}")))
}

/// Notes the end of the audit log.
pub(crate) fn set_audit_head(tx: &mut dyn Tx, head: audit::Head) -> Result<(), StoreError> {
    put(tx, "audit_head", &head.to_string())
}

/// What tells this library from every other: 32 hex digits.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn incarnation(tx: &mut dyn Tx) -> Result<String, StoreError> {
    get(tx, "incarnation")
}

/// The secret that signs lease tokens.
///
/// # Errors
/// [`StoreError::Column`] when it is damaged.
pub fn lease_key(tx: &mut dyn Tx) -> Result<LeaseKey, StoreError> {
    let text = get(tx, "lease_key")?;
    unhex(&text).map(LeaseKey::new).ok_or_else(|| damaged("lease_key: expected 64 hex digits"))
}

/// The life of the queue index that leases belong to now.
///
/// # Errors
/// [`StoreError::Column`] when it is damaged.
pub fn generation(tx: &mut dyn Tx) -> Result<Generation, StoreError> {
    let text = get(tx, "generation")?;
    text.parse().map(Generation).map_err(|_| damaged("generation: expected a number"))
}

/// Begins a new life of the queue index: call it before the queue is rebuilt.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn next_generation(tx: &mut dyn Tx) -> Result<Generation, StoreError> {
    let next = Generation(generation(tx)?.0.saturating_add(1));
    put(tx, "generation", &next.0.to_string())?;
    Ok(next)
}

/// Notes that an index of this generation was met: what the library counts next is higher.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn raise_generation(tx: &mut dyn Tx, met: Generation) -> Result<(), StoreError> {
    if generation(tx)? < met { put(tx, "generation", &met.0.to_string()) } else { Ok(()) }
}

/// Writes the time, and by that proves that the library can be written: for the readiness probe.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn beat(tx: &mut dyn Tx, now: Timestamp) -> Result<(), StoreError> {
    put(tx, "beat_at", &now.to_string())
}

/// A fact that cannot be read.
pub(crate) fn damaged(problem: &str) -> StoreError {
    StoreError::Column { table: "meta".to_owned(), column: "value".to_owned(), problem: problem.to_owned() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    // A hash reads exactly 64 lower-case hex digits.
    text.parse::<hafs_proto::ContentHash>().ok().map(|hash| *hash.as_bytes())
}
