//! Lost connections and servers that die: nothing that was acknowledged is lost, nothing is claimed that is not
//! known, and the library comes back by itself.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hafs_library::tables::metric_points::{self, Point};
use hafs_library::test_server::{Durability, PostgresServer};
use hafs_library::{Library, Retry, StoreError, Tx};
use hafs_proto::Timestamp;
use tokio::time::Instant;

use super::given::{library, server};
use crate::world::{at, settings};

fn put(tx: &mut dyn Tx, n: u64) -> Result<(), StoreError> {
    metric_points::put(tx, "n", "", Point { at: at(n), value: 1.0 })
}

async fn stored(library: &Library) -> BTreeSet<Timestamp> {
    let points = library.read(|tx| metric_points::last(tx, "n", "", 10_000_000)).await.expect("reads");
    points.into_iter().map(|point| point.at).collect()
}

/// Ends all connections but the one that asks.
const END_ALL: &str =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hafs-factory'";

#[tokio::test]
async fn connections_that_end_while_nobody_uses_them_are_made_anew_without_an_error() {
    let Some((_place, library)) = library() else { return };
    library.write(|tx| put(tx, 1)).await.expect("writes");
    for n in 2..5 {
        server().expect("is there").execute("postgres", END_ALL);
        library.write(move |tx| put(tx, n)).await.expect("writes again");
        assert_eq!(stored(&library).await.len() as u64, n);
    }
}

#[tokio::test]
async fn a_connection_that_ends_in_the_middle_of_a_write_fails_that_write_alone() {
    let Some((_place, library)) = library() else { return };
    let cut = library.write(|tx| {
        put(tx, 1)?;
        server().expect("is there").execute("postgres", END_ALL);
        put(tx, 2)
    });
    let error = cut.await.expect_err("it was cut");
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    assert_eq!(error.retry(), Retry::Backoff);
    assert!(error.to_string().contains("nothing of this call was stored"), "{error}");
    library.write(|tx| put(tx, 3)).await.expect("the next one is well");
    assert_eq!(stored(&library).await, BTreeSet::from([at(3)]));
}

#[tokio::test]
async fn a_commit_that_is_cut_off_is_answered_as_unknown() {
    let Some((_place, library)) = library() else { return };
    // The last statement of the write ends its own connection, a moment before the commit is sent.
    let cut = library.write(|tx| {
        put(tx, 1)?;
        server().expect("is there").execute("postgres", END_ALL);
        Ok(())
    });
    let error = cut.await.expect_err("it was cut");
    assert!(matches!(error, StoreError::Unknown { .. }), "{error}");
    assert_eq!(error.retry(), Retry::Backoff);
    assert!(error.to_string().contains("is not known"), "{error}");
    library.write(|tx| put(tx, 2)).await.expect("the next one is well");
}

#[tokio::test]
async fn a_write_whose_statement_failed_is_undone_whatever_it_says() {
    let Some((_place, library)) = library() else { return };
    let outcome = library.write(|tx| {
        put(tx, 1)?;
        let refused = tx.exec("nonsense", &[]);
        assert!(refused.is_err());
        assert!(put(tx, 2).is_err(), "nothing can follow");
        Ok(())
    });
    assert!(matches!(outcome.await, Err(StoreError::Statement { .. })));
    library.write(|tx| put(tx, 3)).await.expect("the next one is well");
    assert_eq!(stored(&library).await, BTreeSet::from([at(3)]));
    // A read has nothing to lose and goes on.
    let read = |tx: &mut dyn Tx| {
        assert!(tx.query("nonsense", &[]).is_err());
        metric_points::last(tx, "n", "", 9)
    };
    assert_eq!(library.read(read).await.expect("reads").len(), 1);
}

#[tokio::test]
async fn a_panic_in_a_write_is_its_own_answer() {
    let Some((_place, library)) = library() else { return };
    let panics = library.write(|tx| -> Result<(), StoreError> {
        put(tx, 1)?;
        panic!("a bug")
    });
    assert!(matches!(panics.await, Err(StoreError::Panicked)));
    let panics = library.write(|tx| {
        put(tx, 2)?;
        tx.query_each("SELECT at FROM metric_point", &[], &mut |_| panic!("a bug in the middle of rows"))
    });
    assert!(matches!(panics.await, Err(StoreError::Panicked)));
    library.write(|tx| put(tx, 3)).await.expect("the next one is well");
    assert_eq!(stored(&library).await, BTreeSet::from([at(3)]));
}

