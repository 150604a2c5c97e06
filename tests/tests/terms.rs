//! Terms of teachers on the wire: what a claim gives and says when limits, money or a circuit stand in its way.

use std::time::Duration;

use hafs_proto::people::{Page, Status, TeacherStanding, TeacherView, Why};
use hafs_proto::task::{Failure, FailureClass};
use hafs_proto::teacher::CallError;
use hafs_proto::worker::{
    ClaimReply, ClaimRequest, ClaimedTask, FailReply, FailRequest, HeldLease, IdleCode, PoolVacancy,
    ReleaseReply, ReleaseRequest,
};
use hafs_proto::{BoundedText, MicroUsd, Reason, StopReason};
use hafs_tests::client::{Hand, Office, TEACHER, call, generated, harvested, ids};
use serde_json::json;

/// A coordinator with a run whose seeds are mined, and a worker that has told these terms.
async fn ready(folder: &std::path::Path, terms: serde_json::Value) -> (Office, Hand) {
    let office = Office::open(folder, |_| {}).await;
    let hand = office.hire().await;
    office.start(|spec| spec.budget = None).await;
    let harvest = office.claim_one(&hand).await;
    office.complete(&hand, vec![harvested(&harvest, 0..40)]).await;
    tell(&office, &hand, terms).await;
    // All seeds are planned before the first claim, so that what it gives is the limits' affair alone.
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    while office.get::<Status>("/v1/status").await.ready < 40 {
        assert!(tokio::time::Instant::now() < deadline, "the seeds are not planned");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    (office, hand)
}

async fn tell(office: &Office, hand: &Hand, mut terms: serde_json::Value) {
    terms["teacher"] = TEACHER.into();
    terms["key"] = "0123456789ab".into();
    let body = json!({ "terms": [terms] });
    let answer = office.call(&hand.credential, "/v1/workers/teachers", &body).await;
    assert_eq!(answer.status(), 204);
}

async fn claim(office: &Office, hand: &Hand, free: u32) -> ClaimReply {
    office.claim(hand, free, Duration::from_millis(300)).await
}

fn codes(reply: &ClaimReply) -> Vec<IdleCode> {
    reply.reasons.iter().map(|reason| reason.code).collect()
}

async fn fail(office: &Office, hand: &Hand, claimed: &ClaimedTask, class: FailureClass, status: u16) {
    let mut failed = call();
    failed.stop = StopReason::Error;
    let message = BoundedText::clipped("the provider's words");
    failed.error = Some(CallError { reason: Reason::ProviderError, status: Some(status), message });
    let failure = Failure {
        key: ids().mint(),
        task: claimed.task.id,
        token: claimed.token.clone(),
        class,
        reason: Reason::ProviderError,
        detail: BoundedText::clipped("the provider's words"),
        retry_after_ms: None,
        calls: vec![failed],
    };
    let request = FailRequest { failures: vec![failure], seen: Vec::new() };
    let _: FailReply = office.post(&hand.credential, "/v1/workers/fail", &request).await;
}

async fn teacher(office: &Office) -> TeacherView {
    let page: Page<TeacherView> = office.get("/v1/teachers").await;
    page.items.into_iter().next().expect("a teacher")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_gives_what_the_bucket_holds_and_then_says_until_when_it_is_empty() {
    let folder = tempfile::tempdir().expect("a folder");
    let limits = json!({ "limits": { "requests_per_minute": 120 } });
    let (office, hand) = ready(folder.path(), limits).await;
    let reply = claim(&office, &hand, 16).await;
    assert_eq!(reply.tasks.len(), 4, "three eightieths of the minute: {reply:?}");
    let reply = claim(&office, &hand, 16).await;
    assert_eq!((reply.tasks.len(), codes(&reply)[0]), (0, IdleCode::BucketEmpty), "{reply:?}");
    let said = reply.reasons[0].message.to_string();
    assert!(said.contains("limit of 120 requests a minute") && said.contains("until 20"), "{said}");
    assert!(reply.retry_after_ms <= 1_000, "{reply:?}");
    let one = office.claim(&hand, 16, Duration::from_secs(5)).await;
    assert_eq!(one.tasks.len(), 1, "the long poll ends when one is back: {one:?}");
    // A worker of an older release has told no terms and is not held back.
    let older = office.hire().await;
    assert_eq!(claim(&office, &older, 8).await.tasks.len(), 8);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_claim_is_charged_once_and_what_is_released_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let limits = json!({ "limits": { "requests_per_minute": 200 } });
    let (office, hand) = ready(folder.path(), limits).await;
    let request = ClaimRequest {
        claim: ids().mint(),
        vacancies: vec![PoolVacancy { pool: BoundedText::clipped("all"), free: 4 }],
        wait_ms: 300,
        holding: Vec::new(),
        residency: None,
    };
    let first: ClaimReply = office.post(&hand.credential, "/v1/workers/claim", &request).await;
    let again: ClaimReply = office.post(&hand.credential, "/v1/workers/claim", &request).await;
    let of = |reply: &ClaimReply| reply.tasks.iter().map(|task| task.task.id).collect::<Vec<_>>();
    assert_eq!((of(&first), first.tasks.len()), (of(&again), 4));
    assert_eq!(teacher(&office).await.in_flight, 4);
    assert!(teacher(&office).await.room < Some(7), "four of seven are taken");
    let leases = first.tasks.iter();
    let leases = leases.map(|task| HeldLease { task: task.task.id, token: task.token.clone() }).collect();
    let request = ReleaseRequest { leases };
    let released: ReleaseReply = office.post(&hand.credential, "/v1/workers/release", &request).await;
    assert_eq!(released.released.len(), 4);
    let view = teacher(&office).await;
    assert_eq!((view.in_flight, view.room), (0, Some(7)), "nothing is left behind: {view:?}");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_key_is_said_to_whoever_asks_and_a_person_lets_it_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let (office, hand) = ready(folder.path(), json!({})).await;
    let claimed = office.claim_one(&hand).await;
    fail(&office, &hand, &claimed, FailureClass::ModelMissing, 401).await;
    assert_eq!(teacher(&office).await.standing, TeacherStanding::Locked);
    let reply = claim(&office, &hand, 4).await;
    assert_eq!((reply.tasks.len(), codes(&reply).contains(&IdleCode::CircuitOpen)), (0, true), "{reply:?}");
    let said = reply.reasons.iter().find(|reason| reason.code == IdleCode::CircuitOpen).expect("it");
    assert!(said.message.contains("the provider's words") && said.message.contains("until someone acts"));
    let why: Why = office.get(&format!("/v1/why/{}", hand.reply.worker)).await;
    assert!(why.next.iter().any(|next| next.contains("teachers resume")), "{why:?}");
    let body = json!({ "teacher": TEACHER });
    assert_eq!(office.call(&office.token, "/v1/teachers/resume", &body).await.status(), 204);
    assert_eq!(claim(&office, &hand, 4).await.tasks.len(), 4);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_provider_says_is_left_is_heeded_and_a_days_money_is_counted_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let price = json!({ "input": 1_000_000, "cached_input": 0, "cache_write": 0, "output": 1_000_000 });
    let (office, hand) = ready(folder.path(), json!({ "prices": price, "day_budget": 2_600 })).await;
    let claimed = office.claim_one(&hand).await;
    // About eight hundred tokens of prompt and 256 of reply are held back for each, at a millionth of a dollar.
    let more = claim(&office, &hand, 8).await;
    assert_eq!(more.tasks.len(), 1, "two are paid for: {more:?}");
    let none = claim(&office, &hand, 8).await;
    assert!(codes(&none).contains(&IdleCode::BudgetSpent), "{none:?}");
    let seen =
        json!([{ "teacher": TEACHER, "requests": { "limit": 40, "remaining": 0, "reset_ms": 50_000 } }]);
    let body = json!({ "results": [generated(&claimed, 1)], "seen": seen });
    let answer = office.call(&hand.credential, "/v1/workers/complete", &body).await;
    assert!(answer.status().is_success());
    let view = teacher(&office).await;
    assert_eq!((view.standing, view.limits.requests_per_minute), (TeacherStanding::Waiting, Some(40)));
    assert_eq!((view.spent_today, view.in_flight), (MicroUsd(7), 1), "{view:?}");
    office.close().await;
}
