//! Verification names what was changed behind our back, and nothing else.

use std::collections::BTreeSet;

use hafs_library::verify::{BrokenRow, integrity, verify};
use hafs_library::{Library, StoreError, Tx};
use hafs_proto::{SampleId, TaskId};

use super::given::{self, Place};
use crate::operations::*;
use crate::world::*;

/// Carries what was found out of a write that is undone.
struct Undone(Result<Vec<BrokenRow>, StoreError>);

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self(Err(error))
    }
}

/// What verification finds after `sql`, which is undone again.
async fn after(library: &Library, sql: String) -> Result<Vec<BrokenRow>, StoreError> {
    let outcome: Result<(), Undone> = library
        .try_write(move |tx| {
            // What an intruder with a database shell would do.
            given::unguard(tx)?;
            let changed = tx.exec(&sql, &[]);
            let found = changed.and_then(|_| verify(tx, Some(canon)));
            given::guard(tx)?;
            Err(Undone(found.map(|report| report.broken)))
        })
        .await;
    outcome.err().map_or_else(|| Ok(Vec::new()), |undone| undone.0)
}

async fn full() -> Option<(Place, Library)> {
    let (place, library) = given::library()?;
    library.write(everything).await.expect("fills");
    Some((place, library))
}

#[tokio::test]
async fn a_sound_library_has_no_broken_row() {
    let Some((_place, library)) = full().await else { return };
    let report = library.read(|tx| verify(tx, Some(canon))).await.expect("verifies");
    assert_eq!(report.broken, []);
    assert!(!report.more);
    assert_eq!((report.rows["sample"], report.rows["audit"], report.rows["task"]), (3, 3, 4));
    assert_eq!(library.read(integrity).await.expect("checks"), []);
}

/// Columns whose value nothing else depends on: bookkeeping, signs of life, words for people.
const FREE: &[&str] = &[
    "budget_hold.at",
    "credential.previous_hash",
    "credential.previous_until",
    "credential.revoked_at",
    "credential.rotate_wanted",
    "credential.uses_left",
    "metric_point.*",
    "past_instance.*",
    "migration.*",
    "quota.*",
    "quota_hold.*",
    "spending.*",
    "source_progress.*",
    "run.ended_because",
    "sample.quarantine_why",
    "task.closed_at",
    "task.dead_detail",
    "task.deferrals",
    "task.failures",
    "task.losses",
    "task.not_before",
    "worker.*",
    "worker_terms.*",
    "meta.value",
];

/// Table, column and type of every column.
async fn columns(library: &Library) -> Vec<(String, String, String)> {
    let read = |tx: &mut dyn Tx| {
        let rows = tx.query(given::COLUMNS, &[])?;
        rows.iter().map(|row| Ok((row.get("tab")?, row.get("col")?, row.get("kind")?))).collect()
    };
    library.read(read).await.expect("lists the columns")
}

#[tokio::test]
async fn a_change_of_any_column_of_any_row_is_noticed_but_for_bookkeeping() {
    let Some((_place, library)) = full().await else { return };
    let (mut missed, mut tried) = (Vec::new(), 0);
    for (table, column, kind) in columns(&library).await {
        let name = format!("{table}.{column}");
        if FREE.contains(&name.as_str()) || FREE.contains(&format!("{table}.*").as_str()) {
            continue;
        }
        let changed = match kind.as_str() {
            "INTEGER" | "bigint" => {
                format!("CASE WHEN {column} = 1 THEN 0 ELSE COALESCE({column}, 0) + 1 END")
            }
            "REAL" | "double precision" => format!("{column} / 2"),
            "BLOB" | "bytea" => given::zeros(&format!("COALESCE(length({column}), 16)")),
            _ => format!("COALESCE({column}, '') || 'x'"),
        };
        let row = given::ROW;
        let key =
            format!("(SELECT {row} FROM {table} WHERE {column} IS NOT NULL ORDER BY {row} DESC LIMIT 1)");
        let at = if table == "signature_band" { "band = 1".to_owned() } else { format!("{row} = {key}") };
        let sql = format!("UPDATE {table} SET {column} = {changed} WHERE {at}");
        if library
            .read({
                let probe = format!("SELECT 1 AS n FROM {table} WHERE {column} IS NOT NULL LIMIT 1");
                move |tx| tx.query(&probe, &[])
            })
            .await
            .expect("probes")
            .is_empty()
        {
            continue;
        }
        tried += 1;
        match after(&library, sql).await {
            Ok(found) if found.is_empty() => missed.push(name),
            Ok(_) | Err(StoreError::Constraint { .. }) => {}
            Err(error) => panic!("{name}: {error:?}"),
        }
    }
    assert_eq!(missed, Vec::<String>::new(), "changes that went unnoticed");
    assert!(tried > 120, "{tried} columns were tried");
}

