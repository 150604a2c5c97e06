//! How far a run is, counted from the rows.

use hafs_proto::people::{Progress, ReasonCount};
use hafs_proto::{MicroUsd, RunId, SourceName};

use super::{runs, seeds};
use crate::db::{Row, Tx, args, one, scalar};
use crate::error::StoreError;

#[derive(Default)]
struct Samples {
    candidates: u64,
    accepted: u64,
    rejected: u64,
    quarantined: u64,
}

struct Calls {
    calls: u64,
    input: u64,
    output: u64,
    cost: MicroUsd,
}

/// A run in numbers.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such run.
pub fn of_run(tx: &mut dyn Tx, id: RunId) -> Result<Progress, StoreError> {
    let run = runs::get(tx, id)?;
    let samples = samples(tx, id)?;
    let calls = calls(tx, id)?;
    Ok(Progress {
        run: id,
        state: run.state,
        target: run.spec.target,
        seeds: seeds_of(tx, &run.spec.sources)?,
        generated: samples.candidates + samples.accepted + samples.rejected + samples.quarantined,
        accepted: samples.accepted,
        rejected: samples.rejected,
        quarantined: samples.quarantined,
        candidates: samples.candidates,
        failed: scalar(tx, FAILED, args![id])?,
        open_tasks: scalar(
            tx,
            "SELECT COUNT(*) AS n FROM task WHERE run = ?1 AND state = 'open'",
            args![id],
        )?,
        calls: calls.calls,
        input_tokens: calls.input,
        output_tokens: calls.output,
        cost: calls.cost,
        rejections: reasons(tx, REJECTIONS, id)?,
        failures: reasons(tx, FAILURES, id)?,
    })
}

const FAILED: &str = "SELECT COUNT(*) AS n FROM task WHERE run = ?1 AND state = 'dead' \
     AND kind IN ('generate', 'augment')";
const REJECTIONS: &str = "SELECT r.reason, COUNT(*) AS anywhere, SUM(CASE WHEN r.position = 0 THEN 1 ELSE 0 END) \
     AS first FROM sample s JOIN sample_reason r ON r.sample = s.id WHERE s.run = ?1 AND s.state = 'rejected' \
     GROUP BY r.reason ORDER BY first DESC, anywhere DESC, r.reason";
const FAILURES: &str = "SELECT dead_reason AS reason, COUNT(*) AS anywhere, COUNT(*) AS first FROM task \
     WHERE run = ?1 AND state = 'dead' AND kind IN ('generate', 'augment') \
     GROUP BY dead_reason ORDER BY first DESC, dead_reason";

fn seeds_of(tx: &mut dyn Tx, sources: &[SourceName]) -> Result<u64, StoreError> {
    // A source that is named twice counts once.
    let distinct: std::collections::BTreeSet<&SourceName> = sources.iter().collect();
    distinct.into_iter().map(|source| seeds::count(tx, source)).sum()
}

fn samples(tx: &mut dyn Tx, run: RunId) -> Result<Samples, StoreError> {
    let mut counts = Samples::default();
    for row in
        tx.query("SELECT state, COUNT(*) AS n FROM sample WHERE run = ?1 GROUP BY state", args![run])?
    {
        let n = row.get("n")?;
        match row.get::<String>("state")?.as_str() {
            "candidate" => counts.candidates = n,
            "accepted" => counts.accepted = n,
            "rejected" => counts.rejected = n,
            "quarantined" => counts.quarantined = n,
            _ => return Err(row.error("state", "a sample is in no known state")),
        }
    }
    Ok(counts)
}

fn calls(tx: &mut dyn Tx, run: RunId) -> Result<Calls, StoreError> {
    let sql = "SELECT COUNT(*) AS calls, CAST(COALESCE(SUM(input_tokens), 0) AS BIGINT) AS input, \
               CAST(COALESCE(SUM(output_tokens), 0) AS BIGINT) AS output, \
               CAST(COALESCE(SUM(cost), 0) AS BIGINT) AS cost FROM call WHERE run = ?1";
    let row = one(tx, sql, args![run])?.ok_or_else(|| StoreError::missing("calls of run", run))?;
    Ok(Calls {
        calls: row.get("calls")?,
        input: row.get("input")?,
        output: row.get("output")?,
        cost: row.get("cost")?,
    })
}

fn reasons(tx: &mut dyn Tx, sql: &str, run: RunId) -> Result<Vec<ReasonCount>, StoreError> {
    let count = |row: &Row| {
        Ok(ReasonCount { reason: row.get("reason")?, first: row.get("first")?, any: row.get("anywhere")? })
    };
    tx.query(sql, args![run])?.iter().map(count).collect()
}
