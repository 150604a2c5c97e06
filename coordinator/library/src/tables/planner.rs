//! What the planner looks at.

use std::collections::BTreeMap;

use hafs_proto::{
    Domain, GeneratorName, Reason, ReasonClass, RunId, SampleId, SeedId, TaskKind, TeacherName,
};

use crate::db::{Filter, Row, Tx, args, scalar};
use crate::error::StoreError;

/// What is under way in a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InFlight {
    /// Open tasks by kind.
    pub tasks: BTreeMap<TaskKind, u64>,
    /// Samples that are not decided yet.
    pub candidates: u64,
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

/// How often a reason was given to a generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopReason {
    /// The reason.
    pub reason: Reason,
    /// Rejected samples that have it.
    pub samples: u64,
}

/// What is under way in a run.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn in_flight(tx: &mut dyn Tx, run: RunId) -> Result<InFlight, StoreError> {
    let sql = "SELECT kind, COUNT(*) AS n FROM task WHERE run = ?1 AND state = 'open' GROUP BY kind";
    let rows = tx.query(sql, args![run])?;
    let tasks =
        rows.iter().map(|row| Ok((row.word("kind")?, row.get("n")?))).collect::<Result<_, StoreError>>()?;
    let undecided = "SELECT COUNT(*) AS n FROM sample WHERE run = ?1 AND state = 'candidate'";
    Ok(InFlight { tasks, candidates: scalar(tx, undecided, args![run])? })
}

/// Accepted samples of a run.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn accepted(tx: &mut dyn Tx, run: RunId) -> Result<u64, StoreError> {
    scalar(tx, "SELECT COUNT(*) AS n FROM sample WHERE run = ?1 AND state = 'accepted'", args![run])
}

/// Accepted samples of a run by split group.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn accepted_per_group(tx: &mut dyn Tx, run: RunId) -> Result<BTreeMap<String, u64>, StoreError> {
    let sql = "SELECT group_key, COUNT(*) AS n FROM sample WHERE run = ?1 AND state = 'accepted' GROUP BY group_key";
    tx.query(sql, args![run])?.iter().map(|row| Ok((row.get("group_key")?, row.get("n")?))).collect()
}

/// Accepted samples of a run by domain.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn accepted_per_domain(tx: &mut dyn Tx, run: RunId) -> Result<BTreeMap<Domain, u64>, StoreError> {
    let sql =
        "SELECT domain, COUNT(*) AS n FROM sample WHERE run = ?1 AND state = 'accepted' GROUP BY domain";
    tx.query(sql, args![run])?.iter().map(|row| Ok((row.get("domain")?, row.get("n")?))).collect()
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
