//! States: each must follow from the rows that it rests on.

use hafs_proto::{AttemptId, CompletionId, RunId, SampleId, TaskId, WorkerId};

use super::findings::{DECIDE_AGAIN, Findings, RESTORE, TASK};
use crate::db::Tx;
use crate::error::StoreError;
use crate::tables::{self, versions::Topic};

/// A sample, its state and the latest decision about it. `{}` is the condition.
macro_rules! latest {
    ($condition:literal) => {
        concat!(
            "SELECT s.id FROM sample s LEFT JOIN decision d ON d.sample = s.id AND d.seq = (SELECT MAX(x.seq) \
             FROM decision x WHERE x.sample = s.id) WHERE ",
            $condition,
            " LIMIT 1000"
        )
    };
}

const SAMPLES: &[(&str, &str)] = &[
    (
        // A verdict or a check that does not count any more opens the question again.
        "it is a candidate although it was decided",
        latest!(
            "s.state = 'candidate' AND d.sample IS NOT NULL AND NOT EXISTS (SELECT 1 FROM quarantine_verdict q \
             JOIN verdict v ON v.id = q.verdict WHERE v.sample = s.id) \
             AND NOT EXISTS (SELECT 1 FROM recheck_sample r WHERE r.sample = s.id)"
        ),
    ),
    (
        "it is accepted although its latest decision does not say so",
        latest!("s.state = 'accepted' AND (d.sample IS NULL OR d.accepted = 0)"),
    ),
    (
        "it is rejected although its latest decision does not say so",
        latest!("s.state = 'rejected' AND (d.sample IS NULL OR d.accepted = 1)"),
    ),
    (
        "its state does not date from its latest decision",
        latest!("s.state IN ('accepted', 'rejected') AND d.at IS DISTINCT FROM s.decided_at"),
    ),
    (
        "it carries a time or a reason that its state does not have",
        "SELECT s.id FROM sample s WHERE (s.state = 'candidate' AND s.decided_at IS NOT NULL) \
         OR (s.state <> 'quarantined' AND s.quarantine_why IS NOT NULL) LIMIT 1000",
    ),
];

/// Samples and their decisions.
pub(super) fn samples(tx: &mut dyn Tx, findings: &mut Findings) -> Result<(), StoreError> {
    for (what, sql) in SAMPLES {
        for row in tx.query(sql, &[])? {
            findings.add("sample", row.get::<SampleId>("id")?, *what, DECIDE_AGAIN);
        }
    }
    reasons(tx, findings)
}

/// The reasons of every rejected sample are those of its latest decision.
fn reasons(tx: &mut dyn Tx, findings: &mut Findings) -> Result<(), StoreError> {
    let sql = "SELECT id FROM sample WHERE state = 'rejected' ORDER BY id";
    let mut rejected: Vec<SampleId> = Vec::new();
    tx.query_each(sql, &[], &mut |row| {
        rejected.push(row.get("id")?);
        Ok(())
    })?;
    for id in rejected {
        // A row that cannot be read was named by its seal.
        let (Ok(decision), Ok(sample)) = (tables::decisions::latest(tx, id), tables::samples::get(tx, id))
        else {
            continue;
        };
        let hafs_proto::SampleState::Rejected { reasons, .. } = sample.state else { continue };
        if decision.is_some_and(|decision| decision.reasons != reasons) {
            findings.add("sample_reason", id, "its reasons are not those of its decision", DECIDE_AGAIN);
        }
    }
    Ok(())
}

const TASKS: &[(&str, &str)] = &[
    (
        "it is open although it has an accepted result",
        "SELECT t.id FROM task t JOIN attempt a ON a.task = t.id AND a.outcome = 'accepted' \
         WHERE t.state = 'open' LIMIT 1000",
    ),
    (
        "it is done although it has no accepted result",
        "SELECT t.id FROM task t LEFT JOIN attempt a ON a.task = t.id AND a.outcome = 'accepted' \
         WHERE t.state = 'done' AND a.id IS NULL LIMIT 1000",
    ),
    (
        "its state and the time at which it was closed do not agree",
        "SELECT t.id FROM task t WHERE (t.state = 'open') <> (t.closed_at IS NULL) \
         OR (t.state = 'dead') <> (t.dead_reason IS NOT NULL) LIMIT 1000",
    ),
];

