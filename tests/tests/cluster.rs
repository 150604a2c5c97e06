//! Two coordinators on one library and one queue, called by hand: what one does, the other knows.
#![expect(clippy::print_stdout, reason = "a test says when it is skipped")]

use std::path::Path;
use std::time::Duration;

use hafs_coordinator::stores::Place;
use hafs_library::Library;
use hafs_library::test_server::{Durability, PostgresServer};
use hafs_library::verify::verify;
use hafs_proto::BearerToken;
use hafs_proto::people::{CreatedToken, Event, Page, Status, WorkerView};
use hafs_proto::worker::{Answer, ClaimReply, RenewReply};
use hafs_queue::redis::fixture::{Kind, RedisProc, programs};
use hafs_tests::bench::fill;
use hafs_tests::call;
use hafs_tests::client::{self, Hand, Office, generated, harvested};
use serde_json::json;
use tempfile::TempDir;
use tokio::time::Instant;

/// How long a coordinator may take to hear of what another has done.
const HEARSAY: Duration = Duration::from_secs(3);

struct Stores {
    redis: RedisProc,
    postgres: PostgresServer,
    library: String,
}

impl Stores {
    async fn start() -> Option<Self> {
        let Some(program) = programs().into_iter().next() else {
            println!("SKIPPED: no Redis or Valkey server");
            return None;
        };
        let postgres = match PostgresServer::start(Durability::Full) {
            Ok(postgres) => postgres,
            Err(why) => {
                println!("SKIPPED: {why}");
                return None;
            }
        };
        let _ = postgres.database();
        let library = postgres.text("library_0");
        Some(Self { redis: RedisProc::start(&program, Kind::Plain).await, postgres, library })
    }

    async fn office(&self, folder: &Path) -> Office {
        let (library, queue) = (self.library.clone(), self.redis.url());
        Office::open(folder, |settings| {
            settings.library = Some(Place::At(library));
            settings.queue = Some(Place::At(queue));
        })
        .await
    }
}

fn folders() -> [TempDir; 2] {
    [(); 2].map(|()| tempfile::tempdir().expect("a folder"))
}

