//! Verdicts of whoever is quarantined do not count, and what hung on them is decided again; and how trust is earned.
#![expect(clippy::unwrap_used, reason = "a test program")]

use hafs_proto::people::{Page, QuarantineState, QuarantineView, SampleDetail, WorkerView};
use hafs_proto::task::{Completion, TaskOutput};
use hafs_proto::verdict::{Criterion, Opinion, RubricRef};
use hafs_proto::worker::{Answer, ClaimedTask};
use hafs_proto::{SampleId, SampleState, Score, TaskKind, TrustState, WorkerId};
use hafs_tests::client::{self, Hand, Office, generated, harvested};
use serde_json::{Value, json};

/// A judge's answer to a task.
fn judged(claimed: &ClaimedTask, score: f64) -> Completion {
    let rubric = RubricRef { name: "judge".parse().unwrap(), version: 1 };
    let criterion: Criterion =
        serde_json::from_value(json!({"id": "grounded", "verdict": "pass", "why": "it is"})).unwrap();
    let opinion = Opinion { rubric, score: Score::new(score).unwrap(), criteria: vec![criterion] };
    client::completion(claimed, vec![client::call()], TaskOutput::Judge { opinion })
}

struct Court {
    office: Office,
    maker: Hand,
    sample: SampleId,
}

impl Court {
    /// A run with one judge, in which a worker has made a sample that waits for its verdict.
    async fn sit(folder: &std::path::Path) -> Self {
        let office = Office::open(folder, |_| {}).await;
        let maker = office.hire().await;
        office
            .start(|spec| {
                spec.judges = vec!["scripted/judge".parse().unwrap()];
                (spec.policy.agree, spec.policy.of) = (1, 1);
                spec.target = 3;
            })
            .await;
        let harvest = office.claim_one(&maker).await;
        office.complete(&maker, vec![harvested(&harvest, 0..3)]).await;
        let task = office.claim_one(&maker).await;
        let reply = office.complete(&maker, vec![generated(&task, 1)]).await;
        assert_eq!(reply.answers[0].answer, Answer::Accepted);
        let page: Value = office.get("/v1/samples").await;
        let sample = page["items"][0]["id"].as_str().unwrap().parse().unwrap();
        Self { office, maker, sample }
    }

    /// Has a worker judge what waits for a verdict.
    async fn judge(&self, by: &Hand) -> ClaimedTask {
        let task = self.office.claim_one(by).await;
        assert_eq!(task.task.kind(), TaskKind::Judge);
        let reply = self.office.complete(by, vec![judged(&task, 0.9)]).await;
        assert_eq!(reply.answers[0].answer, Answer::Accepted);
        task
    }

    async fn state(&self) -> SampleState {
        self.office.get::<SampleDetail>(&format!("/v1/samples/{}", self.sample)).await.sample.state
    }

    async fn quarantine(&self, selection: Value) -> QuarantineView {
        let body = json!({"selection": selection, "reason": "a liar"});
        let view: QuarantineView = self.office.post(&self.office.token, "/v1/quarantines", &body).await;
        assert_eq!(view.state, QuarantineState::Done);
        view
    }

    async fn lift(&self, view: &QuarantineView) -> QuarantineView {
        let path = format!("/v1/quarantines/{}/lift", view.id);
        self.office.post(&self.office.token, &path, &json!({})).await
    }

    async fn trust(&self, worker: WorkerId, state: TrustState) {
        let body = json!({"state": state, "reason": "a test"});
        let path = format!("/v1/workers/{worker}/trust");
        let _: Value = self.office.post(&self.office.token, &path, &body).await;
    }

    async fn trusted(&self, worker: WorkerId) -> TrustState {
        let page: Page<WorkerView> = self.office.get("/v1/workers").await;
        page.items.into_iter().find(|view| view.id == worker).unwrap().trust.unwrap().state
    }

    /// Quarantines who gave the one verdict, so that its sample is set aside for this reason; lifts that again, and closes.
    async fn sets_aside_and_takes_back(self, selection: Value, reason: &str) {
        let view = self.quarantine(selection).await;
        assert_eq!((view.samples, view.verdicts, view.redrawn), (1, 1, 1));
        let state = self.state().await;
        assert!(matches!(&state, SampleState::Quarantined { why, .. } if why.contains(reason)), "{state:?}");
        self.is_sound().await;
        self.lift(&view).await;
        assert!(accepted(&self.state().await));
        self.is_sound().await;
        self.office.close().await;
    }

