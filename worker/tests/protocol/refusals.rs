//! What the coordinator may say no with.

use hafs_proto::ProblemType;
use hafs_worker::RunError;

use crate::coordinator::{Coordinator, Instead};
use crate::rig::{start, task, task_id};
use crate::teacher::Gated;

#[tokio::test]
async fn a_503_on_claim_renew_and_complete_is_only_a_delay() {
    let (coordinator, dir) = (Coordinator::start().await, tempfile::tempdir().expect("a folder"));
    coordinator.plan([task(1)]);
    for (call, kind) in [
        ("register", ProblemType::Draining),
        ("renew", ProblemType::Overloaded),
        ("claim", ProblemType::Rebuilding),
        ("complete", ProblemType::DiskFull),
    ] {
        coordinator.instead(call, Instead::Problem(kind));
    }
    let running = start(&coordinator, dir.path(), 1, &Gated::new(1));
    coordinator.until("the result", |book| book.results.len() == 1).await;
    running.shutdown.advance();
    assert!(running.end().await.expect("a clean end").clean);
}

#[tokio::test]
async fn a_result_that_will_never_be_taken_is_set_aside_and_the_worker_goes_on() {
    let problems =
        [ProblemType::StaleLease, ProblemType::Invalid, ProblemType::TooLarge].map(Instead::Problem);
    for kind in problems.into_iter().chain([Instead::Invalid]) {
        let (coordinator, dir) = (Coordinator::start().await, tempfile::tempdir().expect("a folder"));
        coordinator.plan([task(1)]);
        coordinator.instead("complete", kind.clone());
        let running = start(&coordinator, dir.path(), 1, &Gated::new(2));
        coordinator.until("a refused delivery", |book| book.count("complete") == 1).await;
        coordinator.plan([task(2)]);
        coordinator.until("the next result", |book| book.results.len() == 1).await;
        running.shutdown.advance();
        let summary = running.end().await.expect("a clean end");
        assert_eq!((summary.tally.set_aside, summary.left_in_spool), (1, 0), "{kind:?}");
        let refused =
            dir.path().join("results").join(crate::coordinator::worker_id().to_string()).join("refused");
        assert_eq!(std::fs::read_dir(refused).expect("the folder").count(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn a_coordinator_that_has_forgotten_the_worker_is_joined_again_and_the_work_is_kept() {
    let (coordinator, dir) = (Coordinator::start().await, tempfile::tempdir().expect("a folder"));
    coordinator.plan([task(1)]);
    let teacher = Gated::new(0);
    let running = start(&coordinator, dir.path(), 1, &teacher);
    coordinator.until("a lease", |book| book.leased.len() == 1).await;
    coordinator.instead("renew", Instead::Problem(ProblemType::NotFound));
    coordinator.until("a second registration", |book| book.count("register") == 2).await;
    teacher.gate.add_permits(1);
    coordinator.until("the result", |book| book.results.len() == 1).await;
    running.shutdown.advance();
    running.end().await.expect("a clean end");
}

#[tokio::test]
async fn work_on_a_lost_lease_is_stopped_and_its_paid_call_is_reported() {
    let (coordinator, dir) = (Coordinator::start().await, tempfile::tempdir().expect("a folder"));
    coordinator.plan([task(1)]);
    let running = start(&coordinator, dir.path(), 1, &Gated::new(0));
    coordinator.until_working().await;
    coordinator.book().lose.push(task_id(1));
    coordinator.until("the call's record", |book| book.failures.len() == 1).await;
    assert_eq!(coordinator.book().failures.values().next().expect("one").calls.len(), 1);
    running.shutdown.advance();
    assert_eq!(running.end().await.expect("a clean end").tally.lost, 1);
}

#[tokio::test]
async fn a_revoked_worker_stops_with_a_clear_error_and_an_outdated_one_too() {
    for (kind, words) in [(ProblemType::Unauthenticated, "shut out"), (ProblemType::UpgradeNeeded, "version")]
    {
        let (coordinator, dir) = (Coordinator::start().await, tempfile::tempdir().expect("a folder"));
        coordinator.plan([task(1)]);
        let running = start(&coordinator, dir.path(), 1, &Gated::new(0));
        coordinator.until("a lease", |book| book.leased.len() == 1).await;
        coordinator.instead("renew", Instead::Problem(kind));
        let error = running.end().await.expect_err("shut out");
        assert!(matches!(error, RunError::Revoked { .. } | RunError::Incompatible { .. }));
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_worker_that_is_not_let_in_says_so_at_once() {
    let (coordinator, dir) = (Coordinator::start().await, tempfile::tempdir().expect("a folder"));
    coordinator.instead("register", Instead::Problem(ProblemType::Unauthenticated));
    let error = start(&coordinator, dir.path(), 1, &Gated::new(0)).end().await.expect_err("not let in");
    assert!(matches!(error, RunError::Join(_)), "{error}");
}
