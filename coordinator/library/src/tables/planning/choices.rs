//! What the planner can choose from.

use std::collections::{BTreeMap, BTreeSet};

use hafs_proto::{
    BoundedText, ContentHash, GeneratorName, Reason, ReasonClass, RunId, SampleId, SeedId, SeedKind,
    SourceName, TeacherName,
};

use crate::db::{Filter, Row, Tx, args};
use crate::error::StoreError;

/// A seed that some generator of the run has not had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanSeed {
    /// The seed.
    pub id: SeedId,
    /// What it is.
    pub kind: SeedKind,
    /// What its routine can be rewritten for, in words; empty for all that is no routine.
    pub rewrites: String,
    /// Its split group.
    pub group: BoundedText<1024>,
    /// Generators that have had it.
    pub tried: BTreeSet<GeneratorName>,
}

/// A rejected sample that another try may better.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixable {
    /// The sample.
    pub sample: SampleId,
    /// Its seed.
    pub seed: SeedId,
    /// Its generator.
    pub generator: GeneratorName,
    /// Its teacher.
    pub teacher: TeacherName,
    /// The round that made it.
    pub round: u32,
}

/// The states that the harvest tasks of a run are in, by route.
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

/// Which seeds a generator takes.
#[derive(Debug, Clone, Copy)]
pub struct SeedsWanted<'a> {
    /// The generator.
    pub generator: &'a GeneratorName,
    /// Of these kinds.
    pub kinds: &'a [SeedKind],
    /// Of routines that can be rewritten for this; absent: of all.
    pub rewrite: Option<&'a str>,
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
    wanted: SeedsWanted<'_>,
    limit: u32,
) -> Result<Vec<PlanSeed>, StoreError> {
    let mut filter = Filter::default();
    filter.among("seed.kind", wanted.kinds.iter().map(|kind| kind.word()));
    if let Some(word) = wanted.rewrite {
        filter.always("seed.rewrites <> ''");
        filter.and("' ' || seed.rewrites || ' ' LIKE ?", format!("% {word} %"));
    }
    filter.among("seed.source", sources);
    let (run_arg, name) = (filter.arg(run), filter.arg(wanted.generator));
    filter.always(&format!(
        "NOT EXISTS (SELECT 1 FROM task WHERE task.seed = seed.id AND task.run = {run_arg} AND task.generator = {name})"
    ));
    filter.always(&format!(
        "NOT EXISTS (SELECT 1 FROM sample WHERE sample.seed = seed.id AND sample.generator = {name} \
         AND sample.state = 'accepted')"
    ));
    let sql = format!(
        "SELECT id, kind, rewrites, group_key FROM seed{} ORDER BY id LIMIT {limit}",
        filter.clause()
    );
    let rows = tx.query(&sql, filter.args())?;
    rows.iter().map(|row| plan_seed(tx, run, row)).collect()
}

fn plan_seed(tx: &mut dyn Tx, run: RunId, row: &Row) -> Result<PlanSeed, StoreError> {
    let id: SeedId = row.get("id")?;
    let sql = "SELECT DISTINCT generator FROM task WHERE seed = ?1 AND run = ?2 AND generator IS NOT NULL";
    let tried =
        tx.query(sql, args![id, run])?.iter().map(|row| row.get("generator")).collect::<Result<_, _>>()?;
    Ok(PlanSeed {
        id,
        kind: row.word("kind")?,
        rewrites: row.get("rewrites")?,
        group: row.get("group_key")?,
        tried,
    })
}

/// Samples rejected for fixable reasons only, whose round is below `repairs` and has no later round yet. Each
/// task is represented by its first rejected sample; oldest first.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn fixable(tx: &mut dyn Tx, run: RunId, repairs: u32, limit: u32) -> Result<Vec<Fixable>, StoreError> {
    let mut filter = Filter::default();
    filter.and("s.run = ?", run);
    filter.always("s.state = 'rejected'");
    filter.and("t.round < ?", repairs);
    let systemic = Reason::ALL.iter().filter(|reason| reason.class() == ReasonClass::Systemic);
    let codes: Vec<String> = systemic.map(|reason| filter.arg(reason.code())).collect();
    filter.always(&format!(
        "NOT EXISTS (SELECT 1 FROM sample_reason r WHERE r.sample = s.id AND r.reason IN ({}))",
        codes.join(", ")
    ));
    filter.always(
        "NOT EXISTS (SELECT 1 FROM task n WHERE n.seed = t.seed AND n.run = t.run AND n.generator = t.generator \
         AND n.round > t.round)",
    );
    filter
        .always("s.slot = (SELECT MIN(x.slot) FROM sample x WHERE x.task = s.task AND x.state = 'rejected')");
    let sql = format!(
        "SELECT s.id, t.seed, t.generator, t.teacher, t.round FROM sample s JOIN task t ON t.id = s.task{} \
         ORDER BY s.id LIMIT {limit}",
        filter.clause()
    );
    tx.query(&sql, filter.args())?.iter().map(fixable_row).collect()
}

fn fixable_row(row: &Row) -> Result<Fixable, StoreError> {
    Ok(Fixable {
        sample: row.get("id")?,
        seed: row.get("seed")?,
        generator: row.get("generator")?,
        teacher: row.get("teacher")?,
        round: row.get("round")?,
    })
}

/// Accepted samples of a run that are no augmentation and have none yet, with the identity of their content; oldest
/// first.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn parents(tx: &mut dyn Tx, run: RunId, limit: u32) -> Result<Vec<(SampleId, ContentHash)>, StoreError> {
    let sql = "SELECT id, content_hash FROM sample WHERE run = ?1 AND state = 'accepted' AND parent IS NULL \
               AND NOT EXISTS (SELECT 1 FROM task WHERE task.sample = sample.id AND task.kind = 'augment') \
               ORDER BY id LIMIT ?2";
    let pair = |row: &Row| Ok((row.get("id")?, row.get("content_hash")?));
    tx.query(sql, args![run, limit])?.iter().map(pair).collect()
}