    async fn is_sound(&self) {
        let read = |tx: &mut dyn hafs_library::Tx| {
            hafs_library::verify::verify(tx, Some(hafs_quality::canon::canon_hash))
        };
        assert_eq!(self.office.core.library.read(read).await.unwrap().broken, []);
    }
}

const fn accepted(state: &SampleState) -> bool {
    matches!(state, SampleState::Accepted { .. })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_liars_verdict_does_not_count_and_the_judge_is_asked_again_by_another_worker() {
    let folder = tempfile::tempdir().unwrap();
    let court = Court::sit(folder.path()).await;
    let liar = court.office.hire().await;
    let first = court.judge(&liar).await;
    assert!(accepted(&court.state().await));
    let view = court.quarantine(json!({"worker": liar.reply.worker})).await;
    assert_eq!((view.verdicts, view.redrawn), (1, 1));
    court.is_sound().await;
    assert_eq!(court.state().await, SampleState::Candidate);
    let second = court.judge(&court.maker).await;
    assert_ne!(second.task.id, first.task.id, "another task for another look");
    assert!(accepted(&court.state().await));
    let lifted = court.lift(&view).await;
    assert_eq!(lifted.state, QuarantineState::Lifted);
    assert!(accepted(&court.state().await));
    court.is_sound().await;
    court.office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_run_has_ended_nobody_is_paid_to_judge_again_and_the_sample_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let court = Court::sit(folder.path()).await;
    let liar = court.office.hire().await;
    court.judge(&liar).await;
    let runs: Value = court.office.get("/v1/runs").await;
    let path = format!("/v1/runs/{}/cancel", runs["items"][0]["id"].as_str().unwrap());
    let _: Value = court.office.post(&court.office.token, &path, &json!({})).await;
    court.sets_aside_and_takes_back(json!({"worker": liar.reply.worker}), "run has ended").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_judge_that_is_quarantined_itself_is_not_asked_again_and_its_sample_waits_for_people() {
    let folder = tempfile::tempdir().unwrap();
    let court = Court::sit(folder.path()).await;
    court.judge(&court.maker).await;
    court.sets_aside_and_takes_back(json!({"teacher": "scripted/judge"}), "no judge is left").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_trusted_witness_confirms_a_workers_result() {
    for (witness, after) in [(TrustState::Trusted, TrustState::Probation), (TrustState::New, TrustState::New)]
    {
        let folder = tempfile::tempdir().unwrap();
        let court = Court::sit(folder.path()).await;
        let judge = court.office.hire().await;
        court.trust(judge.reply.worker, witness).await;
        court.judge(&judge).await;
        assert!(accepted(&court.state().await));
        assert_eq!(court.trusted(court.maker.reply.worker).await, after, "a witness that is {witness:?}");
        court.is_sound().await;
        court.office.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_workers_verdict_is_stored_and_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let court = Court::sit(folder.path()).await;
    let suspect = court.office.hire().await;
    let task = court.office.claim_one(&suspect).await;
    court.trust(suspect.reply.worker, TrustState::Suspended).await;
    let reply = court.office.complete(&suspect, vec![judged(&task, 0.9)]).await;
    assert_eq!(reply.answers[0].answer, Answer::Accepted, "it was paid for");
    assert_eq!(court.state().await, SampleState::Candidate);
    court.judge(&court.maker).await;
    assert!(accepted(&court.state().await));
    court.is_sound().await;
    court.office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_suspended_worker_has_mined_is_left_to_another() {
    let folder = tempfile::tempdir().unwrap();
    let office = Office::open(folder.path(), |_| {}).await;
    let (suspect, other) = (office.hire().await, office.hire().await);
    office.start(|_| {}).await;
    let harvest = office.claim_one(&suspect).await;
    let body = json!({"state": "suspended", "reason": "a test"});
    let path = format!("/v1/workers/{}/trust", suspect.reply.worker);
    let _: Value = office.post(&office.token, &path, &body).await;
    let reply = office.complete(&suspect, vec![harvested(&harvest, 0..3)]).await;
    assert_eq!(reply.answers[0].answer, Answer::Closed);
    assert!(reply.answers[0].detail.as_ref().unwrap().contains("suspended"), "{:?}", reply.answers[0]);
    let lease = json!({"leases": [{"task": harvest.task.id, "token": harvest.token}]});
    let _: Value = office.post(&suspect.credential, "/v1/workers/release", &lease).await;
    assert_eq!(office.claim_one(&other).await.task.id, harvest.task.id, "the task is still open");
    office.close().await;
}
