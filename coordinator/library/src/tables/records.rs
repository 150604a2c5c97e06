//! What teachers and generators have come to of late. Ids begin with their time, so that the newest rows of a span are the
//! end of an index, and every question here reads a bounded number of rows however large the library is.

use std::collections::BTreeMap;

use hafs_proto::people::{ReasonCount, TeacherRecord, Yield};
use hafs_proto::{
    AttemptId, Domain, GeneratorName, RunId, SampleId, Score, TeacherName, Timestamp, VerdictId,
};
use uuid::Uuid;

use super::runs;
use crate::db::{Row, Tx, args};
use crate::error::StoreError;

/// Rows of each kind that are looked at.
const NEWEST: u32 = 20_000;
/// Samples of a run in one state that are looked at.
const OF_RUN: u32 = 5_000;

const CALLS: &str = "SELECT teacher, COUNT(*) AS calls, CAST(SUM(CASE WHEN error IS NULL THEN 0 ELSE 1 END) AS BIGINT) \
     AS failed, CAST(SUM(latency_ms) AS BIGINT) AS taken, MAX(latency_ms) AS slowest, \
     CAST(SUM(input_tokens) AS BIGINT) AS input, CAST(SUM(output_tokens) AS BIGINT) AS output, \
     CAST(SUM(cost) AS BIGINT) AS cost FROM (SELECT teacher, error, latency_ms, input_tokens, output_tokens, cost \
     FROM call WHERE attempt >= ?1 ORDER BY attempt DESC LIMIT ?2) AS newest GROUP BY teacher";
const SAMPLES: &str = "SELECT teacher, state, COUNT(*) AS n FROM (SELECT teacher, state FROM sample WHERE id >= ?1 \
     ORDER BY id DESC LIMIT ?2) AS newest GROUP BY teacher, state";
const VERDICTS: &str = "SELECT v.judge, s.run, s.state, v.score, COUNT(*) AS n FROM (SELECT id, judge, sample, score \
     FROM verdict WHERE id >= ?1 ORDER BY id DESC LIMIT ?2) AS v JOIN sample s ON s.id = v.sample \
     WHERE s.state IN ('accepted', 'rejected') AND NOT EXISTS (SELECT 1 FROM quarantine_verdict q \
     WHERE q.verdict = v.id AND q.lifted = 0) GROUP BY v.judge, s.run, s.state, v.score";
const YIELDS: &str = "SELECT domain, generator, COUNT(*) AS n FROM (SELECT domain, generator FROM sample \
     WHERE run = ?1 AND state = ?2 ORDER BY id DESC LIMIT ?3) AS newest GROUP BY domain, generator";
const REASONS: &str = "SELECT s.domain, s.generator, r.reason, COUNT(*) AS anywhere, \
     CAST(SUM(CASE WHEN r.position = 0 THEN 1 ELSE 0 END) AS BIGINT) AS first FROM (SELECT id, domain, generator \
     FROM sample WHERE run = ?1 AND state = 'rejected' ORDER BY id DESC LIMIT ?2) AS s \
     JOIN sample_reason r ON r.sample = s.id GROUP BY s.domain, s.generator, r.reason \
     ORDER BY first DESC, anywhere DESC, r.reason";

/// What each teacher did since a moment, by name.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn of_teachers(tx: &mut dyn Tx, since: Timestamp) -> Result<Vec<TeacherRecord>, StoreError> {
    let mut records = BTreeMap::new();
    for row in tx.query(CALLS, args![first::<AttemptId>(since), NEWEST])? {
        called(record(&mut records, row.get("teacher")?), &row)?;
    }
    for row in tx.query(SAMPLES, args![first::<SampleId>(since), NEWEST])? {
        let record = record(&mut records, row.get("teacher")?);
        match row.get::<String>("state")?.as_str() {
            "accepted" => record.accepted = row.get("n")?,
            "rejected" => record.rejected = row.get("n")?,
            _ => {}
        }
    }
    judged(tx, since, &mut records)?;
    Ok(records.into_values().collect())
}

fn record(records: &mut BTreeMap<TeacherName, TeacherRecord>, teacher: TeacherName) -> &mut TeacherRecord {
    records.entry(teacher.clone()).or_insert_with(|| TeacherRecord::of(teacher))
}

fn called(record: &mut TeacherRecord, row: &Row) -> Result<(), StoreError> {
    record.calls = row.get("calls")?;
    record.failed = row.get("failed")?;
    record.latency_ms = row.get::<u64>("taken")?.checked_div(record.calls).unwrap_or(0);
    record.slowest_ms = row.get("slowest")?;
    record.input_tokens = row.get("input")?;
    record.output_tokens = row.get("output")?;
    record.cost = row.get("cost")?;
    Ok(())
}

/// A verdict goes with a sample's fate when it is above what its run asks for and the sample is accepted, or neither.
fn judged(
    tx: &mut dyn Tx,
    since: Timestamp,
    records: &mut BTreeMap<TeacherName, TeacherRecord>,
) -> Result<(), StoreError> {
    let mut asked: BTreeMap<RunId, Score> = BTreeMap::new();
    for row in tx.query(VERDICTS, args![first::<VerdictId>(since), NEWEST])? {
        let run: RunId = row.get("run")?;
        let least = match asked.get(&run) {
            Some(least) => *least,
            None => *asked.entry(run).or_insert(runs::get(tx, run)?.spec.policy.min_quality_score),
        };
        let is_for = row.get::<Score>("score")? >= least;
        let is_accepted = row.get::<String>("state")? == "accepted";
        let record = record(records, row.get("judge")?);
        let count = if is_for == is_accepted { &mut record.agreed } else { &mut record.disagreed };
        *count += row.get::<u64>("n")?;
    }
    Ok(())
}

/// What each generator made of each domain in a run.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such run.
pub fn of_run(tx: &mut dyn Tx, run: RunId) -> Result<Vec<Yield>, StoreError> {
    runs::get(tx, run)?;
    let mut yields: BTreeMap<(Domain, GeneratorName), Yield> = BTreeMap::new();
    for state in ["accepted", "rejected"] {
        for row in tx.query(YIELDS, args![run, state, OF_RUN])? {
            let one = yielded(&mut yields, &row)?;
            let count = if state == "accepted" { &mut one.accepted } else { &mut one.rejected };
            *count = row.get("n")?;
        }
    }
    for row in tx.query(REASONS, args![run, OF_RUN])? {
        let reason =
            ReasonCount { reason: row.get("reason")?, first: row.get("first")?, any: row.get("anywhere")? };
        yielded(&mut yields, &row)?.reasons.push(reason);
    }
    Ok(yields.into_values().collect())
}

fn yielded<'a>(
    yields: &'a mut BTreeMap<(Domain, GeneratorName), Yield>,
    row: &Row,
) -> Result<&'a mut Yield, StoreError> {
    let (domain, generator): (Domain, GeneratorName) = (row.get("domain")?, row.get("generator")?);
    let key = (domain.clone(), generator.clone());
    let empty = || Yield { domain, generator, accepted: 0, rejected: 0, reasons: Vec::new() };
    Ok(yields.entry(key).or_insert_with(empty))
}

/// The lowest id that is made at a time.
/// Source: RFC 9562, section 5.7: the first 48 bits of version 7 are the Unix time in milliseconds.
pub(crate) fn first<T: From<Uuid>>(at: Timestamp) -> T {
    let millis = u128::try_from(at.as_millis()).unwrap_or(0) & 0xffff_ffff_ffff;
    T::from(Uuid::from_u128(millis << 80))
}
