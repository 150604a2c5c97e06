//! Lost answers, absences, restarts, kills: nothing is lost and nothing is done twice.

use hafs_proto::ProblemType;

use crate::coordinator::{Coordinator, Instead, token};
use crate::rig::{start, task, task_id};
use crate::teacher::Gated;

#[tokio::test]
async fn many_tasks_are_done_once_each_and_nothing_is_left_in_the_spool() {
    let (coordinator, dir) = (Coordinator::start().await, tempfile::tempdir().expect("a folder"));
    coordinator.plan((1..=200).map(task));
    let running = start(&coordinator, dir.path(), 16, &Gated::new(200));
    coordinator.until("200 results", |book| book.results.len() == 200).await;
    running.shutdown.advance();
    let summary = running.end().await.expect("a clean end");
    assert!(summary.clean && summary.left_in_spool == 0);
    assert_eq!((summary.tally.claimed, summary.tally.accepted), (200, 200));
    let book = coordinator.book();
    assert!(book.leased.is_empty() && book.released.is_empty());
}

#[tokio::test]
async fn a_claim_whose_answer_is_lost_gets_the_same_leases_again() {
    let (coordinator, dir) = (Coordinator::start().await, tempfile::tempdir().expect("a folder"));
    coordinator.plan([task(1)]);
    coordinator.instead("claim", Instead::Lost);
    let running = start(&coordinator, dir.path(), 1, &Gated::new(5));
    coordinator.until("the result", |book| book.results.len() == 1).await;
    {
        let book = coordinator.book();
        assert_eq!(book.claims[0].claim, book.claims[1].claim, "repeated under its id");
        assert_eq!(book.receipts.len(), 1, "no second lease");
    }
    running.shutdown.advance();
    running.end().await.expect("a clean end");
}

#[tokio::test]
async fn a_result_whose_answer_is_lost_is_sent_again_with_the_same_key_and_bytes() {
    let (coordinator, dir) = (Coordinator::start().await, tempfile::tempdir().expect("a folder"));
    coordinator.plan([task(1)]);
    coordinator.instead("complete", Instead::Lost);
    let running = start(&coordinator, dir.path(), 1, &Gated::new(5));
    coordinator.until("the result, twice", |book| book.count("complete") == 2).await;
    running.shutdown.advance();
    let summary = running.end().await.expect("a clean end");
    assert_eq!((coordinator.book().results.len(), summary.left_in_spool), (1, 0));
}

#[tokio::test]
async fn while_the_coordinator_is_away_work_goes_on_and_afterwards_it_renews_delivers_and_claims_in_this_order()
 {
    let (coordinator, dir) = (Coordinator::start().await, tempfile::tempdir().expect("a folder"));
    coordinator.plan([task(1), task(2)]);
    let teacher = Gated::new(0);
    let running = start(&coordinator, dir.path(), 2, &teacher);
    coordinator.until("two leases", |book| book.leased.len() == 2).await;
    coordinator.book().away = true;
    teacher.gate.add_permits(2);
    let before = coordinator.book().calls.len();
    coordinator.until("two tries", |book| book.calls.len() >= before + 2).await;
    {
        let mut book = coordinator.book();
        book.away = false;
        book.calls.clear();
    }
    coordinator.until("both results", |book| book.results.len() == 2).await;
    coordinator.until("a claim", |book| book.count("claim") > 0).await;
    let calls = coordinator.book().calls.clone();
    let first = |call: &str| calls.iter().position(|made| made == call).expect(call);
    assert!(first("renew") < first("complete") && first("complete") < first("claim"), "{calls:?}");
    running.shutdown.advance();
    assert!(running.end().await.expect("a clean end").clean);
}

#[tokio::test]
async fn after_a_restart_of_the_coordinator_the_adopted_lease_is_used() {
    let (coordinator, dir) = (Coordinator::start().await, tempfile::tempdir().expect("a folder"));
    coordinator.plan([task(1)]);
    let teacher = Gated::new(0);
    let running = start(&coordinator, dir.path(), 1, &teacher);
    coordinator.until("a lease", |book| book.leased.len() == 1).await;
    let renewals = {
        let mut book = coordinator.book();
        book.generation = 5;
        book.renewals.len()
    };
    coordinator.until("two renewals", |book| book.renewals.len() >= renewals + 2).await;
    teacher.gate.add_permits(1);
    coordinator.until("the result", |book| book.results.len() == 1).await;
    let completion = coordinator.book().results.values().next().cloned().expect("one");
    assert_eq!(completion.token, token(task_id(1), 5));
    running.shutdown.advance();
    running.end().await.expect("a clean end");
}

#[tokio::test]
async fn a_killed_worker_delivers_its_spool_at_the_next_start_under_its_own_credential() {
    let (coordinator, dir) = (Coordinator::start().await, tempfile::tempdir().expect("a folder"));
    coordinator.plan([task(1)]);
    let teacher = Gated::new(0);
    let running = start(&coordinator, dir.path(), 1, &teacher);
    coordinator.until("a lease", |book| book.leased.len() == 1).await;
    coordinator
        .book()
        .instead
        .insert("complete".to_owned(), vec![Instead::Problem(ProblemType::DiskFull); 50]);
    teacher.gate.add_permits(1);
    coordinator.until("a refused delivery", |book| book.count("complete") == 1).await;
    running.kill().await;
    coordinator.book().instead.clear();
    let running = start(&coordinator, dir.path(), 1, &teacher);
    coordinator.until("the result", |book| book.results.len() == 1).await;
    running.shutdown.advance();
    running.end().await.expect("a clean end");
    let book = coordinator.book();
    assert_eq!(book.bearers.len(), 2);
    assert!(book.bearers[1].ends_with("own-token"), "not the join token again");
    assert_eq!(teacher.gate.available_permits(), 0, "the teacher was asked once");
}

#[tokio::test]
async fn the_holder_of_a_state_folder_keeps_a_second_worker_out() {
    let (coordinator, dir) = (Coordinator::start().await, tempfile::tempdir().expect("a folder"));
    let running = start(&coordinator, dir.path(), 1, &Gated::new(0));
    let settings = hafs_worker::WorkerSettings::new("second", &coordinator.address, dir.path().to_owned());
    let deps = hafs_worker::Deps {
        http: hafs_runtime::http::client(&Default::default(), &Default::default()).expect("a client"),
        env: Default::default(),
        clock: std::sync::Arc::new(hafs_runtime::clock::SystemClock),
        ids: std::sync::Arc::new(
            hafs_runtime::ids::IdGen::new(hafs_runtime::clock::SystemClock).expect("randomness"),
        ),
    };
    let error = hafs_worker::build(settings, hafs_worker::Measured::default(), deps).expect_err("locked");
    assert!(error.to_string().contains("state_dir"), "{error}");
    running.shutdown.advance();
    running.end().await.expect("a clean end");
}
