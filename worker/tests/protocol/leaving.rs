//! Drain and release.

use crate::coordinator::Coordinator;
use crate::rig::{start, task, task_id};
use crate::teacher::Gated;

#[tokio::test]
async fn a_drain_finishes_what_is_held_claims_nothing_more_and_delivers() {
    let (coordinator, dir) = (Coordinator::start().await, tempfile::tempdir().expect("a folder"));
    coordinator.plan([task(1)]);
    let teacher = Gated::new(0);
    let running = start(&coordinator, dir.path(), 2, &teacher);
    coordinator.until_working().await;
    running.shutdown.advance();
    coordinator.until("the drain is announced", |book| book.count("drain") == 1).await;
    coordinator.plan([task(2)]);
    teacher.gate.add_permits(2);
    let summary = running.end().await.expect("a clean end");
    assert!(summary.clean && summary.left_in_spool == 0);
    let book = coordinator.book();
    assert_eq!((book.results.len(), book.ready.len() + book.released.len()), (1, 1));
}

#[tokio::test]
async fn a_second_signal_hands_back_at_once_and_reports_the_paid_call() {
    let (coordinator, dir) = (Coordinator::start().await, tempfile::tempdir().expect("a folder"));
    coordinator.plan([task(1)]);
    let running = start(&coordinator, dir.path(), 1, &Gated::new(0));
    coordinator.until_working().await;
    running.shutdown.advance();
    running.shutdown.advance();
    let summary = running.end().await.expect("an end");
    assert!(!summary.clean);
    let book = coordinator.book();
    assert_eq!(book.released, [task_id(1)]);
    let order = |call: &str| book.calls.iter().position(|made| made == call).expect(call);
    assert!(order("release") < order("fail"), "a failure before the release would count against the task");
}

#[tokio::test]
async fn a_drain_that_takes_too_long_becomes_a_release() {
    let (coordinator, dir) = (Coordinator::start().await, tempfile::tempdir().expect("a folder"));
    coordinator.plan([task(1)]);
    let running = start(&coordinator, dir.path(), 1, &Gated::new(0));
    coordinator.until_working().await;
    running.shutdown.advance();
    let summary = running.end().await.expect("an end");
    assert!(!summary.clean);
    assert_eq!(coordinator.book().released, [task_id(1)]);
}

#[tokio::test]
async fn a_worker_that_has_not_joined_yet_leaves_at_once() {
    let (coordinator, dir) = (Coordinator::start().await, tempfile::tempdir().expect("a folder"));
    coordinator.book().away = true;
    let running = start(&coordinator, dir.path(), 1, &Gated::new(0));
    coordinator.until("a try", |book| book.count("register") == 1).await;
    running.shutdown.advance();
    assert_eq!(running.end().await.expect("an end").worker, None);
}
