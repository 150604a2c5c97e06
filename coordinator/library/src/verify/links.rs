//! Links: every id that a row names must be there, and the two ends must tell the same story.

use super::findings::{Findings, RESTORE};
use crate::db::{Field, Row, Tx, Value};
use crate::error::StoreError;

/// A column that names a row of another table.
struct Link {
    table: &'static str,
    /// What names the row itself.
    key: &'static str,
    column: &'static str,
    to: &'static str,
}

const fn link(table: &'static str, key: &'static str, column: &'static str, to: &'static str) -> Link {
    Link { table, key, column, to }
}

const LINKS: &[Link] = &[
    link("source_progress", "run", "run", "run"),
    link("credential", "id", "worker", "worker"),
    link("past_instance", "worker", "worker", "worker"),
    link("task", "id", "run", "run"),
    link("task", "id", "seed", "seed"),
    link("task", "id", "sample", "sample"),
    link("attempt", "id", "task", "task"),
    link("attempt", "id", "run", "run"),
    link("attempt", "id", "worker", "worker"),
    link("call", "attempt", "attempt", "attempt"),
    link("sample", "id", "run", "run"),
    link("sample", "id", "task", "task"),
    link("sample", "id", "attempt", "attempt"),
    link("sample", "id", "worker", "worker"),
    link("sample", "id", "seed", "seed"),
    link("sample", "id", "parent", "sample"),
    link("sample_reason", "sample", "sample", "sample"),
    link("check_result", "sample", "sample", "sample"),
    link("verdict", "id", "sample", "sample"),
    link("verdict", "id", "task", "task"),
    link("verdict", "id", "attempt", "attempt"),
    link("verdict", "id", "worker", "worker"),
    link("decision", "sample", "sample", "sample"),
    link("signature", "sample", "sample", "sample"),
    link("signature_band", "sample", "sample", "sample"),
    link("embedding", "sample", "sample", "sample"),
    link("budget", "run", "run", "run"),
    link("budget_hold", "task", "task", "task"),
    link("quota_hold", "task", "task", "task"),
    link("worker_terms", "worker", "worker", "worker"),
    link("receipt", "key", "credential", "credential"),
    link("receipt", "key", "attempt", "attempt"),
    link("receipt", "key", "task", "task"),
    link("worker_trust", "worker", "worker", "worker"),
    link("worker_trust", "worker", "invited_by", "credential"),
    link("quarantine", "id", "worker", "worker"),
    link("quarantine_sample", "sample", "quarantine", "quarantine"),
    link("quarantine_sample", "sample", "sample", "sample"),
    link("quarantine_verdict", "verdict", "quarantine", "quarantine"),
    link("quarantine_verdict", "verdict", "verdict", "verdict"),
    link("check_claim", "sample", "sample", "sample"),
    link("check_claim", "sample", "worker", "worker"),
    link("check_claim", "sample", "task", "task"),
    link("check_claim", "sample", "repeated_by", "task"),
    link("recheck_task", "task", "task", "task"),
    link("recheck_task", "task", "recheck", "recheck"),
    link("recheck_sample", "sample", "sample", "sample"),
    link("recheck_sample", "sample", "recheck", "recheck"),
    link("review", "id", "sample", "sample"),
    link("review", "id", "successor", "sample"),
    link("sample_tag", "sample", "sample", "sample"),
    link("decision", "sample", "review", "review"),
    link("dataset_sample", "dataset", "dataset", "dataset"),
    link("dataset_sample", "dataset", "sample", "sample"),
    link("training_run", "id", "dataset", "dataset"),
    link("evaluation", "id", "training_run", "training_run"),
];

/// A statement whose rows, named by `id`, are broken, and what is wrong with them.
struct Story {
    table: &'static str,
    what: &'static str,
    sql: &'static str,
}

