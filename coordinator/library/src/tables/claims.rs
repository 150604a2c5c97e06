//! Who reported which check, and whether somebody else has repeated it.

use hafs_proto::people::{ClaimView, Repetition};
use hafs_proto::{Check, CheckName, ContentHash, SampleId, TaskId, Timestamp, WorkerId};

use super::checks;
use crate::db::{Row, Tx, args, one, scalar};
use crate::error::StoreError;
use crate::seal::seal;

/// A check that a worker reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Of this sample.
    pub sample: SampleId,
    /// Which of its checks.
    pub seq: u32,
    /// Who reported it.
    pub worker: WorkerId,
    /// By which task.
    pub task: TaskId,
    /// When.
    pub at: Timestamp,
}

/// Notes who reported a check.
///
/// # Errors
/// [`StoreError::Constraint`] when its sample, worker or task is not in the library.
pub fn insert(
    tx: &mut dyn Tx,
    claim: &Claim,
    repetition: Repetition,
    repeated_by: Option<TaskId>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO check_claim (sample, seq, worker, task, repeated_by, repetition, void, at, seal) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8)";
    let Claim { sample, seq, worker, task, at } = *claim;
    let args = args![sample, seq, worker, task, repeated_by, repetition.word(), at, facts(claim)?];
    tx.exec(sql, args).map(drop)
}

/// The seal of what never changes in a claim.
pub(crate) fn facts(claim: &Claim) -> Result<ContentHash, StoreError> {
    let Claim { sample, seq, worker, task, at } = claim;
    seal(&(sample, seq, worker, task, at))
}

pub(crate) fn claim(row: &Row) -> Result<Claim, StoreError> {
    Ok(Claim {
        sample: row.get("sample")?,
        seq: row.get("seq")?,
        worker: row.get("worker")?,
        task: row.get("task")?,
        at: row.get("at")?,
    })
}

/// The claims of a sample, in the order of its checks.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn of_sample(tx: &mut dyn Tx, sample: SampleId) -> Result<Vec<ClaimView>, StoreError> {
    let sql = "SELECT seq, worker, repetition, void FROM check_claim WHERE sample = ?1 ORDER BY seq";
    let view = |row: &Row| {
        Ok(ClaimView {
            check: row.get("seq")?,
            worker: row.get("worker")?,
            repetition: row.word("repetition")?,
            void: row.get("void")?,
        })
    };
    tx.query(sql, args![sample])?.iter().map(view).collect()
}

/// Whether a repetition of one of a sample's checks is under way.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn is_awaited(tx: &mut dyn Tx, sample: SampleId) -> Result<bool, StoreError> {
    let sql = "SELECT k.seq FROM check_claim k JOIN task t ON t.id = k.repeated_by WHERE k.sample = ?1 \
               AND k.repetition = 'asked' AND k.void = 0 AND t.state = 'open' LIMIT 1";
    Ok(one(tx, sql, args![sample])?.is_some())
}

/// The claim that a task repeats, with the check, unless it has been dealt with.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn repeated_by(tx: &mut dyn Tx, task: TaskId) -> Result<Option<(Claim, Check)>, StoreError> {
    let sql = "SELECT sample, seq, worker, task, at FROM check_claim WHERE repeated_by = ?1 AND repetition = 'asked'";
    let Some(row) = one(tx, sql, args![task])? else { return Ok(None) };
    let claim = claim(&row)?;
    let all = checks::of_sample(tx, claim.sample)?;
    let check = usize::try_from(claim.seq).ok().and_then(|seq| all.into_iter().nth(seq));
    let check = check.ok_or_else(|| StoreError::missing("check of", claim.sample))?;
    Ok(Some((claim, check.check)))
}

/// Notes what came of repeating a check.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn set(tx: &mut dyn Tx, claim: &Claim, repetition: Repetition) -> Result<(), StoreError> {
    let sql = "UPDATE check_claim SET repetition = ?3 WHERE sample = ?1 AND seq = ?2";
    tx.exec(sql, args![claim.sample, claim.seq, repetition.word()]).map(drop)
}

/// How many checks of a worker others have confirmed since it was last contradicted.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn confirmed(tx: &mut dyn Tx, worker: WorkerId) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) AS n FROM check_claim WHERE worker = ?1 AND repetition = 'confirmed' AND at > \
               COALESCE((SELECT MAX(x.at) FROM check_claim x WHERE x.worker = ?1 AND x.repetition = 'contradicted'), -1)";
    scalar(tx, sql, args![worker])
}

/// Lets nothing count that a worker has reported. Returns how many checks that are.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn void(tx: &mut dyn Tx, worker: WorkerId) -> Result<u64, StoreError> {
    let sql = "UPDATE check_claim SET void = 1 WHERE worker = ?1 AND void = 0";
    tx.exec(sql, args![worker])
}

/// Lets what a worker has reported count again, but for what was contradicted.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn count_again(tx: &mut dyn Tx, worker: WorkerId) -> Result<(), StoreError> {
    let sql =
        "UPDATE check_claim SET void = 0 WHERE worker = ?1 AND void = 1 AND repetition <> 'contradicted'";
    tx.exec(sql, args![worker]).map(drop)
}

/// How many outcomes of a check of a sample do not count.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn void_of(tx: &mut dyn Tx, sample: SampleId, name: &CheckName) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) AS n FROM check_claim k JOIN check_result c ON c.sample = k.sample AND c.seq = k.seq \
               WHERE k.sample = ?1 AND c.name = ?2 AND k.void = 1";
    scalar(tx, sql, args![sample, name])
}
