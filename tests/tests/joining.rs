//! Joining over real sockets and real TLS: who is let in, from where, how often, and who is noticed.

use std::path::Path;
use std::time::Duration;

use hafs_coordinator::settings::Settings;
use hafs_proto::people::{CreatedToken, Page, Why, WorkerView};
use hafs_proto::worker::{
    ClaimRequest, HeldLease, PoolVacancy, RegisterReply, RenewReply, RenewRequest, RotateReply,
    RotateRequest, feature,
};
use hafs_proto::{BearerToken, BoundedText, JoinLink, Pin, Problem, ProblemType};
use hafs_runtime::config::TlsMode;
use hafs_tests::client::{self, Hand, Office, generated, harvested};
use reqwest::Response;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An office that speaks TLS with a certificate of its own.
async fn encrypted(folder: &Path, adjust: impl FnOnce(&mut Settings)) -> Office {
    let office = Office::open(folder, |settings| {
        settings.tls.mode = TlsMode::On;
        adjust(settings);
    });
    office.await
}

fn address(office: &Office) -> String {
    office.url.trim_start_matches("https://").to_owned()
}

/// A call of an instance of a worker.
async fn call(
    office: &Office,
    (token, instance): (&str, &str),
    path: &str,
    body: &(impl Serialize + Sync),
) -> Response {
    let http = office.pin.map_or_else(client::client, client::pinned);
    let request = http.post(format!("{}{path}", office.url)).bearer_auth(token).json(body);
    request.header(feature::INSTANCE_HEADER, instance).send().await.expect("an answer")
}

async fn kind(response: Response) -> (u16, Option<ProblemType>) {
    let status = response.status().as_u16();
    (status, response.json::<Problem>().await.ok().and_then(|problem| problem.kind()))
}

/// What a worker of this release says of itself.
fn registration(instance: &str) -> hafs_proto::worker::RegisterRequest {
    let features = feature::ALL.iter().map(|feature| BoundedText::clipped(feature)).collect();
    hafs_proto::worker::RegisterRequest {
        instance: BoundedText::clipped(instance),
        features,
        ..client::registration()
    }
}

async fn hire(office: &Office, instance: &str) -> Hand {
    let token = office.join_token().await;
    let reply: RegisterReply = office.post(&token, "/v1/workers/register", &registration(instance)).await;
    assert_eq!(reply.features.len(), feature::ALL.len());
    Hand { credential: reply.credential.clone().map(String::from).unwrap_or_default(), reply }
}

fn renewal() -> RenewRequest {
    RenewRequest { leases: Vec::new(), spooled: 0, oldest_spooled_ms: 0 }
}

