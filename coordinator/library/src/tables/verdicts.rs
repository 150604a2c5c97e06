//! Verdicts: judges' opinions, one for each judge task.

use hafs_proto::verdict::{Opinion, RubricRef};
use hafs_proto::{SampleId, TeacherName, Verdict};

use crate::db::{Row, Tx, args, json};
use crate::error::StoreError;
use crate::seal::seal;

pub(crate) const COLUMNS: &str = "id, sample, task, attempt, worker, judge, rubric_name, rubric_version, score, \
     criteria, created_at, seal";

/// Stores a verdict.
///
/// # Errors
/// [`StoreError::Constraint`] when its task has one already or a link is not in the library.
pub fn insert(tx: &mut dyn Tx, verdict: &Verdict) -> Result<(), StoreError> {
    let sql =
        format!("INSERT INTO verdict ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
    let opinion = &verdict.opinion;
    let args = args![
        verdict.id,
        verdict.sample,
        verdict.task,
        verdict.attempt,
        verdict.worker,
        &verdict.judge,
        &opinion.rubric.name,
        opinion.rubric.version,
        opinion.score,
        json(&opinion.criteria)?,
        verdict.created_at,
        seal(verdict)?,
    ];
    tx.exec(&sql, args).map(drop)
}

/// The verdicts on a sample, oldest first.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn of_sample(tx: &mut dyn Tx, sample: SampleId) -> Result<Vec<Verdict>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM verdict WHERE sample = ?1 ORDER BY id");
    tx.query(&sql, args![sample])?.iter().map(verdict).collect()
}

/// The verdicts on a sample that count: those that no quarantine has made void. Oldest first.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn standing(tx: &mut dyn Tx, sample: SampleId) -> Result<Vec<Verdict>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM verdict WHERE sample = ?1 AND NOT EXISTS (SELECT 1 FROM quarantine_verdict q \
         WHERE q.verdict = verdict.id AND q.lifted = 0) ORDER BY id"
    );
    tx.query(&sql, args![sample])?.iter().map(verdict).collect()
}

/// A judge whose verdict on a sample does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Void {
    /// The judge.
    pub judge: TeacherName,
    /// Whether a quarantine speaks against the judge itself, whichever worker asks it.
    pub judge_itself: bool,
}

/// The judges of a sample whose verdicts do not count, one for each verdict.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn void(tx: &mut dyn Tx, sample: SampleId) -> Result<Vec<Void>, StoreError> {
    let sql = "SELECT v.id, v.judge, MAX(CASE WHEN k.teacher IS NOT NULL AND k.worker IS NULL THEN 1 ELSE 0 END) \
               AS itself FROM verdict v JOIN quarantine_verdict q ON q.verdict = v.id AND q.lifted = 0 \
               JOIN quarantine k ON k.id = q.quarantine WHERE v.sample = ?1 GROUP BY v.id, v.judge ORDER BY v.id";
    let void =
        |row: &Row| Ok(Void { judge: row.get("judge")?, judge_itself: row.get::<i64>("itself")? == 1 });
    tx.query(sql, args![sample])?.iter().map(void).collect()
}

pub(crate) fn verdict(row: &Row) -> Result<Verdict, StoreError> {
    let rubric = RubricRef { name: row.get("rubric_name")?, version: row.get("rubric_version")? };
    Ok(Verdict {
        id: row.get("id")?,
        sample: row.get("sample")?,
        task: row.get("task")?,
        attempt: row.get("attempt")?,
        worker: row.get("worker")?,
        judge: row.get("judge")?,
        opinion: Opinion { rubric, score: row.get("score")?, criteria: row.json("criteria")? },
        created_at: row.get("created_at")?,
    })
}

/// The judges of a sample with the model that each one's provider says it served; empty text where it says
/// nothing.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn served(tx: &mut dyn Tx, sample: SampleId) -> Result<Vec<(TeacherName, String)>, StoreError> {
    let sql = "SELECT v.judge, COALESCE(c.served_model, '') AS served FROM verdict v LEFT JOIN call c \
               ON c.attempt = v.attempt AND c.seq = (SELECT MAX(x.seq) FROM call x WHERE x.attempt = v.attempt) \
               WHERE v.sample = ?1 ORDER BY v.id";
    let pair = |row: &Row| Ok((row.get("judge")?, row.get("served")?));
    tx.query(sql, args![sample])?.iter().map(pair).collect()
}
