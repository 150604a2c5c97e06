//! Failures and results that come at the wrong moment.

use std::time::Duration;

use hafs_library::tables::tasks::{StoredState, StoredTries};
use hafs_proto::task::{Completion, Failure, FailureClass, TaskOutput};
use hafs_proto::worker::{Answer, CompleteRequest, FailRequest};
use hafs_proto::{Attempt, LeaseToken, Reason, Task, TaskId, TaskState};

use super::{Trial, text};
use crate::work::{complete, fail, why};

const LEASE: Duration = Duration::from_secs(60);

impl Trial {
    fn failure(&self, task: TaskId, token: LeaseToken, class: FailureClass) -> Failure {
        Failure {
            key: self.app.ids.mint(),
            task,
            token,
            class,
            reason: Reason::Timeout,
            detail: text("429: monthly quota of the key is used up"),
            retry_after_ms: None,
            calls: Vec::new(),
        }
    }

    async fn fail(&self, failure: &Failure) -> Option<(Answer, String)> {
        let request = FailRequest { failures: vec![failure.clone()], seen: Vec::new() };
        let reply = fail::fail(&self.app, self.sender, request).await.ok()?;
        let answer = reply.answers.into_iter().next().expect("one for each");
        Some((answer.answer, answer.detail.map(|detail| detail.to_string()).unwrap_or_default()))
    }

    async fn claimed(&self) -> (TaskId, LeaseToken) {
        self.claim(LEASE).await.pop().expect("one is ready")
    }
}

#[tokio::test]
async fn a_failure_that_is_delivered_twice_at_once_counts_once_and_gets_one_answer() {
    let trial = Trial::start().await;
    trial.plan(&trial.harvest()).await;
    let (task, token) = trial.claimed().await;
    let failure = trial.failure(task, token, FailureClass::Transient);
    let (one, other) = tokio::join!(trial.fail(&failure), trial.fail(&failure));
    assert_eq!((one.clone(), other), (Some((Answer::Accepted, String::new())), one));
    let stored = StoredTries { failures: 1, ..StoredTries::default() };
    assert!(matches!(trial.in_library(task).await, StoredState::Open { tries, .. } if tries == stored));
    assert_eq!(trial.in_queue(task).await.expect("open").entry.tries.failures, 1);
}

#[tokio::test]
async fn a_failure_whose_commit_fails_leaves_its_lease_and_counts_once_when_it_comes_again() {
    let trial = Trial::start().await;
    trial.plan(&trial.harvest()).await;
    let (task, token) = trial.claimed().await;
    let failure = trial.failure(task, token, FailureClass::Transient);
    trial.refuse("attempt").await;
    assert_eq!(trial.fail(&failure).await, None);
    let held = trial.in_queue(task).await.expect("open");
    assert!(matches!(held.state, TaskState::Leased { .. }), "the queue is not ahead of the library");
    assert_eq!(held.entry.tries.total(), 0);

    trial.allow().await;
    assert_eq!(trial.fail(&failure).await, Some((Answer::Accepted, String::new())));
    let stored = StoredTries { failures: 1, ..StoredTries::default() };
    assert!(matches!(trial.in_library(task).await, StoredState::Open { tries, .. } if tries == stored));
    let waiting = trial.in_queue(task).await.expect("open");
    assert!(matches!(waiting.state, TaskState::Ready { .. }));
    assert_eq!(waiting.entry.tries.failures, 1);
    assert_eq!(trial.fail(&failure).await.map(|it| it.0), Some(Answer::Accepted), "the receipt answers");
    assert_eq!(trial.in_queue(task).await.map(|it| it.entry.tries.failures), Some(1));
}

#[tokio::test]
async fn what_was_tried_survives_a_restart() {
    let trial = Trial::start().await;
    trial.plan(&trial.harvest()).await;
    let (task, token) = trial.claimed().await;
    let limited = trial.failure(task, token, FailureClass::RateLimited);
    assert_eq!(trial.fail(&limited).await.map(|it| it.0), Some(Answer::Accepted));
    let before = trial.in_queue(task).await.expect("open").entry.tries;
    assert_eq!((before.failures, before.deferrals), (0, 1));
    trial.rebuild().await;
    assert_eq!(trial.in_queue(task).await.expect("open").entry.tries, before);
}

#[tokio::test]
async fn a_task_that_is_given_up_keeps_the_providers_last_words() {
    let trial = Trial::start().await;
    let task = Task { max_attempts: 1, ..trial.harvest() };
    trial.plan(&task).await;
    let (id, token) = trial.claimed().await;
    let failure = trial.failure(id, token, FailureClass::Transient);
    assert_eq!(trial.fail(&failure).await.map(|it| it.0), Some(Answer::Accepted));
    assert_eq!(trial.in_queue(id).await, None, "it has left the queue");
    let view = why::task(&trial.app, id).await.expect("a view");
    let TaskState::Dead { reason, .. } = view.state else {
        panic!("expected a dead task, found {:?}", view.state)
    };
    assert_eq!(reason.reason, Reason::Timeout);
    assert!(reason.detail.contains("1 of 1 attempts failed"), "{}", reason.detail);
    assert!(reason.detail.contains("monthly quota of the key"), "{}", reason.detail);
    let told = why::why(&trial.app, &id.to_string()).await.expect("reasons");
    assert!(told.reasons.iter().any(|(_, text)| text.contains("monthly quota of the key")), "{told:?}");
}

#[tokio::test]
async fn a_delivery_for_a_task_of_a_lost_time_is_told_so_and_a_forged_one_is_not() {
    let trial = Trial::start().await;
    let (lost, worker) = (trial.app.ids.mint(), trial.sender.worker);
    let generation = trial.app.library.read(hafs_library::tables::meta::generation).await.expect("reads");
    let genuine = trial.app.lease_key.sign(lost, worker, generation, Attempt(1));
    let another = trial.app.lease_key.sign(trial.app.ids.mint(), worker, generation, Attempt(1));
    for (token, words) in
        [(genuine.clone(), "older copy of the library was restored"), (another, "never leased")]
    {
        let output = TaskOutput::Harvest { seeds: vec![], next_cursor: None, skipped: Default::default() };
        let result = Completion { key: trial.app.ids.mint(), task: lost, token, calls: Vec::new(), output };
        let request = CompleteRequest { results: vec![result], seen: Vec::new() };
        let reply = complete::complete(&trial.app, trial.sender, request).await.expect("an answer");
        assert_eq!(reply.answers[0].answer, Answer::Invalid, "the worker keeps it apart");
        let detail = reply.answers[0].detail.as_ref().expect("why");
        assert!(detail.contains(words), "{detail}");
    }
    let failure = trial.failure(lost, genuine, FailureClass::Transient);
    let (answer, detail) = trial.fail(&failure).await.expect("an answer");
    assert_eq!(answer, Answer::Invalid);
    assert!(detail.contains("older copy of the library was restored"), "{detail}");
}