fn long_poll(wait_ms: u64) -> ClaimRequest {
    let vacancies = vec![PoolVacancy { pool: BoundedText::clipped("all"), free: 1 }];
    ClaimRequest { claim: client::ids().mint(), vacancies, wait_ms, holding: Vec::new(), residency: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_right_pin_needs_no_authority_and_without_it_or_with_another_nothing_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let office = encrypted(folder.path(), |_| {}).await;
    let get = |http: reqwest::Client| http.get(format!("{}/livez", office.url)).send();
    let pin = office.pin.expect("a pin");
    assert!(get(client::pinned(pin)).await.expect("an answer").status().is_success());
    let other = get(client::pinned(Pin::from_sha256([7; 32]))).await.expect_err("another key");
    let words = format!("{other:?}");
    assert!(words.contains(&pin.to_string()) && words.contains("not the pinned"), "{words}");
    assert!(get(client::client()).await.is_err(), "no authority knows it");
    let plain = client::pinned(pin).get(office.url.replace("https", "http")).send().await;
    assert!(plain.expect_err("a pin is for TLS").is_builder());
    let kept = pin;
    office.close().await;
    let office = encrypted(folder.path(), |_| {}).await;
    assert_eq!(office.pin, Some(kept), "the key is kept over restarts");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_dribbling_and_plain_peers_of_the_tls_port_are_closed_and_do_not_hinder_others() {
    let folder = tempfile::tempdir().unwrap();
    let office = encrypted(folder.path(), |settings| {
        settings.connections.handshake = Duration::from_millis(400);
    })
    .await;
    let (mut silent, mut dribble, mut plain) = (
        TcpStream::connect(address(&office)).await.unwrap(),
        TcpStream::connect(address(&office)).await.unwrap(),
        TcpStream::connect(address(&office)).await.unwrap(),
    );
    // The beginning of a handshake, and never its end.
    dribble.write_all(&[22, 3, 1]).await.unwrap();
    plain.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let closed = async |stream: &mut TcpStream| {
        let mut text = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut text)).await;
        // A reset says "closed" too: the peer had sent more than was read.
        let _ = read.expect("closed by the deadline");
        String::from_utf8_lossy(&text).into_owned()
    };
    let reply = client::pinned(office.pin.expect("a pin")).get(format!("{}/livez", office.url)).send().await;
    assert!(reply.expect("others are served meanwhile").status().is_success());
    let told = closed(&mut plain).await;
    assert!(told.starts_with("HTTP/1.1 400") && told.contains("use https://"), "{told}");
    assert_eq!(closed(&mut silent).await, "");
    assert_eq!(closed(&mut dribble).await, "");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_link_of_a_token_holds_address_token_and_pin() {
    let folder = tempfile::tempdir().unwrap();
    let office = encrypted(folder.path(), |_| {}).await;
    let body = json!({"name": "attic", "scopes": ["join"], "ttl_s": 600, "network": "127.0.0.0/8"});
    let created: CreatedToken = office.post(&office.token, "/v1/tokens", &body).await;
    let link: JoinLink = created.link.expect("a link").parse().expect("a sound link");
    assert_eq!((link.address(), link.pin()), (office.url.as_str(), office.pin));
    let reply: RegisterReply =
        office.post(&link.token().reveal(), "/v1/workers/register", &registration("one")).await;
    assert!(reply.credential.is_some());
    let body = json!({"name": "ci", "scopes": ["read"], "ttl_s": 600});
    let created: CreatedToken = office.post(&office.token, "/v1/tokens", &body).await;
    assert!(created.link.is_none(), "nobody joins with it");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_join_token_used_in_fifty_parallel_requests_lets_exactly_one_worker_in() {
    let folder = tempfile::tempdir().unwrap();
    let office = encrypted(folder.path(), |_| {}).await;
    let token = office.join_token().await;
    let (request, http) = (registration("one"), client::pinned(office.pin.expect("a pin")));
    let url = format!("{}/v1/workers/register", office.url);
    let tries = (0..50).map(|_| http.post(&url).bearer_auth(&token).json(&request).send());
    let answers = futures_util::future::join_all(tries).await;
    let statuses: Vec<u16> =
        answers.into_iter().map(|answer| answer.expect("an answer").status().as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 401)), "{statuses:?}");
    let workers: Page<WorkerView> = office.get("/v1/workers").await;
    assert_eq!(workers.items.len(), 1);
    office.close().await;
}

