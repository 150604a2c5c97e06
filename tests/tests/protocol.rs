//! The worker protocol over real HTTP: what is acknowledged, repeated, late, forged, revoked.

use std::time::Duration;

use hafs_proto::people::{Page, Progress, SampleDetail, Why, WorkerView};
use hafs_proto::task::{Failure, FailureClass};
use hafs_proto::worker::{
    Answer, FailReply, FailRequest, HeldLease, ReleaseReply, ReleaseRequest, RenewReply, RenewRequest,
};
use hafs_proto::{BoundedText, Problem, Reason, Sample, TaskId, WorkerId};
use hafs_tests::client::{self, Hand, Office, generated, harvested};

/// An office with a worker, a run, and `seeds` seeds mined.
async fn ready(folder: &std::path::Path, seeds: u64) -> (Office, Hand, hafs_proto::Run) {
    let office = Office::open(folder, |_| {}).await;
    let hand = office.hire().await;
    let run = office.start(|_| {}).await;
    let harvest = office.claim_one(&hand).await;
    let reply = office.complete(&hand, vec![harvested(&harvest, 0..seeds)]).await;
    assert_eq!(reply.answers[0].answer, Answer::Accepted);
    (office, hand, run)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_is_stored_decided_and_counted_once_however_often_it_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let (office, hand, run) = ready(folder.path(), 3).await;
    let claimed = office.claim_one(&hand).await;
    let result = generated(&claimed, 1);
    let first = office.complete(&hand, vec![result.clone()]).await;
    let again = office.complete(&hand, vec![result.clone()]).await;
    assert_eq!((first.answers[0].answer, first.answers[0].replayed), (Answer::Accepted, false));
    assert_eq!((again.answers[0].answer, again.answers[0].replayed), (Answer::Accepted, true));
    let mut other = result.clone();
    other.calls.clear();
    let reused = office.complete(&hand, vec![other]).await;
    assert_eq!(reused.answers[0].answer, Answer::Invalid, "{:?}", reused.answers[0]);
    let mut second = result;
    second.key = client::ids().mint();
    let late = office.complete(&hand, vec![second]).await;
    assert_eq!(late.answers[0].answer, Answer::Duplicate);
    let progress: Progress = office.get(&format!("/v1/runs/{}/progress", run.id)).await;
    assert_eq!((progress.generated, progress.accepted, progress.calls), (1, 1, 2), "both calls were paid");
    let page: Page<Sample> = office.get("/v1/samples?state=accepted").await;
    let detail: SampleDetail = office.get(&format!("/v1/samples/{}", page.items[0].id)).await;
    assert_eq!(detail.seed.id, detail.sample.lineage.seed);
    assert_eq!(detail.attempt.id, detail.sample.lineage.attempt);
    assert!(detail.checks.iter().any(|view| view.check.name.as_str() == "duplicates"));
    assert!(detail.checks.len() > 8, "every gate is recorded");
    assert!(detail.decision.is_some_and(|decision| decision.accepted));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_text_is_rejected_and_says_which_sample_it_repeats() {
    let folder = tempfile::tempdir().unwrap();
    let (office, hand, _) = ready(folder.path(), 3).await;
    for _ in 0..2 {
        let claimed = office.claim_one(&hand).await;
        office.complete(&hand, vec![generated(&claimed, 1)]).await;
    }
    let page: Page<Sample> = office.get("/v1/samples?state=rejected").await;
    assert_eq!(page.items.len(), 1);
    let why: Why = office.get(&format!("/v1/why/{}", page.items[0].id)).await;
    assert!(why.reasons.iter().any(|(code, _)| code.as_str() == "exact_duplicate"), "{why:?}");
    assert!(why.reasons.iter().any(|(_, text)| text.contains("sample_")), "{why:?}");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_see_what_each_worker_is_doing() {
    let folder = tempfile::tempdir().unwrap();
    let (office, hand, _) = ready(folder.path(), 3).await;
    let doing = async || {
        let page: Page<WorkerView> = office.get("/v1/workers").await;
        let why: Why = office.get(&format!("/v1/why/{}", hand.reply.worker)).await;
        let holds = why.reasons.iter().filter(|(code, _)| code.as_str() == "holds");
        (page.items[0].holding.clone(), holds.map(|(_, text)| text.as_str().to_owned()).collect::<Vec<_>>())
    };
    let claimed = office.claim_one(&hand).await;
    let (held, said) = doing().await;
    assert_eq!(held, [claimed.task.id]);
    assert!(
        said[0].contains(&claimed.task.id.to_string()) && said[0].contains("generate for `teacher/"),
        "{said:?}"
    );
    office.complete(&hand, vec![generated(&claimed, 1)]).await;
    let (_, said) = doing().await;
    assert!(said.is_empty(), "what is delivered is not being done: {said:?}");
    let next = office.claim_one(&hand).await;
    assert_eq!(doing().await.0, [next.task.id], "a claim says anew what is held");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_lease_and_another_workers_lease_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (office, hand, _) = ready(folder.path(), 3).await;
    let claimed = office.claim_one(&hand).await;
    let thief = office.hire().await;
    let stolen = office.complete(&thief, vec![generated(&claimed, 1)]).await;
    assert_eq!(stolen.answers[0].answer, Answer::Invalid);
    let mut forged = generated(&claimed, 1);
    forged.token = forged.token.to_string().replacen("lease.1.1", "lease.1.2", 1).parse().unwrap();
    let forged = office.complete(&hand, vec![forged]).await;
    assert_eq!(forged.answers[0].answer, Answer::Invalid);
    let honest = office.complete(&hand, vec![generated(&claimed, 1)]).await;
    assert_eq!(honest.answers[0].answer, Answer::Accepted);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_a_lease_is_adopted_and_an_older_result_is_still_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let (office, hand, run) = ready(folder.path(), 3).await;
    let kept = office.claim_one(&hand).await;
    let done = office.claim_one(&hand).await;
    office.close().await;
    let office = Office::open(folder.path(), |_| {}).await;
    let reply: hafs_proto::worker::RegisterReply =
        office.post(&hand.credential, "/v1/workers/register", &client::registration()).await;
    assert_eq!(reply.worker, hand.reply.worker, "it keeps its id");
    assert!(reply.credential.is_none());
    let leases = vec![HeldLease { task: kept.task.id, token: kept.token.clone() }];
    let request = RenewRequest { leases, spooled: 1, oldest_spooled_ms: 0 };
    let renewed: RenewReply = office.post(&hand.credential, "/v1/workers/renew", &request).await;
    assert_eq!(renewed.renewed.len(), 1, "{renewed:?}");
    assert_ne!(renewed.renewed[0].token.to_string(), kept.token.to_string());
    let late = office.complete(&hand, vec![generated(&done, 2)]).await;
    assert_eq!(late.answers[0].answer, Answer::Accepted, "its token is of the generation before");
    let claimed = office.claim_one(&hand).await;
    assert!(claimed.task.id != kept.task.id && claimed.task.id != done.task.id);
    let progress: Progress = office.get(&format!("/v1/runs/{}/progress", run.id)).await;
    assert_eq!(progress.accepted, 1);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_is_recorded_with_its_calls_and_only_the_holder_may_fail() {
    let folder = tempfile::tempdir().unwrap();
    let (office, hand, run) = ready(folder.path(), 1).await;
    let claimed = office.claim_one(&hand).await;
    let failure = Failure {
        key: client::ids().mint(),
        task: claimed.task.id,
        token: claimed.token.clone(),
        class: FailureClass::Refused,
        reason: Reason::Refused,
        detail: BoundedText::clipped("it would not"),
        retry_after_ms: None,
        calls: vec![client::call()],
    };
    let request = FailRequest { failures: vec![failure.clone()], seen: Vec::new() };
    let first: FailReply = office.post(&hand.credential, "/v1/workers/fail", &request).await;
    assert_eq!(first.answers[0].answer, Answer::Accepted);
    let again: FailReply = office.post(&hand.credential, "/v1/workers/fail", &request).await;
    assert!(again.answers[0].replayed);
    let stale = Failure { key: client::ids().mint(), ..failure };
    let request = FailRequest { failures: vec![stale], seen: Vec::new() };
    let stale: FailReply = office.post(&hand.credential, "/v1/workers/fail", &request).await;
    assert_ne!(stale.answers[0].answer, Answer::Accepted);
    let progress: Progress = office.get(&format!("/v1/runs/{}/progress", run.id)).await;
    assert_eq!((progress.failed, progress.calls), (1, 2));
    assert_eq!(progress.failures[0].reason, Reason::Refused);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_task_gets_new_attempts_unless_its_run_was_called_off() {
    let folder = tempfile::tempdir().unwrap();
    let (office, hand, run) = ready(folder.path(), 2).await;
    let other = office.claim_one(&hand).await;
    let mut claimed = office.claim_one(&hand).await;
    let task = claimed.task.id;
    for called_off in [false, true] {
        let failure = Failure {
            key: client::ids().mint(),
            task,
            token: claimed.token.clone(),
            class: FailureClass::Poison,
            reason: Reason::Other,
            detail: BoundedText::clipped("it cannot be done"),
            retry_after_ms: None,
            calls: Vec::new(),
        };
        let request = FailRequest { failures: vec![failure], seen: Vec::new() };
        let _: FailReply = office.post(&hand.credential, "/v1/workers/fail", &request).await;
        if called_off {
            let reply = office.call(&office.token, &format!("/v1/runs/{}/cancel", run.id), &()).await;
            assert!(reply.status().is_success(), "{reply:?}");
        }
        let reply = office.call(&office.token, &format!("/v1/tasks/{task}/redrive"), &()).await;
        assert_eq!(reply.status().as_u16(), if called_off { 409 } else { 204 });
        if !called_off {
            claimed = office.claim_one(&hand).await;
            assert_eq!(claimed.task.id, task);
        }
    }
    let late = office.complete(&hand, vec![generated(&other, 1)]).await;
    assert_eq!(late.answers[0].answer, Answer::Closed, "the run's end called it off");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn released_tasks_can_be_claimed_again_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (office, hand, _) = ready(folder.path(), 1).await;
    let claimed = office.claim_one(&hand).await;
    let leases = vec![HeldLease { task: claimed.task.id, token: claimed.token }];
    let reply: ReleaseReply =
        office.post(&hand.credential, "/v1/workers/release", &ReleaseRequest { leases }).await;
    assert_eq!(reply.released, [claimed.task.id]);
    let again = office.claim_one(&hand).await;
    assert_eq!((again.task.id, again.attempt.0), (claimed.task.id, 2));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_claim_says_why_and_a_revoked_worker_is_cut_off_in_the_middle_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let office = Office::open(folder.path(), |_| {}).await;
    let hand = office.hire().await;
    let empty = office.claim(&hand, 1, Duration::ZERO).await;
    assert_eq!(empty.reasons[0].code, hafs_proto::worker::IdleCode::QueueEmpty);
    let worker: WorkerId = hand.reply.worker;
    let request = hafs_proto::worker::ClaimRequest {
        claim: client::ids().mint(),
        vacancies: vec![hafs_proto::worker::PoolVacancy { pool: BoundedText::clipped("all"), free: 1 }],
        wait_ms: 20_000,
        holding: Vec::new(),
        residency: None,
    };
    let poll = office.call(&hand.credential, "/v1/workers/claim", &request);
    let revoke = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let nothing = serde_json::json!({});
        office.call(&office.token, &format!("/v1/workers/{worker}/revoke"), &nothing).await
    };
    let started = tokio::time::Instant::now();
    let (poll, revoke) = tokio::join!(poll, revoke);
    assert!(revoke.status().is_success());
    assert_eq!(poll.status(), 401);
    assert!(started.elapsed() < Duration::from_secs(5));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_tokens_scopes_bodies_and_ids_get_problem_documents() {
    let folder = tempfile::tempdir().unwrap();
    let office = Office::open(folder.path(), |_| {}).await;
    let hand = office.hire().await;
    let http = client::client();
    let url = |path: &str| format!("{}{path}", office.url);
    let problem = |response: reqwest::Response| async {
        let status = response.status().as_u16();
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let problem: Problem = response.json().await.unwrap();
        assert_eq!(problem.status, status);
        assert!(problem.request_id.is_some() && problem.kind().is_some(), "{problem:?}");
        (status, problem)
    };
    assert_eq!(problem(http.get(url("/v1/status")).send().await.unwrap()).await.0, 401);
    let worker_reads = http.get(url("/v1/samples")).bearer_auth(&hand.credential);
    assert_eq!(problem(worker_reads.send().await.unwrap()).await.0, 403);
    assert_eq!(problem(http.get(url("/nowhere")).send().await.unwrap()).await.0, 404);
    let missing =
        http.get(url(&format!("/v1/tasks/{}", client::ids().mint::<TaskId>()))).bearer_auth(&office.token);
    assert_eq!(problem(missing.send().await.unwrap()).await.0, 404);
    let delete = http.delete(url("/v1/status")).bearer_auth(&office.token);
    assert_eq!(problem(delete.send().await.unwrap()).await.0, 405);
    let post = |body: &'static str, kind: &'static str| {
        http.post(url("/v1/workers/claim"))
            .bearer_auth(&hand.credential)
            .header("content-type", kind)
            .body(body)
    };
    assert_eq!(problem(post("{}", "text/plain").send().await.unwrap()).await.0, 415);
    assert_eq!(problem(post("{", "application/json").send().await.unwrap()).await.0, 400);
    let (status, wrong) =
        problem(post(r#"{"claim": "task_1"}"#, "application/json").send().await.unwrap()).await;
    assert_eq!((status, wrong.errors[0].field.as_str()), (422, "claim"));
    let large = http.post(url("/v1/workers/claim")).bearer_auth(&hand.credential);
    let large = large.header("content-type", "application/json").body(vec![b' '; 2 * 1024 * 1024 + 1]);
    assert_eq!(problem(large.send().await.unwrap()).await.0, 413);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_and_dribbling_connections_are_closed_and_do_not_hinder_others() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let folder = tempfile::tempdir().unwrap();
    let office = Office::open(folder.path(), |settings| {
        settings.connections.header = Duration::from_millis(400);
        settings.connections.body = Duration::from_millis(400);
    })
    .await;
    let address = office.url.trim_start_matches("http://").to_owned();
    let mut silent = tokio::net::TcpStream::connect(&address).await.unwrap();
    let mut half = tokio::net::TcpStream::connect(&address).await.unwrap();
    half.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n").await.unwrap();
    let mut body = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST /v1/runs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
        office.token
    );
    body.write_all(head.as_bytes()).await.unwrap();
    let closed = async |stream: &mut tokio::net::TcpStream| {
        let mut text = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut text)).await;
        read.expect("closed by a deadline").unwrap();
        String::from_utf8_lossy(&text).into_owned()
    };
    assert!(
        client::client().get(format!("{}/livez", office.url)).send().await.unwrap().status().is_success()
    );
    assert_eq!(closed(&mut silent).await, "");
    let _ = closed(&mut half).await;
    assert!(closed(&mut body).await.contains("408"));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_coordinator_on_one_library_is_refused_with_the_first_ones_pid() {
    let folder = tempfile::tempdir().unwrap();
    let office = Office::open(folder.path(), |_| {}).await;
    let settings = hafs_coordinator::settings::Settings::local(folder.path().to_owned());
    let second = hafs_coordinator::app::Coordinator::build(settings, hafs_runtime::shutdown::Shutdown::new());
    let Err(error) = second.await else { panic!("two coordinators on one library") };
    let text = hafs_coordinator::http::problem::chain(&error);
    assert!(text.contains(&std::process::id().to_string()), "{text}");
    office.close().await;
}
