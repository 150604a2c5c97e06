//! Group commit as callers see it.

use std::task::{Context, Poll, Waker};

use hafs_library::tables::metric_points::{self, Point};
use hafs_library::{Library, StoreError, Tx};

use super::given::library;
use crate::world::at;

fn put(tx: &mut dyn Tx, n: u64) -> Result<(), StoreError> {
    metric_points::put(tx, "n", "", Point { at: at(n), value: 1.0 })
}

async fn count(library: &Library) -> usize {
    library.read(|tx| metric_points::last(tx, "n", "", 100_000)).await.expect("reads").len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_that_wait_share_commits_and_each_sees_its_row_when_it_is_answered() {
    let Some((_place, library)) = library() else { return };
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..200 {
        let library = library.clone();
        writers.spawn(async move {
            library.write(move |tx| put(tx, n)).await.expect("writes");
            let rows = library.read(|tx| metric_points::last(tx, "n", "", 100_000)).await.expect("reads");
            rows.iter().any(|point| point.at == at(n))
        });
    }
    assert!(writers.join_all().await.into_iter().all(|seen| seen));
    let metrics = library.metrics();
    assert_eq!((metrics.writes, metrics.undone, metrics.waiting), (200, 0, 0));
    assert!(metrics.commits < 200, "{} commits for 200 writes", metrics.commits);
    assert!(metrics.commit_seconds_sum > 0.0);
}

#[tokio::test]
async fn a_write_that_fails_is_undone_alone() {
    let Some((_place, library)) = library() else { return };
    let bad = library.write(|tx| {
        put(tx, 1)?;
        tx.exec("INSERT INTO nowhere (n) VALUES (1)", &[]).map(drop)
    });
    let (good, bad) = tokio::join!(library.write(|tx| put(tx, 2)), bad);
    good.expect("the good one is stored");
    let error = bad.expect_err("the bad one is not").to_string();
    assert!(error.contains("INSERT INTO nowhere"), "{error}");
    assert_eq!(count(&library).await, 1);
    assert_eq!(library.metrics().undone, 1);
}

#[derive(Debug)]
enum Own {
    Store(StoreError),
    No,
}

impl From<StoreError> for Own {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[tokio::test]
async fn an_error_of_the_callers_own_kind_undoes_the_write_too() {
    let Some((_place, library)) = library() else { return };
    let outcome: Result<(), Own> = library
        .try_write(|tx| {
            put(tx, 1)?;
            Err(Own::No)
        })
        .await;
    assert!(matches!(outcome, Err(Own::No)));
    let outcome: Result<(), Own> =
        library.try_write(|tx| tx.exec("nonsense", &[]).map(drop).map_err(Own::Store)).await;
    assert!(matches!(outcome, Err(Own::Store(StoreError::Statement { .. }))));
    assert_eq!(count(&library).await, 0);
}

/// Begins a write without waiting for it.
fn begin<F: Future>(write: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    write.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn more_than_two_thousand_waiting_writes_are_refused_and_the_rest_are_done() {
    let Some((_place, library)) = library() else { return };
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let mut first = Box::pin(library.write(move |_| wait.recv().or(Ok(()))));
    assert!(begin(first.as_mut()).is_pending());
    let mut writes: Vec<_> = (0..2_100).map(|n| Box::pin(library.write(move |tx| put(tx, n)))).collect();
    let mut waiting = Vec::new();
    for (n, mut write) in writes.drain(..).enumerate() {
        match begin(write.as_mut()) {
            Poll::Pending => waiting.push(write),
            Poll::Ready(outcome) => {
                assert!(matches!(outcome, Err(StoreError::Overloaded { .. })), "write {n}: {outcome:?}");
            }
        }
    }
    // The first write may or may not have left the line yet.
    assert!((1_999..=2_000).contains(&waiting.len()), "{} wait", waiting.len());
    drop(go);
    first.await.expect("the first is done");
    let done = waiting.len();
    for write in waiting {
        write.await.expect("those that waited are done");
    }
    assert_eq!(count(&library).await, done);
    assert_eq!(library.metrics().refused, 2_100 - done as u64);
}

#[tokio::test]
async fn a_read_cannot_write() {
    let Some((_place, library)) = library() else { return };
    let error = library.read(|tx| put(tx, 1)).await.expect_err("read-only");
    assert!(matches!(error, StoreError::Statement { .. }), "{error}");
}