async fn join_from(office: &Office, made: Value, forwarded: Option<&str>) -> u16 {
    let created: CreatedToken = office.post(&office.token, "/v1/tokens", &made).await;
    let http = office.pin.map_or_else(client::client, client::pinned);
    let mut request = http.post(format!("{}/v1/workers/register", office.url)).json(&registration("one"));
    request = request.bearer_auth(created.token.as_str());
    if let Some(from) = forwarded {
        request = request.header("x-forwarded-for", from);
    }
    request.send().await.expect("an answer").status().as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_join_token_works_from_its_network_only_and_a_forwarded_address_counts_from_trusted_proxies_only() {
    let folder = tempfile::tempdir().unwrap();
    let made = |network: &str| json!({"name": "t", "scopes": ["join"], "ttl_s": 600, "network": network});
    let office = encrypted(folder.path(), |_| {}).await;
    assert_eq!(join_from(&office, made("127.0.0.0/8"), None).await, 200);
    assert_eq!(join_from(&office, made("10.0.0.0/8"), None).await, 403);
    assert_eq!(join_from(&office, made("10.0.0.0/8"), Some("10.1.2.3")).await, 403, "anybody can write that");
    office.close().await;
    let folder = tempfile::tempdir().unwrap();
    let trusting =
        |settings: &mut Settings| settings.trusted_proxies = vec!["127.0.0.1".parse().expect("an address")];
    let office = encrypted(folder.path(), trusting).await;
    assert_eq!(join_from(&office, made("10.0.0.0/8"), Some("10.1.2.3")).await, 200);
    assert_eq!(join_from(&office, made("10.0.0.0/8"), Some("10.1.2.3, 192.0.2.1")).await, 403, "spoofed");
    let refused = json!({"name": "t", "scopes": ["read"], "ttl_s": 600, "network": "10.0.0.0/8"});
    assert_eq!(office.call(&office.token, "/v1/tokens", &refused).await.status(), 422);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_secret_is_taken_at_once_and_the_old_one_until_the_overlap_ends() {
    let folder = tempfile::tempdir().unwrap();
    let overlap = Duration::from_millis(1_500);
    let office = encrypted(folder.path(), |settings| settings.rotation.overlap = overlap).await;
    let hand = hire(&office, "one").await;
    let (worker, old) = (hand.reply.worker, hand.credential.clone());
    let calm: RenewReply = office.post(&old, "/v1/workers/renew", &renewal()).await;
    assert!(!calm.rotate);
    let order = office.call(&office.token, &format!("/v1/workers/{worker}/rotate"), &json!({})).await;
    assert_eq!(order.status(), 204);
    let told: RenewReply = office.post(&old, "/v1/workers/renew", &renewal()).await;
    assert!(told.rotate, "the worker is told");
    let next = BearerToken::parse(&old).expect("a token").renewed(&[7; 32]);
    let request = RotateRequest { secret_hash: next.secret_hash() };
    let reply: RotateReply = office.post(&old, "/v1/workers/rotate", &request).await;
    assert_eq!(u128::from(reply.previous_valid_ms), overlap.as_millis());
    let rotated = tokio::time::Instant::now();
    for secret in [old.as_str(), &next.reveal()] {
        let again: RotateReply = office.post(secret, "/v1/workers/rotate", &request).await;
        assert!(again.previous_valid_ms <= reply.previous_valid_ms, "repeating it changes nothing");
        let renewed: RenewReply = office.post(secret, "/v1/workers/renew", &renewal()).await;
        assert!(!renewed.rotate);
    }
    let thief = RotateRequest {
        secret_hash: BearerToken::parse(&old).expect("a token").renewed(&[8; 32]).secret_hash(),
    };
    let (status, _) = kind(office.call(&old, "/v1/workers/rotate", &thief).await).await;
    assert_eq!(status, 409, "who has only the old secret cannot shut out the new one");
    tokio::time::sleep_until(rotated + overlap).await;
    assert_eq!(office.call(&old, "/v1/workers/renew", &renewal()).await.status(), 401);
    assert_eq!(office.call(&next.reveal(), "/v1/workers/renew", &renewal()).await.status(), 200);
    office.close().await;
    let office = encrypted(folder.path(), |_| {}).await;
    let back: RegisterReply = office.post(&next.reveal(), "/v1/workers/register", &registration("two")).await;
    assert_eq!(back.worker, worker, "the new secret outlives a restart");
    assert_eq!(office.call(&old, "/v1/workers/renew", &renewal()).await.status(), 401);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_is_too_old_is_to_be_replaced_without_anybody_asking() {
    let folder = tempfile::tempdir().unwrap();
    let office = encrypted(folder.path(), |settings| settings.rotation.max_age = Duration::ZERO).await;
    let hand = hire(&office, "one").await;
    let reply: RenewReply = office.post(&hand.credential, "/v1/workers/renew", &renewal()).await;
    assert!(reply.rotate);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_worker_is_cut_off_in_the_middle_of_a_long_poll_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let office = encrypted(folder.path(), |_| {}).await;
    let hand = hire(&office, "one").await;
    let (request, nothing) = (long_poll(20_000), json!({}));
    let poll = call(&office, (&hand.credential, "one"), "/v1/workers/claim", &request);
    let path = format!("/v1/workers/{}/revoke", hand.reply.worker);
    let revoke = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        office.call(&office.token, &path, &nothing).await
    };
    let started = tokio::time::Instant::now();
    let (poll, revoke) = tokio::join!(poll, revoke);
    assert!(revoke.status().is_success());
    assert_eq!(kind(poll).await, (401, Some(ProblemType::Unauthenticated)));
    assert!(started.elapsed() < Duration::from_secs(5));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_living_instances_the_later_one_wins_and_nothing_that_the_earlier_one_has_done_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let office = encrypted(folder.path(), |_| {}).await;
    let hand = hire(&office, "first").await;
    let own = hand.credential.as_str();
    office.start(|_| {}).await;
    let harvest = office.claim_one(&hand).await;
    office.complete(&hand, vec![harvested(&harvest, 0..4)]).await;
    let held = office.claim_one(&hand).await;
    let request = long_poll(20_000);
    // Whatever there is to claim is taken, so that the next claim waits.
    while !office.claim(&hand, 64, Duration::ZERO).await.tasks.is_empty() {}
    let mut news = office.core.events.listen(None).next;
    let copy = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        call(&office, (own, "second"), "/v1/workers/register", &registration("second")).await
    };
    let poll = call(&office, (own, "first"), "/v1/workers/claim", &request);
    let (poll, copy) = tokio::join!(poll, copy);
    assert_eq!(copy.status(), 200);
    assert_eq!(kind(poll).await, (409, Some(ProblemType::Superseded)), "its long poll ends at once");
    let why: Why = office.get(&format!("/v1/why/{}", hand.reply.worker)).await;
    assert!(!why.reasons.iter().any(|(code, _)| code.as_str() == "cloned"), "so far it may have crashed");
    let leases = vec![HeldLease { task: held.task.id, token: held.token.clone() }];
    let renewal = RenewRequest { leases, spooled: 0, oldest_spooled_ms: 0 };
    let renewed = call(&office, (own, "first"), "/v1/workers/renew", &renewal).await;
    let renewed: RenewReply = renewed.json().await.expect("a reply");
    assert_eq!((renewed.renewed.len(), renewed.drain, renewed.superseded), (1, true, true));
    let results = json!({"results": [generated(&held, 1)]});
    let taken: Value =
        call(&office, (own, "first"), "/v1/workers/complete", &results).await.json().await.unwrap();
    assert_eq!(taken["answers"][0]["answer"], "accepted", "it was paid for");
    for path in ["claim", "register"] {
        let path = format!("/v1/workers/{path}");
        let answer = if path.ends_with("claim") {
            call(&office, (own, "first"), &path, &long_poll(0)).await
        } else {
            call(&office, (own, "first"), &path, &registration("first")).await
        };
        assert_eq!(kind(answer).await, (409, Some(ProblemType::Superseded)), "{path}");
    }
    let drain = call(&office, (own, "first"), "/v1/workers/drain", &json!({"deadline_ms": 0})).await;
    assert_eq!(drain.status(), 204);
    assert_eq!(call(&office, (own, "second"), "/v1/workers/claim", &long_poll(0)).await.status(), 200);
    check_that_it_is_noticed(&office, &hand).await;
    let mut told = 0;
    while let Ok(event) = news.try_recv() {
        told += u32::from(event.kind == hafs_proto::people::EventKind::WorkerCloned);
    }
    assert_eq!(told, 1, "one event for each instance");
    office.close().await;
}

async fn check_that_it_is_noticed(office: &Office, hand: &Hand) {
    let worker = hand.reply.worker;
    let why: Why = office.get(&format!("/v1/why/{worker}")).await;
    assert!(why.reasons.iter().any(|(code, _)| code.as_str() == "cloned"), "{why:?}");
    let workers: Page<WorkerView> = office.get("/v1/workers").await;
    assert!(workers.items[0].cloned_at.is_some() && !workers.items[0].draining);
    let audit =
        move |tx: &mut dyn hafs_library::Tx| hafs_library::tables::audit::about(tx, &worker.to_string());
    let rows = office.core.library.read(audit).await.expect("reads");
    assert_eq!(rows.iter().filter(|row| row.action == "worker.cloned").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_restarts_after_a_crash_is_no_clone_also_after_a_restart_of_the_coordinator() {
    let folder = tempfile::tempdir().unwrap();
    let office = encrypted(folder.path(), |_| {}).await;
    let hand = hire(&office, "first").await;
    let own = hand.credential.as_str();
    for life in ["second", "third"] {
        let back = call(&office, (own, life), "/v1/workers/register", &registration(life)).await;
        assert_eq!(back.status(), 200);
        assert_eq!(call(&office, (own, life), "/v1/workers/renew", &renewal()).await.status(), 200);
    }
    office.close().await;
    let office = encrypted(folder.path(), |_| {}).await;
    let known = call(&office, (own, "third"), "/v1/workers/renew", &renewal()).await;
    assert_eq!(known.status(), 200, "the library knows it");
    let again = call(&office, (own, "third"), "/v1/workers/register", &registration("third")).await;
    assert_eq!(again.status(), 200);
    let workers: Page<WorkerView> = office.get("/v1/workers").await;
    assert_eq!(workers.items[0].cloned_at, None);
    let ghost = call(&office, (own, "second"), "/v1/workers/register", &registration("second")).await;
    assert_eq!(kind(ghost).await, (409, Some(ProblemType::Superseded)), "the library remembers");
    office.close().await;
}
