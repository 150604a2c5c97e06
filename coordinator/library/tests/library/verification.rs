//! Verification names what was changed behind our back, and nothing else.

use std::collections::BTreeSet;

use hafs_library::tables::{audit, budget, decisions, duplicates, progress, runs, samples, tasks};
use hafs_library::verify::{BrokenRow, integrity, verify};
use hafs_library::{Library, StoreError, Tx};
use hafs_proto::{MicroUsd, Reason, RunState, SampleId, TaskId};
use proptest::prelude::*;

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
            tx.exec("PRAGMA defer_foreign_keys = ON", &[])?;
            tx.exec("PRAGMA ignore_check_constraints = ON", &[])?;
            let changed = tx.exec(&sql, &[]);
            let found = changed.and_then(|_| verify(tx, Some(canon)));
            tx.exec("PRAGMA ignore_check_constraints = OFF", &[])?;
            Err(Undone(found.map(|report| report.broken)))
        })
        .await;
    outcome.err().map_or_else(|| Ok(Vec::new()), |undone| undone.0)
}

async fn full() -> (tempfile::TempDir, Library) {
    let (folder, library) = library();
    library.write(everything).await.expect("fills");
    (folder, library)
}

#[tokio::test]
async fn a_sound_library_has_no_broken_row() {
    let (_folder, library) = full().await;
    let report = library.read(|tx| verify(tx, Some(canon))).await.expect("verifies");
    assert_eq!(report.broken, []);
    assert!(!report.more);
    assert_eq!((report.rows["sample"], report.rows["audit"], report.rows["task"]), (3, 3, 4));
    assert_eq!(library.read(integrity).await.expect("checks"), []);
}

/// Columns whose value nothing else depends on: bookkeeping, signs of life, words for people.
const FREE: &[&str] = &[
    "budget_hold.at",
    "credential.revoked_at",
    "credential.uses_left",
    "metric_point.*",
    "migration.*",
    "source_progress.*",
    "run.ended_because",
    "sample.quarantine_why",
    "task.closed_at",
    "task.dead_detail",
    "task.failures",
    "task.not_before",
    "worker.*",
    "meta.value",
];

async fn columns(library: &Library) -> Vec<(String, String, String)> {
    let sql = "SELECT m.name AS tab, c.name AS col, c.type AS kind FROM sqlite_master m \
               JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid";
    let read = |tx: &mut dyn Tx| {
        let rows = tx.query(sql, &[])?;
        rows.iter().map(|row| Ok((row.get("tab")?, row.get("col")?, row.get("kind")?))).collect()
    };
    library.read(read).await.expect("lists the columns")
}

#[tokio::test]
async fn a_change_of_any_column_of_any_row_is_noticed_but_for_bookkeeping() {
    let (_folder, library) = full().await;
    let (mut missed, mut tried) = (Vec::new(), 0);
    for (table, column, kind) in columns(&library).await {
        let name = format!("{table}.{column}");
        if FREE.contains(&name.as_str()) || FREE.contains(&format!("{table}.*").as_str()) {
            continue;
        }
        let changed = match kind.as_str() {
            "INTEGER" => format!("CASE WHEN {column} = 1 THEN 0 ELSE COALESCE({column}, 0) + 1 END"),
            "REAL" => format!("{column} / 2"),
            "BLOB" => format!("CAST(zeroblob(COALESCE(length({column}), 16)) AS BLOB)"),
            _ => format!("COALESCE({column}, '') || 'x'"),
        };
        let key =
            format!("(SELECT rowid FROM {table} WHERE {column} IS NOT NULL ORDER BY rowid DESC LIMIT 1)");
        let at = if table == "signature_band" { "band = 1".to_owned() } else { format!("rowid = {key}") };
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
    let (_folder, library) = full().await;
    let free =
        ["metric_point", "migration", "source_progress", "embedding", "dataset", "signature", "check_result"];
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
    let (_folder, library) = full().await;
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
        &format!("UPDATE sample SET canon_hash = zeroblob(32) {with}"),
        "sample",
        sample,
        "canonical",
    )
    .await;
    named(
        &library,
        &format!("UPDATE sample SET seed = zeroblob(16) {with}"),
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
    let (_folder, library) = full().await;
    let sql = "UPDATE sample SET canon_hash = (SELECT canon_hash FROM sample WHERE state = 'accepted'), \
               state = 'accepted' WHERE state = 'candidate'";
    named(&library, sql, "sample", id::<SampleId>(1_102), "same content").await;
}

#[tokio::test]
async fn a_flipped_bit_in_a_page_is_found_by_the_integrity_check_or_verification() {
    let (folder, library) = full().await;
    drop(library);
    let path = folder.path().join("library.db");
    let sound = std::fs::read(&path).expect("reads");
    // The text of a sample, in the middle of a page.
    let needle = b"It is function 1101.";
    // Older versions of the row may linger in free space, so every copy is hit.
    let places: Vec<_> =
        (0..sound.len() - needle.len()).filter(|at| sound[*at..].starts_with(needle)).collect();
    assert!(!places.is_empty(), "the text is in the file");
    let mut bytes = sound;
    places.into_iter().for_each(|place| bytes[place] ^= 1);
    std::fs::write(&path, bytes).expect("writes");
    let library = open(folder.path());
    let report = library.read(|tx| verify(tx, None)).await.expect("verifies");
    assert!(
        report.broken.iter().any(|row| row.id == id::<SampleId>(1_101).to_string()),
        "{:?}",
        report.broken
    );
}

/// One step of a random life of a library.
#[derive(Debug, Clone)]
enum Step {
    Plan,
    Generate(u16),
    Fail,
    Bury,
    Cancel,
    Redrive,
    Judge,
    Accept,
    Reject,
    Quarantine,
    Reserve(u64),
    Settle,
    Audit,
    Pause,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Plan),
        4 => (1_u16..4).prop_map(Step::Generate),
        1 => Just(Step::Fail),
        1 => Just(Step::Bury),
        1 => Just(Step::Cancel),
        1 => Just(Step::Redrive),
        3 => Just(Step::Judge),
        3 => Just(Step::Accept),
        3 => Just(Step::Reject),
        1 => Just(Step::Quarantine),
        2 => (0_u64..90).prop_map(Step::Reserve),
        1 => Just(Step::Settle),
        1 => Just(Step::Audit),
        1 => Just(Step::Pause),
    ]
}

