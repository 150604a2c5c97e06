//! Counts: what progress and budgets say, against a recount of the rows one by one.

use std::collections::BTreeMap;

use hafs_proto::people::Progress;
use hafs_proto::{MicroUsd, RunId};

use super::findings::{Findings, RECOUNT};
use crate::db::{Tx, args, scalar};
use crate::error::StoreError;
use crate::tables::{budget, progress, runs};

/// What a recount gives, by what was counted.
type Counts = BTreeMap<&'static str, u64>;

/// The progress of every run.
pub(super) fn check(tx: &mut dyn Tx, findings: &mut Findings) -> Result<(), StoreError> {
    let mut recounts = recount(tx)?;
    for run in runs::list(tx)? {
        let said = said(&progress::of_run(tx, run.id)?);
        let counted = recounts.remove(&run.id).unwrap_or_default();
        for (what, said) in said {
            let counted = counted.get(what).copied().unwrap_or(0);
            if said != counted {
                let what =
                    format!("its progress says {what} = {said}, a recount of the rows gives {counted}");
                findings.add("run", run.id, what, RECOUNT);
            }
        }
    }
    Ok(())
}

fn said(progress: &Progress) -> Counts {
    BTreeMap::from([
        ("generated", progress.generated),
        ("accepted", progress.accepted),
        ("rejected", progress.rejected),
        ("quarantined", progress.quarantined),
        ("candidates", progress.candidates),
        ("failed", progress.failed),
        ("open_tasks", progress.open_tasks),
        ("calls", progress.calls),
        ("cost", progress.cost.0),
        ("rejections", progress.rejections.iter().map(|count| count.first).sum()),
        ("failures", progress.failures.iter().map(|count| count.first).sum()),
    ])
}

/// Counts rows one by one, by run.
fn recount(tx: &mut dyn Tx) -> Result<BTreeMap<RunId, Counts>, StoreError> {
    let mut counts: BTreeMap<RunId, Counts> = BTreeMap::new();
    let mut add = |run: RunId, what: &'static str, n: u64| {
        *counts.entry(run).or_default().entry(what).or_default() += n
    };
    // A column that no index holds, so that the rows themselves are read.
    tx.query_each("SELECT run, state, created_at FROM sample", &[], &mut |row| {
        let run = row.get("run")?;
        add(run, "generated", 1);
        match row.get::<String>("state")?.as_str() {
            "accepted" => add(run, "accepted", 1),
            "rejected" => ["rejected", "rejections"].into_iter().for_each(|what| add(run, what, 1)),
            "quarantined" => add(run, "quarantined", 1),
            _ => add(run, "candidates", 1),
        }
        Ok(())
    })?;
    tx.query_each("SELECT run, state, kind, created_at FROM task", &[], &mut |row| {
        let (run, state, kind): (RunId, String, String) =
            (row.get("run")?, row.get("state")?, row.get("kind")?);
        match (state.as_str(), kind.as_str()) {
            ("open", _) => add(run, "open_tasks", 1),
            ("dead", "generate" | "augment") => {
                ["failed", "failures"].into_iter().for_each(|what| add(run, what, 1))
            }
            _ => {}
        }
        Ok(())
    })?;
    tx.query_each("SELECT run, cost, prompt_hash FROM call", &[], &mut |row| {
        let run = row.get("run")?;
        add(run, "calls", 1);
        add(run, "cost", row.get("cost")?);
        Ok(())
    })?;
    Ok(counts)
}

/// What budgets say, against the calls that were paid and the amounts that are held back.
pub(super) fn budgets(tx: &mut dyn Tx, findings: &mut Findings) -> Result<(), StoreError> {
    let paid = "SELECT CAST(COALESCE(SUM(cost), 0) AS BIGINT) AS n FROM call WHERE run = ?1";
    let held = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS n FROM budget_hold WHERE run = ?1";
    for run in runs::list(tx)? {
        let budget = match budget::get(tx, run.id) {
            Ok(budget) => budget,
            Err(error) => {
                findings.add("budget", run.id, error.to_string(), RECOUNT);
                continue;
            }
        };
        let sums: [(&str, MicroUsd, MicroUsd); 2] = [
            ("spent", budget.spent, scalar(tx, paid, args![run.id])?),
            ("reserved", budget.reserved, scalar(tx, held, args![run.id])?),
        ];
        for (what, said, summed) in sums {
            if said != summed {
                findings.add(
                    "budget",
                    run.id,
                    format!("it says {what} = {said}, the rows add up to {summed}"),
                    RECOUNT,
                );
            }
        }
        // The column holds half of the range of the type; nobody has more money than that.
        let ceiling = run.spec.budget.map(|limit| MicroUsd(limit.0.min(i64::MAX.unsigned_abs())));
        if budget.ceiling != ceiling {
            findings.add("budget", run.id, "its ceiling is not that of its run", RECOUNT);
        }
    }
    Ok(())
}