#[tokio::test]
async fn a_row_that_is_gone_is_missed() {
    let Some((_place, library)) = full().await else { return };
    let free = [
        "metric_point",
        "migration",
        "source_progress",
        "embedding",
        "dataset",
        "signature",
        "check_result",
        "spending",
    ];
    let tables: BTreeSet<String> = columns(&library).await.into_iter().map(|(table, _, _)| table).collect();
    let mut missed = Vec::new();
    for table in tables {
        let counted = format!("SELECT COUNT(*) AS n FROM {table}");
        let rows = library.read(move |tx| tx.query(&counted, &[])?[0].get::<i64>("n")).await.expect("counts");
        if rows == 0 || free.contains(&table.as_str()) {
            continue;
        }
        let found = after(&library, format!("DELETE FROM {table}")).await.expect("verifies");
        if found.is_empty() {
            missed.push(table);
        }
    }
    assert_eq!(missed, Vec::<String>::new(), "tables whose rows can vanish unnoticed");
}

/// A change, and the row that must be named for it.
async fn named(library: &Library, sql: &str, table: &str, id: impl ToString, what: &str) {
    let found = after(library, sql.to_owned()).await.expect("verifies");
    let id = id.to_string();
    let hit = found.iter().any(|row| row.table == table && row.id == id && row.what.contains(what));
    assert!(hit, "{sql}: expected {table} {id} ({what}), found {found:#?}");
}

#[tokio::test]
async fn each_kind_of_damage_names_its_row() {
    let Some((_place, library)) = full().await else { return };
    let sample: SampleId = id(1_100);
    let task: TaskId = id(11);
    let with = "WHERE instruction LIKE '%1100%'";
    named(
        &library,
        &format!("UPDATE sample SET output = 'changed' {with}"),
        "sample",
        sample,
        "content hash",
    )
    .await;
    named(
        &library,
        &format!("UPDATE sample SET canon_hash = {} {with}", given::zeros("32")),
        "sample",
        sample,
        "canonical",
    )
    .await;
    named(
        &library,
        &format!("UPDATE sample SET seed = {} {with}", given::zeros("16")),
        "sample",
        sample,
        "seed is not in",
    )
    .await;
    named(
        &library,
        &format!("UPDATE sample SET state = 'rejected' {with}"),
        "sample",
        sample,
        "does not say so",
    )
    .await;
    named(&library, &format!("UPDATE sample SET state = 'lost' {with}"), "sample", sample, "sample.state")
        .await;
    named(&library, "DELETE FROM decision WHERE accepted = 1", "sample", sample, "accepted although").await;
    named(
        &library,
        "UPDATE seed SET text = 'fn g() {}' WHERE text LIKE '%f11%'",
        "seed",
        seed(11).id,
        "content_hash",
    )
    .await;
    named(
        &library,
        "UPDATE task SET state = 'open', closed_at = NULL WHERE kind = 'generate' AND state = 'done'",
        "task",
        task,
        "open although",
    )
    .await;
    named(
        &library,
        "UPDATE task SET route = 'teacher/x/y' WHERE state = 'done' AND kind = 'generate'",
        "task",
        task,
        "`route`",
    )
    .await;
    named(
        &library,
        "DELETE FROM sample WHERE 1 = 1",
        "attempt",
        "attempt_0000000000000000000000000000000b",
        "none of its samples",
    )
    .await;
    named(
        &library,
        "UPDATE receipt SET attempt = NULL",
        "receipt",
        "done_0000000000000000000000000000000b",
        "no attempt",
    )
    .await;
    named(&library, "UPDATE call SET cost = cost + 1", "budget", run(1, None).id, "spent").await;
    named(&library, "DELETE FROM audit WHERE seq = 2", "audit", 3, "are gone").await;
    named(&library, "UPDATE audit SET actor = 'nobody' WHERE seq = 2", "audit", 2, "was changed").await;
    named(&library, "UPDATE meta SET value = 'x' WHERE key = 'lease_key'", "meta", "lease_key", "64 hex")
        .await;
    named(
        &library,
        "UPDATE check_result SET detail = '{' WHERE seq = 1",
        "check_result",
        format!("{sample}/1"),
        "cannot be read",
    )
    .await;
}

#[tokio::test]
async fn one_content_that_was_accepted_twice_is_named() {
    let Some((_place, library)) = full().await else { return };
    let sql = "UPDATE sample SET canon_hash = (SELECT canon_hash FROM sample WHERE state = 'accepted'), \
               state = 'accepted' WHERE state = 'candidate'";
    named(&library, sql, "sample", id::<SampleId>(1_102), "same content").await;
}