/// Asks until it is so.
async fn soon(what: &str, limit: Duration, mut check: impl AsyncFnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !check().await {
        assert!(began.elapsed() < limit, "waited {limit:?} in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    began.elapsed()
}

async fn refused(office: &Office, token: &str) -> bool {
    client::client()
        .get(format!("{}/v1/status", office.url))
        .bearer_auth(token)
        .send()
        .await
        .expect("an answer")
        .status()
        == 401
}

/// A run with ten seeds, mined by the hand at the first office.
async fn mined(office: &Office, hand: &Hand) {
    office.start(|_| {}).await;
    let harvest = office.claim_one(hand).await;
    office.complete(hand, vec![harvested(&harvest, 0..10)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_works_everywhere_at_once_and_a_revoked_one_nowhere_soon() {
    let Some(stores) = Stores::start().await else { return };
    let folders = folders();
    let (one, other) = (stores.office(folders[0].path()).await, stores.office(folders[1].path()).await);
    let body = json!({"name": "a", "scopes": ["read"], "ttl_s": 600, "uses": 1});
    let made: CreatedToken = one.post(&one.token, "/v1/tokens", &body).await;
    assert!(!refused(&other, made.token.as_str()).await, "known a moment after it was made");
    let revoke = client::client().delete(format!("{}/v1/tokens/{}", one.url, made.id));
    assert_eq!(revoke.bearer_auth(&one.token).send().await.expect("an answer").status(), 204);
    assert!(refused(&one, made.token.as_str()).await);
    let took =
        soon("the revocation is heard of", HEARSAY, async || refused(&other, made.token.as_str()).await)
            .await;
    println!("a revoked token was taken elsewhere for {} ms", took.as_millis());
    let unknown = BearerToken::new(hafs_proto::TokenKind::People, client::ids().mint(), &[7; 32]);
    assert!(refused(&other, &unknown.reveal()).await);
    // The token of one coordinator's folder outlives the start of another coordinator.
    assert!(!refused(&one, &one.token).await);
    one.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_may_speak_to_any_coordinator_and_orders_reach_it_through_each() {
    let Some(stores) = Stores::start().await else { return };
    let folders = folders();
    let (one, other) = (stores.office(folders[0].path()).await, stores.office(folders[1].path()).await);
    let hand = one.hire().await;
    mined(&one, &hand).await;
    let claim = json!({"claim": client::ids().mint::<hafs_proto::CompletionId>(), "vacancies": [], "holding": [], "wait_ms": 0});
    let claimed = other.claim_one(&hand).await;
    let answers = one.complete(&hand, vec![generated(&claimed, 1)]).await;
    assert_eq!(answers.answers[0].answer, Answer::Accepted, "leased by one coordinator, taken by the other");

    let workers: Page<WorkerView> = other.get("/v1/workers").await;
    let worker = workers.items[0].id;
    assert!(
        one.call(&one.token, &format!("/v1/workers/{worker}/pause"), &json!({})).await.status().is_success()
    );
    soon("the pause is heard of", HEARSAY, async || {
        let reply: ClaimReply = other.claim(&hand, 1, Duration::ZERO).await;
        assert!(reply.tasks.len() <= 1);
        reply.reasons.iter().any(|reason| reason.message.as_str().contains("paused"))
    })
    .await;
    assert!(
        one.call(&one.token, &format!("/v1/workers/{worker}/revoke"), &json!({})).await.status().is_success()
    );
    soon("the revocation is heard of", HEARSAY, async || {
        other.call(&hand.credential, "/v1/workers/claim", &claim).await.status() == 401
    })
    .await;
    one.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_whose_every_call_goes_to_another_coordinator_registers_once() {
    let Some(stores) = Stores::start().await else { return };
    let folders = folders();
    let (one, other) = (stores.office(folders[0].path()).await, stores.office(folders[1].path()).await);
    let renewal = json!({"leases": [], "spooled": 0, "oldest_spooled_ms": 0});
    for _ in 0..20 {
        // The very next call, before the other has had the time to hear of it.
        let hand = one.hire().await;
        let _: RenewReply = other.post(&hand.credential, "/v1/workers/renew", &renewal).await;
    }
    let hand = one.hire().await;
    one.close().await;
    let again = stores.office(folders[0].path()).await;
    let _: RenewReply = again.post(&hand.credential, "/v1/workers/renew", &renewal).await;
    again.close().await;
    other.close().await;
}

/// The next events of a stream that has sent as many as are wanted.
async fn heard(stream: &mut reqwest::Response, wanted: usize) -> Vec<Event> {
    let mut text = String::new();
    let complete = |text: &str| text.matches("\n\n").count() >= wanted;
    while !complete(&text) {
        let chunk = tokio::time::timeout(Duration::from_secs(60), stream.chunk()).await;
        let chunk = chunk.expect("it is told in time").expect("the stream stands").expect("it goes on");
        text.push_str(std::str::from_utf8(&chunk).expect("text"));
    }
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|line| serde_json::from_str(line).expect("an event")).collect()
}

async fn events(office: &Office, last: Option<u64>) -> reqwest::Response {
    let mut call = client::client().get(format!("{}/v1/events", office.url)).bearer_auth(&office.token);
    if let Some(last) = last {
        call = call.header("last-event-id", last);
    }
    call.send().await.expect("a stream")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_coordinator_tells_the_other_tells_too_and_goes_on_where_a_listener_was() {
    let Some(stores) = Stores::start().await else { return };
    let folders = folders();
    let (one, other) = (stores.office(folders[0].path()).await, stores.office(folders[1].path()).await);
    let (mut here, mut there) = (events(&one, None).await, events(&other, None).await);
    let run = one.start(|_| {}).await;
    let order = async |office: &Office, what: &str| {
        let path = format!("/v1/runs/{}/{what}", run.id);
        assert!(office.call(&office.token, &path, &json!({})).await.status().is_success(), "{what}");
    };
    order(&one, "pause").await;
    order(&other, "resume").await;
    order(&one, "cancel").await;
    let told = heard(&mut there, 4).await;
    assert_eq!(heard(&mut here, 4).await, told, "the same events in the same order");
    let numbers: Vec<u64> = told.iter().map(|event| event.sequence).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    assert!(told.iter().all(|event| event.run == Some(run.id)), "{told:?}");
    // A listener of one goes on at the other, and at one that was started after all that.
    one.close().await;
    let again = stores.office(folders[0].path()).await;
    for office in [&other, &again] {
        assert_eq!(heard(&mut events(office, Some(numbers[1])).await, 2).await, told[2..]);
    }
    assert_eq!(events(&other, None).await.status(), 200);
    again.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_coordinators_plans_and_the_other_takes_over_when_it_leaves() {
    let Some(stores) = Stores::start().await else { return };
    let folders = folders();
    let (one, other) = (stores.office(folders[0].path()).await, stores.office(folders[1].path()).await);
    soon("somebody leads", HEARSAY, async || one.core.lead.holds() || other.core.lead.holds()).await;
    assert!(!(one.core.lead.holds() && other.core.lead.holds()), "both lead");
    let (leader, heir) = if one.core.lead.holds() { (one, other) } else { (other, one) };
    leader.close().await;
    let took = soon("the heir leads", HEARSAY, async || heir.core.lead.holds()).await;
    println!("the lead was taken over after {} ms", took.as_millis());
    let hand = heir.hire().await;
    mined(&heir, &hand).await;
    heir.claim_one(&hand).await;
    heir.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_is_wiped_twenty_times_is_built_again_each_time_and_nothing_is_lost() {
    let Some(stores) = Stores::start().await else { return };
    let folders = folders();
    let (one, other) = (stores.office(folders[0].path()).await, stores.office(folders[1].path()).await);
    let hand = one.hire().await;
    mined(&one, &hand).await;
    let before: Status = one.get("/v1/status").await;
    let (mut slowest, mut accepted) = (Duration::ZERO, 0);
    for round in 0..20_u64 {
        let held = if round < 9 { Some(one.claim_one(&hand).await) } else { None };
        stores.redis.tell(&["FLUSHALL"]).await;
        if let Some(held) = held {
            // Completing asks the queue nothing.
            let reply = other.complete(&hand, vec![generated(&held, round)]).await;
            accepted += usize::from(reply.answers[0].answer == Answer::Accepted);
        }
        let took = soon("the index is back", Duration::from_secs(20), async || {
            one.core.queue.stats().await.is_ok() && other.core.queue.stats().await.is_ok()
        })
        .await;
        slowest = slowest.max(took);
    }
    let after: Status = one.get("/v1/status").await;
    let lives = after.generation.0 - before.generation.0;
    println!("20 wipes: {lives} lives of the queue, the slowest took {} ms", slowest.as_millis());
    assert_eq!(accepted, 9);
    assert!((20..=40).contains(&lives), "{lives} lives for 20 wipes");
    assert_eq!(after.ready + after.leased + after.delayed, 1, "the tenth task is there");
    let left = one.claim_one(&hand).await;
    assert_eq!(one.complete(&hand, vec![generated(&left, 99)]).await.answers[0].answer, Answer::Accepted);
    let library = stores.postgres.address("library_0");
    let found =
        tokio::task::block_in_place(|| Library::inspect(library, |tx| verify(tx, None))).expect("reads");
    assert_eq!(found.broken, Vec::new());
    one.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement of a minute"]
async fn a_hundred_thousand_open_tasks_are_indexed_again_within_seconds() {
    let Some(stores) = Stores::start().await else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let office = stores.office(folder.path()).await;
    fill::tasks(&office.core.library, &client::spec(), 100_000).await.expect("filled");
    for round in 1..=3 {
        stores.redis.tell(&["FLUSHALL"]).await;
        let all = async || office.core.queue.stats().await.is_ok_and(|stats| stats.total.ready >= 100_000);
        let took = soon("the index is back", Duration::from_secs(60), all).await;
        let built = office.core.metrics.rebuild_seconds.get_sample_sum();
        println!("round {round}: noticed and built in {took:?}; builds until now took {built:.2} s");
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_library_moves_into_a_database_and_is_worked_on_and_verified_there() {
    let Some(stores) = Stores::start().await else { return };
    let folders = folders();
    let home = folders[0].path();
    let alone = Office::open(&home.join("data"), |_| {}).await;
    let hand = alone.hire().await;
    mined(&alone, &hand).await;
    alone.close().await;
    std::fs::write(home.join("address"), format!("{}\n", stores.library)).expect("written");
    let moved = call::factory(home, &["migrate", "data/library.db", "@address", "--json"]).await;
    assert_eq!(moved.code, Some(0), "{moved:?}");
    let document: serde_json::Value = serde_json::from_str(&moved.stdout).expect("JSON");
    assert!(document["rows"].as_u64().is_some_and(|rows| rows > 10), "{document}");
    // Nothing is overwritten, and a library in use is not moved.
    let again = call::factory(home, &["migrate", "data/library.db", "@address"]).await;
    again.says(1, &["not empty"]);
    std::fs::write(
        home.join("hafs.toml"),
        format!(
            "[coordinator]\nlibrary_file = \"address\"\nqueue = \"{}\"\ndata_dir = \"elsewhere\"\n",
            stores.redis.url()
        ),
    )
    .expect("written");
    let verified = call::factory(home, &["verify"]).await;
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert!(verified.stdout.contains("rows agree"), "{verified:?}");
    let office = stores.office(folders[1].path()).await;
    // The worker's credential has moved with the library.
    let _: serde_json::Value =
        office.post(&hand.credential, "/v1/workers/register", &client::registration()).await;
    let claimed = office.claim_one(&hand).await;
    assert_eq!(
        office.complete(&hand, vec![generated(&claimed, 1)]).await.answers[0].answer,
        Answer::Accepted
    );
    // People's commands find the library without a coordinator's address file.
    let listed = call::factory(home, &["seeds", "list", "--json"]).await;
    assert_eq!(listed.code, Some(0), "{listed:?}");
    office.close().await;
    let backup = call::factory(home, &["backup", "copy.db"]).await;
    assert_eq!(backup.code, Some(0), "{backup:?}");
    let refused = call::factory(home, &["restore", "copy.db"]).await;
    refused.says(2, &["a backup becomes a file", "hafs-factory migrate"]);
}

/// A home whose coordinators have their library in this database, and their queue at this server.
fn home_of(home: &Path, library: &str, redis: &RedisProc) {
    std::fs::write(home.join("address"), format!("{library}\n")).expect("written");
    let queue = redis.url();
    let config =
        format!("[coordinator]\nlibrary_file = \"address\"\nqueue = \"{queue}\"\ndata_dir = \"data\"\n");
    std::fs::write(home.join("hafs.toml"), config).expect("written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_a_library_at_work_in_a_database_comes_back_in_another_and_exports_the_same_bytes() {
    let Some(stores) = Stores::start().await else { return };
    let folders = folders();
    let [home, other] = [folders[0].path(), folders[1].path()];
    let office = stores.office(&home.join("data")).await;
    let hand = office.hire().await;
    mined(&office, &hand).await;
    for number in 0..6 {
        let claimed = office.claim_one(&hand).await;
        office.complete(&hand, vec![generated(&claimed, number)]).await;
    }
    let held = office.claim_one(&hand).await;
    home_of(home, &stores.library, &stores.redis);
    call::factory(home, &["backup", "copy.db"]).await.says(0, &[]);
    let moment = call::exported(home).await;
    assert!(!moment.is_empty());
    // What comes after the copy is not in it.
    office.complete(&hand, vec![generated(&held, 7)]).await;
    office.close().await;

    let _ = stores.postgres.database();
    let program = programs().into_iter().next().expect("it was there");
    let redis = RedisProc::start(&program, Kind::Plain).await;
    home_of(other, &stores.postgres.text("library_1"), &redis);
    let copy = home.join("copy.db").display().to_string();
    call::factory(other, &["migrate", &copy, "@address"]).await.says(0, &[]);
    call::factory(other, &["verify"]).await.says(0, &[]);
    assert_eq!(call::exported(other).await, moment, "the data set of the moment, byte for byte");
    let tasks = call::factory(other, &["tasks", "list", "--state", "open", "--json"]).await.document();
    assert_eq!(tasks["items"].as_array().map(Vec::len), Some(4), "what was open then is open again: {tasks}");
}