/// What the random life has made so far.
#[derive(Default)]
struct Life {
    next: u128,
    tasks: Vec<u128>,
    samples: Vec<SampleId>,
}

impl Life {
    fn number(&mut self) -> u128 {
        self.next += 1;
        self.next
    }

    fn take(&mut self, tx: &mut dyn Tx, step: &Step, pick: usize) -> Result<(), StoreError> {
        let task = self.tasks.get(pick % self.tasks.len().max(1)).copied();
        let sample = self.samples.get(pick % self.samples.len().max(1)).copied();
        match (step, task, sample) {
            (Step::Plan, _, _) => {
                let n = self.number();
                self.tasks.push(n);
                plan(tx, n)
            }
            (Step::Generate(slots), Some(n), _) => self.generate(tx, n, *slots),
            (Step::Fail, Some(n), _) => tasks::record_failure(tx, id(n), at(9)).map(drop),
            (Step::Bury, Some(n), _) => {
                let dead = hafs_proto::task::DeadReason { reason: Reason::Refused, detail: text("no") };
                tasks::bury(tx, id(n), &dead, at(9)).map(drop)
            }
            (Step::Cancel, Some(n), _) => tasks::cancel(tx, id(n), at(9)).map(drop),
            (Step::Redrive, Some(n), _) => tasks::redrive(tx, id(n), at(9)).map(drop),
            (Step::Judge, _, Some(sample)) => {
                let n = self.number();
                judged(tx, n, sample)
            }
            (Step::Accept, _, Some(sample)) => accept(tx, sample),
            (Step::Reject, _, Some(sample)) => {
                decisions::insert(tx, &decision(sample, vec![Reason::Hedge, Reason::OffTopic]))
            }
            (Step::Quarantine, _, Some(sample)) => samples::quarantine(tx, sample, &text("licence"), at(9)),
            (Step::Reserve(amount), Some(n), _) => {
                budget::reserve(tx, id(1), id(n), MicroUsd(*amount), at(9)).map(drop)
            }
            (Step::Settle, Some(n), _) => budget::settle(tx, id(n)),
            (Step::Audit, _, _) => {
                let entry = audit::Entry { at: at(9), actor: "a", action: "b", object: "c", detail: "" };
                audit::append(tx, &entry).map(drop)
            }
            (Step::Pause, _, _) => runs::set_state(tx, id(1), RunState::Cancelled, &text("enough"), at(9)),
            (_, _, _) => Ok(()),
        }
    }

    fn generate(&mut self, tx: &mut dyn Tx, n: u128, slots: u16) -> Result<(), StoreError> {
        if !matches!(tasks::get(tx, id(n))?.state, tasks::StoredState::Open { .. }) {
            return Ok(());
        }
        self.samples.extend((0..u128::from(slots)).map(|slot| id::<SampleId>(n * 100 + slot)));
        generated(tx, n, slots)
    }
}

fn accept(tx: &mut dyn Tx, sample: SampleId) -> Result<(), StoreError> {
    let hash = samples::get(tx, sample)?.canon_hash;
    let twin = duplicates::exact(tx, hash, sample)?;
    let reasons = twin.map(|_| Reason::ExactDuplicate).into_iter().collect();
    decisions::insert(tx, &decision(sample, reasons))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_in_a_life_of_the_library_no_row_is_broken_and_the_numbers_add_up(
        steps in proptest::collection::vec((step(), any::<prop::sample::Index>()), 1..120)
    ) {
        let (_folder, library) = library();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let (report, progress, money, broken) = runtime.block_on(library.write(move |tx| {
            begin(tx, Some(300))?;
            let mut life = Life::default();
            for (step, pick) in &steps {
                life.take(tx, step, pick.index(1_000))?;
            }
            let numbers = (progress::of_run(tx, id(1))?, budget::get(tx, id(1))?);
            Ok((verify(tx, Some(canon))?, numbers.0, numbers.1, integrity(tx)?))
        })).expect("the life's statements work");
        prop_assert_eq!(report.broken, vec![]);
        prop_assert_eq!(broken, vec![]);
        let states = progress.accepted + progress.rejected + progress.quarantined + progress.candidates;
        prop_assert_eq!(progress.generated, states);
        prop_assert_eq!(progress.rejected, progress.rejections.iter().map(|count| count.first).sum::<u64>());
        prop_assert_eq!(progress.cost, money.spent);
    }
}
