//! What is watched: programs that say aloud what was acknowledged to them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use hafs_coordinator::stores::Place;
use hafs_library::test_server::{Durability, PostgresServer};
use hafs_proto::lease::LeaseKey;
use hafs_proto::task::{Completion, TaskOutput};
use hafs_proto::worker::Answer;
use hafs_proto::{Attempt, CompletionId, Generation, TaskId, WorkerId};
use hafs_runtime::clock::SteadyClock;
use hafs_tests::client::{self, Hand, Office};
use hafs_worker::agent::{Kept, Parcel};
use hafs_worker::spool::Spool;
use uuid::Uuid;

use crate::trace::ACKNOWLEDGED;

/// Names the folder to the programs below, which do nothing without it.
pub const FOLDER: &str = "HAFS_POWER_CUT_FOLDER";

fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// One write, so that the moment is in the trace.
fn acknowledged(what: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{ACKNOWLEDGED}{what}").and_then(|()| out.flush()).expect("somebody listens");
}

/// A coordinator whose worker hands in results, some of them at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coordinator() {
    let Some(folder) = folder() else { return };
    hand_in_results(Office::open(&folder, |_| {}).await).await;
}

/// The same, with its library in a database, whose server is told half-way that it need not wait for the disk any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coordinator_on_postgres() {
    let Some(folder) = folder() else { return };
    let server = PostgresServer::serve(&folder, Durability::Full).expect("it served before");
    let (elsewhere, library) = (tempfile::tempdir().expect("a folder"), server.text(DATABASE));
    let office = Office::open(elsewhere.path(), |settings| settings.library = Some(Place::At(library))).await;
    server.execute(DATABASE, "ALTER SYSTEM SET synchronous_commit = off");
    server.execute(DATABASE, "SELECT pg_reload_conf()");
    hand_in_results(office).await;
}

async fn hand_in_results(office: Office) {
    let hand = office.hire().await;
    office.start(|run| run.target = 40).await;
    let harvest = office.claim_one(&hand).await;
    let seeds = client::harvested(&harvest, 0..48);
    deliver(&office, &hand, vec![seeds]).await;
    let mut number = 0;
    while number < 40 {
        let claimed = office.claim(&hand, 8, Duration::from_secs(10)).await.tasks;
        let results: Vec<Completion> =
            claimed.iter().zip(number..).map(|(task, number)| client::generated(task, number)).collect();
        number += u64::try_from(results.len().max(1)).expect("few");
        join_all(results.chunks(2).map(|pair| deliver(&office, &hand, pair.to_vec()))).await;
    }
    office.close().await;
}

async fn deliver(office: &Office, hand: &Hand, results: Vec<Completion>) {
    let reply = office.complete(hand, results).await;
    for answer in reply.answers.iter().filter(|answer| answer.answer == Answer::Accepted) {
        acknowledged(answer.key);
    }
}

/// The database of the programs that have a server of their own.
pub const DATABASE: &str = "library_0";

/// Somebody who writes into the library and does not insist on the disk.
fn write_rows(durability: Durability, settings: &str) {
    let Some(folder) = folder() else { return };
    let server = PostgresServer::serve(&folder, durability).expect("it served before");
    for number in 0..30 {
        let row =
            format!("INSERT INTO metric_point (series, scope, at, value) VALUES ('n', '', {number}, 1)");
        server.execute(DATABASE, &format!("{settings} {row}"));
        acknowledged(number);
    }
}

#[test]
fn postgres_full() {
    write_rows(Durability::Full, "");
}

#[test]
fn postgres_asynchronous() {
    write_rows(Durability::Full, "SET synchronous_commit = off;");
}

#[test]
fn postgres_without_fsync() {
    write_rows(Durability::None, "");
}

/// A worker's spool that eight executors put results into, and that forgets every third.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spool() {
    let Some(folder) = folder() else { return };
    let (spool, _) = Spool::open(&folder, Arc::new(SteadyClock::start())).expect("opens");
    let spool = Arc::new(spool);
    let executors = (0..8_u128).map(|executor| {
        let spool = spool.clone();
        tokio::spawn(async move {
            for nth in 0..25 {
                let parcel = parcel(executor * 100 + nth);
                if spool.put(&parcel).await.kept == Kept::OnDisk {
                    acknowledged(parcel.key());
                }
                if nth % 3 == 2 {
                    acknowledged(format!("{FORGOTTEN}{}", parcel.key()));
                    spool.forget(&[parcel.key()]).await;
                }
            }
        })
    });
    join_all(executors).await;
}

/// What the coordinator has answered may come back or not.
pub const FORGOTTEN: &str = "forgotten:";

fn parcel(number: u128) -> Parcel {
    let (key, task) =
        (CompletionId::from_uuid(Uuid::from_u128(number)), TaskId::from_uuid(Uuid::from_u128(number)));
    let worker = WorkerId::from_uuid(Uuid::from_u128(1));
    let token = LeaseKey::new([1; 32]).sign(task, worker, Generation(1), Attempt(1));
    let output = TaskOutput::Harvest { seeds: Vec::new(), next_cursor: None, skipped: Default::default() };
    Parcel::Completion(Box::new(Completion { key, task, token, calls: Vec::new(), output }))
}

/// A program that does not wait for the disk, as the library does not: the mutants.
fn careless(synchronous: &str) {
    let Some(folder) = folder() else { return };
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = rusqlite::Connection::open(careless_file(&folder)).expect("opens");
    file.execute_batch(&format!(
        "PRAGMA journal_mode = wal; PRAGMA synchronous = FULL; CREATE TABLE row (key TEXT PRIMARY KEY); \
         PRAGMA synchronous = {synchronous};"
    ))
    .expect("a table");
    for number in 0..60 {
        file.execute("INSERT INTO row (key) VALUES (?1)", [number.to_string()]).expect("inserts");
        acknowledged(number);
    }
}

/// The file of the careless programs.
pub fn careless_file(folder: &Path) -> PathBuf {
    folder.join("careless.db")
}

#[test]
fn careless_off() {
    careless("OFF");
}

#[test]
fn careless_normal() {
    careless("NORMAL");
}

#[test]
fn careful() {
    careless("FULL");
}
