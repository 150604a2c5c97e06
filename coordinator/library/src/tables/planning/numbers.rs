//! A run in numbers.

use std::collections::BTreeMap;

use hafs_proto::{GeneratorName, MicroUsd, Reason, RunId, TaskKind, TeacherName};

use crate::db::{Row, Tx, args, scalar};
use crate::error::StoreError;

/// Samples and tasks of a run in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbers {
    /// Samples accepted.
    pub accepted: u64,
    /// Of these, augmentations.
    pub augmented: u64,
    /// Samples accepted, rejected or quarantined.
    pub decided: u64,
    /// Samples not decided yet.
    pub candidates: u64,
    /// Generate and augment tasks that are done or dead.
    pub finished: u64,
    /// Open tasks by kind.
    pub open: BTreeMap<TaskKind, u64>,
    /// The dearest task so far.
    pub dearest_task: MicroUsd,
}

/// How often a reason was given to a generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopReason {
    /// The reason.
    pub reason: Reason,
    /// Rejected samples that have it.
    pub samples: u64,
}

/// Counts the samples and tasks of a run.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn numbers(tx: &mut dyn Tx, run: RunId) -> Result<Numbers, StoreError> {
    let sql =
        "SELECT state, COUNT(*) AS n, COUNT(parent) AS derived FROM sample WHERE run = ?1 GROUP BY state";
    let mut numbers = Numbers::default();
    for row in tx.query(sql, args![run])? {
        let (state, n): (String, u64) = (row.get("state")?, row.get("n")?);
        match state.as_str() {
            "candidate" => numbers.candidates = n,
            "accepted" => {
                numbers.accepted = n;
                numbers.augmented = row.get("derived")?;
                numbers.decided += n;
            }
            _ => numbers.decided += n,
        }
    }
    let sql = "SELECT kind, state, COUNT(*) AS n FROM task WHERE run = ?1 GROUP BY kind, state";
    for row in tx.query(sql, args![run])? {
        let (kind, state, n): (TaskKind, String, u64) = (row.word("kind")?, row.get("state")?, row.get("n")?);
        let makes_samples = kind == TaskKind::Generate || kind == TaskKind::Augment;
        match state.as_str() {
            "open" => drop(numbers.open.insert(kind, n)),
            "done" | "dead" if makes_samples => numbers.finished += n,
            _ => {}
        }
    }
    let sql = "SELECT CAST(COALESCE(MAX(cost), 0) AS BIGINT) AS n FROM (SELECT SUM(cost) AS cost FROM call WHERE run = ?1 GROUP BY attempt) AS c";
    numbers.dearest_task = MicroUsd(scalar(tx, sql, args![run])?);
    Ok(numbers)
}

/// First-round generate tasks of a run by generator and teacher, in whatever state.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn planned(
    tx: &mut dyn Tx,
    run: RunId,
) -> Result<BTreeMap<(GeneratorName, TeacherName), u64>, StoreError> {
    let sql = "SELECT generator, teacher, COUNT(*) AS n FROM task WHERE run = ?1 AND kind = 'generate' AND round = 0 \
               GROUP BY generator, teacher";
    let pair = |row: &Row| Ok(((row.get("generator")?, row.get("teacher")?), row.get("n")?));
    tx.query(sql, args![run])?.iter().map(pair).collect()
}

/// Generate tasks of a run by split group.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn planned_per_group(tx: &mut dyn Tx, run: RunId) -> Result<BTreeMap<String, u64>, StoreError> {
    let sql = "SELECT seed.group_key AS g, COUNT(*) AS n FROM task JOIN seed ON seed.id = task.seed \
               WHERE task.run = ?1 AND task.kind = 'generate' GROUP BY seed.group_key";
    tx.query(sql, args![run])?.iter().map(|row| Ok((row.get("g")?, row.get("n")?))).collect()
}

/// Accepted samples of a run by split group.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn accepted_per_group(tx: &mut dyn Tx, run: RunId) -> Result<BTreeMap<String, u64>, StoreError> {
    let sql = "SELECT group_key, COUNT(*) AS n FROM sample WHERE run = ?1 AND state = 'accepted' GROUP BY group_key";
    tx.query(sql, args![run])?.iter().map(|row| Ok((row.get("group_key")?, row.get("n")?))).collect()
}

/// The commonest reasons for which a generator's samples were rejected in a run, commonest first.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn top_reasons(
    tx: &mut dyn Tx,
    run: RunId,
    generator: &GeneratorName,
    limit: u32,
) -> Result<Vec<TopReason>, StoreError> {
    let sql = "SELECT r.reason, COUNT(*) AS n FROM sample s JOIN sample_reason r ON r.sample = s.id \
               WHERE s.run = ?1 AND s.state = 'rejected' AND s.generator = ?2 GROUP BY r.reason \
               ORDER BY n DESC, r.reason LIMIT ?3";
    let top = |row: &Row| Ok(TopReason { reason: row.get("reason")?, samples: row.get("n")? });
    tx.query(sql, args![run, generator, limit])?.iter().map(top).collect()
}
