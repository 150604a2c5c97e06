//! A run in numbers and lists, as the planner needs it: read in one transaction, so that the parts agree.

use std::collections::{BTreeMap, BTreeSet};

use hafs_proto::{
    BoundedText, GeneratorName, MicroUsd, RunId, SampleId, SeedId, SeedKind, SourceName, TaskKind,
    TeacherName,
};

use crate::db::{Filter, Row, Tx, args, scalar};
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

/// A seed that some generator of the run has not had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanSeed {
    /// The seed.
    pub id: SeedId,
    /// What it is.
    pub kind: SeedKind,
    /// Its split group.
    pub group: BoundedText<1024>,
    /// Generators that have had it.
    pub tried: BTreeSet<GeneratorName>,
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
    let sql = "SELECT COALESCE(MAX(cost), 0) AS n FROM (SELECT SUM(cost) AS cost FROM call WHERE run = ?1 GROUP BY attempt) AS c";
    numbers.dearest_task = MicroUsd(scalar(tx, sql, args![run])?);
    Ok(numbers)
}

/// Seeds of these sources that a generator of the run has not had in this run and that gave no accepted sample
/// with it in an earlier one; those that were tried least first, then oldest.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn seeds(
    tx: &mut dyn Tx,
    run: RunId,
    sources: &[SourceName],
    (generator, kinds): (&GeneratorName, &[SeedKind]),
    limit: u32,
) -> Result<Vec<PlanSeed>, StoreError> {
    let mut filter = Filter::default();
    filter.among("seed.kind", kinds.iter().map(|kind| kind.word()));
    filter.among("seed.source", sources);
    let (run_arg, name) = (filter.arg(run), filter.arg(generator));
    filter.always(&format!(
        "NOT EXISTS (SELECT 1 FROM task WHERE task.seed = seed.id AND task.run = {run_arg} AND task.generator = {name})"
    ));
    filter.always(&format!(
        "NOT EXISTS (SELECT 1 FROM sample WHERE sample.seed = seed.id AND sample.generator = {name} \
         AND sample.state = 'accepted')"
    ));
    let sql = format!("SELECT id, kind, group_key FROM seed{} ORDER BY id LIMIT {limit}", filter.clause());
    let rows = tx.query(&sql, filter.args())?;
    rows.iter().map(|row| plan_seed(tx, run, row)).collect()
}

fn plan_seed(tx: &mut dyn Tx, run: RunId, row: &Row) -> Result<PlanSeed, StoreError> {
    let id: SeedId = row.get("id")?;
    let sql = "SELECT DISTINCT generator FROM task WHERE seed = ?1 AND run = ?2 AND generator IS NOT NULL";
    let tried =
        tx.query(sql, args![id, run])?.iter().map(|row| row.get("generator")).collect::<Result<_, _>>()?;
    Ok(PlanSeed { id, kind: row.word("kind")?, group: row.get("group_key")?, tried })
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

/// Sources of a run that have an open harvest task, by route.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn harvest_tasks(tx: &mut dyn Tx, run: RunId) -> Result<BTreeMap<String, BTreeSet<String>>, StoreError> {
    let sql = "SELECT DISTINCT route, state FROM task WHERE run = ?1 AND kind = 'harvest'";
    let mut routes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in tx.query(sql, args![run])? {
        routes.entry(row.get("route")?).or_default().insert(row.get("state")?);
    }
    Ok(routes)
}

/// Accepted samples of a run that are no augmentation and have none yet, oldest first.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn parents(tx: &mut dyn Tx, run: RunId, limit: u32) -> Result<Vec<SampleId>, StoreError> {
    let sql = "SELECT id FROM sample WHERE run = ?1 AND state = 'accepted' AND parent IS NULL \
               AND NOT EXISTS (SELECT 1 FROM task WHERE task.sample = sample.id AND task.kind = 'augment') \
               ORDER BY id LIMIT ?2";
    tx.query(sql, args![run, limit])?.iter().map(|row| row.get("id")).collect()
}