const ATTEMPTS: &[(&str, &str)] = &[
    (
        "it was accepted but none of its samples is in the library",
        "SELECT a.id FROM attempt a JOIN task t ON t.id = a.task WHERE a.outcome = 'accepted' \
         AND t.kind IN ('generate', 'augment') AND NOT EXISTS (SELECT 1 FROM sample s WHERE s.task = a.task \
         AND s.attempt = a.id) LIMIT 1000",
    ),
    (
        "it was accepted but its verdict is not in the library",
        "SELECT a.id FROM attempt a JOIN task t ON t.id = a.task WHERE a.outcome = 'accepted' \
         AND t.kind = 'judge' AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.task = a.task AND v.attempt = a.id) \
         LIMIT 1000",
    ),
    (
        "it was accepted but no receipt says so",
        "SELECT a.id FROM attempt a WHERE a.outcome = 'accepted' AND NOT EXISTS (SELECT 1 FROM receipt r \
         WHERE r.attempt = a.id AND r.answer = 'accepted') LIMIT 1000",
    ),
];

/// Tasks and their attempts.
pub(super) fn tasks(tx: &mut dyn Tx, findings: &mut Findings) -> Result<(), StoreError> {
    for (what, sql) in TASKS {
        for row in tx.query(sql, &[])? {
            findings.add("task", row.get::<TaskId>("id")?, *what, TASK);
        }
    }
    for (what, sql) in ATTEMPTS {
        for row in tx.query(sql, &[])? {
            findings.add("attempt", row.get::<AttemptId>("id")?, *what, RESTORE);
        }
    }
    Ok(())
}

/// Runs and their ends.
pub(super) fn runs(tx: &mut dyn Tx, findings: &mut Findings) -> Result<(), StoreError> {
    let sql = "SELECT id FROM run WHERE (state IN ('running', 'paused')) <> (ended_at IS NULL) LIMIT 1000";
    for row in tx.query(sql, &[])? {
        let what = "its state and the time at which it ended do not agree";
        findings.add("run", row.get::<RunId>("id")?, what, "set the run's state again");
    }
    Ok(())
}

/// Receipts and the attempts that they acknowledge.
pub(super) fn receipts(tx: &mut dyn Tx, findings: &mut Findings) -> Result<(), StoreError> {
    let sql = "SELECT r.key AS id FROM receipt r LEFT JOIN attempt a ON a.id = r.attempt WHERE r.answer = 'accepted' \
               AND (a.id IS NULL OR a.task <> r.task OR a.outcome IN ('duplicate', 'closed')) LIMIT 1000";
    for row in tx.query(sql, &[])? {
        let what = "it says that a delivery was accepted, but no attempt of its task holds it";
        findings.add("receipt", row.get::<CompletionId>("id")?, what, RESTORE);
    }
    Ok(())
}

/// The trust in workers is what the audit log says of it last.
pub(super) fn trust(tx: &mut dyn Tx, findings: &mut Findings) -> Result<(), StoreError> {
    let noted = tables::trust::all(tx)?;
    for (object, detail) in tables::audit::latest(tx, tables::audit::TRUST)? {
        let state =
            object.parse().ok().and_then(|worker: WorkerId| noted.get(&worker)).map(|it| it.state.word());
        if state != tables::trust::reached(&detail) {
            let state = state.unwrap_or("not noted");
            let what = format!("its trust is {state}, the audit log says: {detail}");
            findings.add("worker_trust", object, what, "set the worker's trust again, with the reason");
        }
    }
    Ok(())
}

/// The library's own facts.
pub(super) fn meta(tx: &mut dyn Tx, findings: &mut Findings) -> Result<(), StoreError> {
    let facts = [
        ("incarnation", tables::meta::incarnation(tx).map(drop)),
        ("lease_key", tables::meta::lease_key(tx).map(drop)),
        ("generation", tables::meta::generation(tx).map(drop)),
        ("created_at", tables::meta::created_at(tx).map(drop)),
        ("audit_root", tables::meta::audit_root(tx).map(drop)),
        ("leader", tables::leader::current(tx).map(drop)),
        ("version.credentials", tables::versions::of(tx, Topic::Credentials).map(drop)),
        ("version.workers", tables::versions::of(tx, Topic::Workers).map(drop)),
        ("version.graphs", tables::versions::of(tx, Topic::Graphs).map(drop)),
    ];
    for (key, outcome) in &facts {
        if let Err(error) = outcome {
            findings.add("meta", *key, error.to_string(), "restore a backup");
        }
    }
    // These two are looked at by others: the chain's check and the readiness probe.
    let known = || facts.iter().map(|(key, _)| *key).chain(["audit_head", "beat_at"]);
    for row in tx.query("SELECT key FROM meta ORDER BY key LIMIT 1000", &[])? {
        let key: String = row.get("key")?;
        if !known().any(|known| known == key) {
            findings.add("meta", key, "no program of this version has written it", "delete the row");
        }
    }
    Ok(())
}