#[tokio::test]
async fn what_a_database_cannot_hold_is_refused_before_it_is_sent() {
    let Some((_place, library)) = library() else { return };
    let nul = library.write(|tx| metric_points::put(tx, "a\0b", "", Point { at: at(1), value: 1.0 }));
    let error = nul.await.expect_err("refused").to_string();
    assert!(error.contains("NUL"), "{error}");
    let wrong = library.write(|tx| tx.exec("UPDATE meta SET value = ?1", &[1_i64.into()]));
    assert!(matches!(wrong.await, Err(StoreError::Statement { .. })));
    let few = library.write(|tx| tx.exec("UPDATE meta SET value = ?1 WHERE key = ?2", &["x".into()]));
    assert!(matches!(few.await, Err(StoreError::Refused { .. })));
    let odd = library.read(|tx| tx.query("SELECT CAST(1 AS NUMERIC) AS n FROM meta", &[])).await;
    let error = odd.expect_err("refused").to_string();
    assert!(error.contains("meta.n") && error.contains("numeric"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_of_several_coordinators_run_one_after_the_other() {
    let Some((place, first)) = library() else { return };
    let libraries = [first, place.open(), place.open()];
    let mut writers = tokio::task::JoinSet::new();
    for lane in 0..60_usize {
        let library = libraries[lane % 3].clone();
        writers.spawn(async move {
            // Read, then write: two of these at once would lose one.
            library.write(hafs_library::tables::meta::next_generation).await.expect("counts").0
        });
    }
    let mut seen = writers.join_all().await;
    seen.sort_unstable();
    assert_eq!(seen, (1..=60).collect::<Vec<u64>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coordinator_that_is_suspended_in_a_write_holds_up_the_others_for_seconds_only() {
    let Some((place, suspended)) = library() else { return };
    let other = place.open();
    let (begun, wait_begun) = tokio::sync::oneshot::channel();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let mut stuck = tokio::task::JoinSet::new();
    stuck.spawn(async move {
        let write = suspended.write(move |tx| {
            put(tx, 1)?;
            begun.send(()).expect("the test waits");
            wait.recv().expect("the test goes on");
            put(tx, 2)
        });
        write.await
    });
    wait_begun.await.expect("it has begun");
    other.write(|tx| put(tx, 3)).await.expect("the others go on");
    go.send(()).expect("it waits");
    let error = stuck.join_next().await.expect("one").expect("no panic").expect_err("it was shut out");
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    assert_eq!(stored(&other).await, BTreeSet::from([at(3)]));
}

/// Writers that repeat what failed or is not known, until told to stop; each tells what was acknowledged.
async fn write_on(library: Library, lane: u64, stop: Arc<AtomicBool>) -> Vec<u64> {
    let (mut acknowledged, mut n) = (Vec::new(), 0);
    while !stop.load(Ordering::Relaxed) {
        let key = n * 16 + lane;
        match library.write(move |tx| put(tx, key)).await {
            Ok(()) => {
                acknowledged.push(key);
                n += 1;
            }
            Err(error) => {
                assert_eq!(error.retry(), Retry::Backoff, "{error}");
                tokio::task::yield_now().await;
            }
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_write_survives_a_server_that_is_killed_and_the_library_comes_back() {
    let server = match PostgresServer::start(Durability::Full) {
        Ok(server) => server,
        Err(why) => {
            println!("SKIPPED: {why}, so no server was killed");
            return;
        }
    };
    let library = Library::open(&settings(server.database())).expect("opens");
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = tokio::task::JoinSet::new();
    for lane in 0..16 {
        writers.spawn(write_on(library.clone(), lane, Arc::clone(&stop)));
    }
    for round in 1..=3_u64 {
        // So many writes are acknowledged before each kill, and the library is back within a minute.
        let (before, began) = (library.metrics().commits, Instant::now());
        while library.metrics().commits < before + 20 * round {
            assert!(began.elapsed() < Duration::from_secs(60), "the library did not come back");
            tokio::task::yield_now().await;
        }
        server.crash().expect("kills");
        server.up().expect("starts again");
    }
    stop.store(true, Ordering::Relaxed);
    let acknowledged: BTreeSet<_> = writers.join_all().await.into_iter().flatten().map(at).collect();
    let stored = stored(&library).await;
    let lost = acknowledged.difference(&stored).count();
    assert_eq!(lost, 0, "{} were acknowledged, {} are stored", acknowledged.len(), stored.len());
    assert!(stored.len() <= acknowledged.len() + 16, "only what was under way may be there too");
    assert!(acknowledged.len() > 60, "{}", acknowledged.len());
}
