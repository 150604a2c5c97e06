//! The audit log: whatever is done to a row of it behind our back is found.

use hafs_library::tables::audit::{self, Entry, Head};
use hafs_library::verify::audit as follow;
use hafs_library::{Library, StoreError, Tx};
use hafs_proto::people::AuditReport;
use hafs_proto::{ContentHash, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::given::{Place, library};
use crate::world::*;

const ENTRIES: u64 = 12;
const COLUMNS: &[&str] = &["at", "actor", "action", "object", "detail", "previous", "hash"];

/// What somebody with a database shell may do.
#[derive(Debug, Clone)]
enum Tampering {
    /// Change one column of a row.
    Change(u64, &'static str),
    /// Take a row out.
    Remove(u64),
    /// Slip a copy of a row in under this number.
    Insert(u64, i64),
    /// Let two rows change places.
    Swap(u64, u64),
    /// Cut the end off, from this row on.
    Truncate(u64),
    /// Write a row anew, with the hash that it must have.
    Forge(u64),
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let row = 1..=ENTRIES;
    prop_oneof![
        (row.clone(), proptest::sample::select(COLUMNS)).prop_map(|(n, c)| Tampering::Change(n, c)),
        row.clone().prop_map(Tampering::Remove),
        (row.clone(), prop_oneof![Just(-1_i64), Just(0), Just(13), Just(14), Just(99)])
            .prop_map(|(n, at)| Tampering::Insert(n, at)),
        (1..ENTRIES, 1..ENTRIES).prop_map(|(a, b)| Tampering::Swap(a, if b >= a { b + 1 } else { b })),
        row.clone().prop_map(Tampering::Truncate),
        row.prop_map(Tampering::Forge),
    ]
}

fn fill(tx: &mut dyn Tx) -> Result<(), StoreError> {
    for n in 0..ENTRIES {
        let (actor, object) = (format!("cred_{n}"), format!("run_{}", n % 3));
        let entry = Entry { at: at(n), actor: &actor, action: "run.pause", object: &object, detail: "why" };
        audit::append(tx, &entry)?;
    }
    Ok(())
}

fn apply(tx: &mut dyn Tx, what: &Tampering) -> Result<(), StoreError> {
    const ALL: &str = "seq, at, actor, action, object, detail, previous, hash";
    const REST: &str = "at, actor, action, object, detail, previous";
    let other = ContentHash::of(b"another").as_bytes().map(|byte| format!("{byte:02x}")).concat();
    let blob = |tx: &dyn Tx| match tx.dialect() {
        hafs_library::Dialect::Sqlite => format!("X'{other}'"),
        hafs_library::Dialect::Postgres => format!("decode('{other}', 'hex')"),
    };
    let blob = blob(tx);
    let statements = match what {
        Tampering::Change(n, column) => {
            let value = match *column {
                "at" => "at + 1".to_owned(),
                "previous" | "hash" => blob,
                text => format!("{text} || 'x'"),
            };
            vec![format!("UPDATE audit SET {column} = {value} WHERE seq = {n}")]
        }
        Tampering::Remove(n) => vec![format!("DELETE FROM audit WHERE seq = {n}")],
        Tampering::Insert(n, seq) => {
            vec![format!("INSERT INTO audit ({ALL}) SELECT {seq}, {REST}, {blob} FROM audit WHERE seq = {n}")]
        }
        Tampering::Swap(a, b) => vec![
            format!("UPDATE audit SET seq = -1 WHERE seq = {a}"),
            format!("UPDATE audit SET seq = {a} WHERE seq = {b}"),
            format!("UPDATE audit SET seq = {b} WHERE seq = -1"),
        ],
        Tampering::Truncate(n) => vec![format!("DELETE FROM audit WHERE seq >= {n}")],
        Tampering::Forge(n) => return forge(tx, *n),
    };
    statements.iter().try_for_each(|sql| tx.exec(sql, &[]).map(drop))
}

/// Writes a row anew: its hash fits it, and the next row still follows the one that was there.
fn forge(tx: &mut dyn Tx, n: u64) -> Result<(), StoreError> {
    let rows =
        audit::page(tx, &audit::AuditFilter::default(), &hafs_library::tables::PageRequest::default())?;
    let mut row = rows.items.into_iter().find(|row| row.seq == n).expect("is there");
    row.actor = "somebody else".to_owned();
    let (seq, at, previous) = (row.seq.to_string(), row.at.as_millis().to_string(), row.previous.to_string());
    let parts = [seq.as_str(), &at, &row.actor, &row.action, &row.object, &row.detail, &previous];
    let hash = ContentHash::of_parts(parts);
    let sql = "UPDATE audit SET actor = ?2, hash = ?3 WHERE seq = ?1";
    let seq = i64::try_from(n).expect("small");
    tx.exec(sql, &[seq.into(), row.actor.into(), hash.into()]).map(drop)
}

/// Carries a report out of a write that is undone.
struct Undone(Result<AuditReport, StoreError>);

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self(Err(error))
    }
}