const STORIES: &[Story] = &[
    Story {
        table: "task",
        what: "it has no spec",
        sql: "SELECT t.id FROM task t LEFT JOIN task_spec s ON s.task = t.id WHERE s.task IS NULL",
    },
    Story {
        table: "task_spec",
        what: "its task is not in the library",
        sql: "SELECT s.task AS id FROM task_spec s LEFT JOIN task t ON t.id = s.task WHERE t.id IS NULL",
    },
    Story {
        table: "sample",
        what: "its attempt is one of another task, run or worker",
        sql: "SELECT s.id FROM sample s JOIN attempt a ON a.id = s.attempt WHERE a.task <> s.task OR a.run <> s.run \
              OR a.worker <> s.worker",
    },
    Story {
        table: "sample",
        what: "its task was about another seed",
        sql: "SELECT s.id FROM sample s JOIN task t ON t.id = s.task WHERE t.seed IS DISTINCT FROM s.seed",
    },
    Story {
        table: "sample",
        what: "it and the sample that it was derived from have different seeds",
        sql: "SELECT s.id FROM sample s JOIN sample p ON p.id = s.parent WHERE p.seed <> s.seed",
    },
    Story {
        table: "review",
        what: "the sample that it has made is not derived from the one that it was about",
        sql: "SELECT r.id FROM review r JOIN sample s ON s.id = r.successor WHERE s.parent IS DISTINCT FROM r.sample",
    },
    Story {
        table: "sample",
        what: "a decision about it is due to a review of another sample, or to one that decides otherwise",
        sql: "SELECT d.sample AS id FROM decision d JOIN review r ON r.id = d.review WHERE r.sample <> d.sample \
              OR (d.accepted = 1 AND r.act <> 'accept') OR (d.accepted = 0 AND r.act <> 'reject')",
    },
    Story {
        table: "attempt",
        what: "its task belongs to another run",
        sql: "SELECT a.id FROM attempt a JOIN task t ON t.id = a.task WHERE t.run <> a.run",
    },
    Story {
        table: "call",
        what: "its attempt belongs to another run",
        sql: "SELECT c.attempt AS id FROM call c JOIN attempt a ON a.id = c.attempt WHERE a.run <> c.run",
    },
    Story {
        table: "call",
        what: "calls of its attempt are missing or out of order",
        sql: "SELECT attempt AS id FROM call GROUP BY attempt HAVING MIN(seq) <> 0 OR MAX(seq) <> COUNT(*) - 1",
    },
    Story {
        table: "verdict",
        what: "its task was about another sample, or its attempt was one of another task",
        sql: "SELECT v.id FROM verdict v JOIN task t ON t.id = v.task JOIN attempt a ON a.id = v.attempt \
              WHERE t.sample IS DISTINCT FROM v.sample OR a.task <> v.task",
    },
    Story {
        table: "signature_band",
        what: "its sample has no signature of that version",
        sql: "SELECT DISTINCT b.sample AS id FROM signature_band b LEFT JOIN signature s ON s.sample = b.sample \
              AND s.version = b.version WHERE s.sample IS NULL",
    },
    Story {
        table: "dataset",
        what: "the list of its samples does not agree with their number",
        sql: "SELECT d.id FROM dataset d WHERE (d.listed = 1 AND d.samples <> (SELECT COUNT(*) FROM dataset_sample m \
              WHERE m.dataset = d.id AND m.accepted = 1)) OR (d.listed = 0 AND EXISTS (SELECT 1 FROM dataset_sample m \
              WHERE m.dataset = d.id))",
    },
    Story {
        table: "check_claim",
        what: "there is no such check, or its task was about another sample",
        sql: "SELECT k.sample AS id FROM check_claim k JOIN task t ON t.id = k.task LEFT JOIN check_result c \
              ON c.sample = k.sample AND c.seq = k.seq WHERE c.sample IS NULL OR t.sample IS DISTINCT FROM k.sample",
    },
    Story {
        table: "sample",
        what: "it is in use although a quarantine holds it",
        sql: "SELECT DISTINCT s.id FROM quarantine_sample q JOIN sample s ON s.id = q.sample \
              WHERE q.lifted = 0 AND s.state <> 'quarantined'",
    },
    Story {
        table: "quarantine",
        what: "it says of another number of samples than carry its mark",
        sql: "SELECT k.id FROM quarantine k WHERE k.state IN ('standing', 'done', 'lifted') AND k.samples <> \
              (SELECT COUNT(*) FROM quarantine_sample q WHERE q.quarantine = k.id)",
    },
    Story {
        table: "sample",
        what: "it has reasons although it was not rejected",
        sql: "SELECT DISTINCT s.id FROM sample s JOIN sample_reason r ON r.sample = s.id \
              WHERE s.state IN ('candidate', 'accepted')",
    },
];

/// Follows every link.
pub(super) fn check(tx: &mut dyn Tx, findings: &mut Findings) -> Result<(), StoreError> {
    for Link { table, key, column, to } in LINKS {
        let sql = format!(
            "SELECT x.{key} AS id FROM {table} x LEFT JOIN {to} y ON y.id = x.{column} \
             WHERE x.{column} IS NOT NULL AND y.id IS NULL LIMIT 1000"
        );
        let what = format!("its {column} is not in the library");
        name_all(tx, &sql, prefix(table, key), findings, (table, &what))?;
    }
    for Story { table, what, sql } in STORIES {
        name_all(tx, &format!("{sql} LIMIT 1000"), prefix(table, "id"), findings, (table, what))?;
    }
    Ok(())
}

fn name_all(
    tx: &mut dyn Tx,
    sql: &str,
    prefix: &str,
    findings: &mut Findings,
    (table, what): (&str, &str),
) -> Result<(), StoreError> {
    for row in tx.query(sql, &[])? {
        findings.add(table, format!("{prefix}_{}", hex(&row)?), what, RESTORE);
    }
    Ok(())
}

/// The prefix of the id by which a row of this table is named.
fn prefix<'t>(table: &'t str, key: &'t str) -> &'t str {
    match (table, key) {
        ("credential", _) => "cred",
        ("receipt", _) => "done",
        ("call", _) => "attempt",
        ("task_spec", _) => "task",
        ("signature_band", _) => "sample",
        (table, "id") => table,
        (_, key) => key,
    }
}

struct Hex(String);

impl Field for Hex {
    fn read(value: &Value) -> Result<Self, String> {
        let bytes = Vec::<u8>::read(value)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }
}

fn hex(row: &Row) -> Result<String, StoreError> {
    row.get::<Hex>("id").map(|hex| hex.0)
}