async fn after(library: &Library, what: Tampering) -> AuditReport {
    let outcome: Result<(), Undone> = library
        .try_write(move |tx| {
            apply(tx, &what)?;
            Err(Undone(follow(tx, None)))
        })
        .await;
    outcome.expect_err("is undone").0.expect("follows")
}

async fn full() -> Option<(Place, Library)> {
    let (place, library) = library()?;
    library.write(fill).await.expect("fills");
    Some((place, library))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_done_to_one_row_of_the_audit_log_is_found() {
    let Some((_place, library)) = full().await else { return };
    let sound = library.read(|tx| follow(tx, None)).await.expect("follows");
    assert_eq!((sound.sound, sound.entries, sound.defects.len()), (true, ENTRIES, 0));
    let here = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        let mut runner =
            TestRunner::new(Config { cases: 96, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&tampering(), |what| {
            let report = here.block_on(after(&library, what.clone()));
            prop_assert!(!report.sound && !report.defects.is_empty(), "{:?} went unnoticed", what);
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{error}"));
    });
    let still = library.read(|tx| follow(tx, None)).await.expect("follows");
    assert_eq!(still, sound, "everything was undone");
}

#[tokio::test]
async fn rows_that_were_cut_off_stay_missed_when_others_follow() {
    let Some((_place, library)) = full().await else { return };
    let cut = |tx: &mut dyn Tx| {
        tx.exec("DELETE FROM audit WHERE seq > 8", &[])?;
        let entry = Entry { at: at(90), actor: "a", action: "b", object: "c", detail: "" };
        audit::append(tx, &entry)?;
        follow(tx, None)
    };
    let report = library.write(cut).await.expect("appends");
    assert!(!report.sound);
    assert_eq!((report.defects[0].seq, report.entries), (13, 9));
    assert!(report.defects[0].what.contains("between 8 and 13 are gone"), "{:?}", report.defects);
}

#[tokio::test]
async fn a_log_that_was_written_anew_as_a_whole_shows_against_a_head_that_was_noted() {
    let Some((_place, library)) = full().await else { return };
    let noted = library.read(audit::head).await.expect("reads");
    let text = noted.to_string();
    assert_eq!(text.parse(), Ok(noted));
    let entry = Entry { at: Timestamp::EPOCH, actor: "a", action: "b", object: "c", detail: "" };
    library.write(move |tx| audit::append(tx, &entry)).await.expect("appends");
    let grown = library.read(move |tx| follow(tx, Some(noted))).await.expect("follows");
    assert!(grown.sound, "what came later changes nothing: {:?}", grown.defects);
    let rewrite = |tx: &mut dyn Tx| {
        // The intruder knows the rules: rows, chain and note agree again.
        tx.exec("DELETE FROM audit", &[])?;
        let root =
            tx.query("SELECT value FROM meta WHERE key = 'audit_root'", &[])?[0].get::<String>("value")?;
        let sql = "UPDATE meta SET value = ?1 WHERE key = 'audit_head'";
        tx.exec(sql, &[format!("0:{root}").into()])?;
        fill(tx)?;
        tx.exec("DELETE FROM audit WHERE seq > 11", &[])?;
        let last =
            audit::page(tx, &audit::AuditFilter::default(), &hafs_library::tables::PageRequest::default())?;
        let head = Head { seq: 11, hash: last.items[0].hash };
        tx.exec(sql, &[head.to_string().into()]).map(drop)
    };
    library.write(rewrite).await.expect("rewrites");
    assert!(library.read(|tx| follow(tx, None)).await.expect("follows").sound, "it agrees with itself");
    let report = library.read(move |tx| follow(tx, Some(noted))).await.expect("follows");
    assert!(!report.sound);
    assert!(report.defects[0].what.contains("it was cut off"), "{:?}", report.defects);
}

#[tokio::test]
async fn a_log_begins_with_the_incarnation_of_its_library() {
    let Some((_place, library)) = full().await else { return };
    let sql = "UPDATE meta SET value = '0123456789abcdef0123456789abcdef' WHERE key = 'incarnation'";
    let report = library.write(move |tx| tx.exec(sql, &[]).and_then(|_| follow(tx, None))).await;
    let report = report.expect("follows");
    assert!(report.defects.iter().any(|defect| defect.what.contains("root")), "{:?}", report.defects);
}
