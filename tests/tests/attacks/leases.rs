//! Results that are sent again, late, without a right, by another, or never.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use hafs_proto::worker::{ClaimedTask, feature};
use hafs_proto::{CompletionId, TaskId};
use hafs_tests::call::factory;
use hafs_tests::client::{self, generated, harvested};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::list::{Round, attacks};
use super::site::{Answer, SOON, Site, Worker, claim};

async fn samples_of(site: &Site, task: &ClaimedTask) -> usize {
    let samples = site.items("/v1/samples?limit=500").await;
    samples.iter().filter(|sample| sample["lineage"]["task"] == json!(task.task.id)).count()
}

fn lease(task: &ClaimedTask) -> Value {
    json!({"leases": [{"task": task.task.id, "token": task.token}]})
}

/// The result with another key.
fn again(result: &Value) -> Value {
    let key: CompletionId = client::ids().mint();
    let mut again = result.clone();
    again["key"] = json!(key);
    again
}

fn is_replayed(answer: &Answer) -> bool {
    answer.body["answers"][0]["replayed"] == json!(true)
}

async fn a_hundred_at_once(site: &Site, worker: &Worker) {
    let task = site.claim_one(worker).await;
    let result = json!(generated(&task, 59));
    let calls = (0..100).map(|_| site.complete(worker, &result));
    let answers: Vec<Answer> = stream::iter(calls).buffer_unordered(50).collect().await;
    assert!(answers.iter().all(|answer| answer.first() == "accepted"));
    assert_eq!(answers.iter().filter(|answer| !is_replayed(answer)).count(), 1);
    assert_eq!(samples_of(site, &task).await, 1);
}

async fn captured(site: &Site, worker: &Worker) {
    let (task, other) = (site.claim_one(worker).await, site.claim_one(worker).await);
    let result = json!(generated(&task, 15));
    let first = site.complete(worker, &result).await;
    assert!(first.first() == "accepted" && !is_replayed(&first), "{first:?}");
    let second = site.complete(worker, &result).await;
    assert!(second.first() == "accepted" && is_replayed(&second), "{second:?}");
    let mut changed = result.clone();
    changed["calls"] = json!([]);
    assert_eq!(site.complete(worker, &changed).await.first(), "invalid");
    let mut moved = again(&result);
    moved["task"] = json!(other.task.id);
    assert_eq!(site.complete(worker, &moved).await.first(), "invalid", "its token is another task's");
    let stranger = Worker { id: worker.id, token: format!("{}x", worker.token) };
    assert_eq!(site.complete(&stranger, &result).await.status, 401);
    assert_eq!((samples_of(site, &task).await, samples_of(site, &other).await), (1, 0));
    assert_eq!(site.deliver(worker, &other, 1_500).await.first(), "accepted");
}

async fn another_body(site: &Site, worker: &Worker) {
    let task = site.claim_one(worker).await;
    let result = json!(generated(&task, 60));
    assert_eq!(site.complete(worker, &result).await.first(), "accepted");
    let mut other = json!(generated(&task, 6_000));
    other["key"] = result["key"].clone();
    assert_eq!(site.complete(worker, &other).await.first(), "invalid");
    assert_eq!(samples_of(site, &task).await, 1);
}

async fn another_key(site: &Site, worker: &Worker) {
    let task = site.claim_one(worker).await;
    let result = json!(generated(&task, 61));
    assert_eq!(site.complete(worker, &result).await.first(), "accepted");
    assert_eq!(site.complete(worker, &again(&result)).await.first(), "duplicate");
    assert_eq!(samples_of(site, &task).await, 1);
    let other = site.claim_one(worker).await;
    assert_eq!(site.deliver(worker, &other, 61).await.first(), "accepted");
    let samples = site.items("/v1/samples?state=rejected&reason=exact_duplicate").await;
    assert!(samples.iter().any(|sample| sample["lineage"]["task"] == json!(other.task.id)), "{samples:?}");
}

async fn no_lease(site: &Site) {
    // Of its own, because whoever forges so much is suspended.
    let worker = &site.worker().await;
    let (task, other) = (site.claim_one(worker).await, site.claim_one(worker).await);
    let text = task.token.to_string();
    let mut parts: Vec<&str> = text.split('.').collect();
    let (generation, attempt) = (parts[1].to_owned(), parts[2].to_owned());
    let (later, next) = (generation.parse::<u64>().unwrap() + 1, attempt.parse::<u32>().unwrap() + 1);
    let (later, next) = (later.to_string(), next.to_string());
    parts[1] = &later;
    let later = parts.join(".");
    parts[1] = &generation;
    parts[2] = &next;
    let next = parts.join(".");
    parts[2] = "0";
    let none = parts.join(".");
    for token in [later, next, none, other.token.to_string()] {
        let mut result = json!(generated(&task, 62));
        result["token"] = json!(token);
        assert_eq!(site.complete(worker, &result).await.first(), "invalid", "{token}");
    }
    let unknown: TaskId = client::ids().mint();
    let mut result = json!(generated(&task, 62));
    result["task"] = json!(unknown);
    assert_eq!(site.complete(worker, &result).await.first(), "invalid", "a task that is not there");
    assert_eq!(samples_of(site, &task).await, 0);
    let nothing = site.post(&worker.token, "/v1/workers/claim", &claim(1, 0)).await;
    assert!(nothing.body["reasons"][0]["message"].as_str().unwrap().contains("suspended"), "{nothing:?}");
}

async fn order(site: &Site, what: &str) {
    let run = site.items("/v1/runs").await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/runs/{run}/{what}");
    assert_eq!(site.post(&site.admin, &path, &json!({})).await.status, 204, "{what}");
}

async fn while_paused(site: &Site, worker: &Worker, task: &ClaimedTask) {
    order(site, "pause").await;
    assert_eq!(site.deliver(worker, task, 64).await.first(), "accepted");
    assert_eq!(samples_of(site, task).await, 1);
    let nothing = site.post(&worker.token, "/v1/workers/claim", &claim(1, 300)).await;
    assert_eq!(nothing.body["tasks"], json!([]), "{nothing:?}");
    order(site, "resume").await;
}

async fn called_off(site: &Site, worker: &Worker, task: &ClaimedTask) {
    order(site, "cancel").await;
    assert_eq!(site.deliver(worker, task, 63).await.first(), "closed");
    assert_eq!(samples_of(site, task).await, 0);
    site.is_sound().await;
}

async fn renewals() {
    let site = Site::open("lease_s = 1\nheartbeat_s = 0.2").await;
    let worker = site.busy(4).await;
    let (late, done) = (site.claim_one(&worker).await, site.claim_one(&worker).await);
    assert_eq!(site.deliver(&worker, &done, 65).await.first(), "accepted");
    let renew = |task: &ClaimedTask| {
        let (site, token, body) = (&site, &worker.token, lease(task));
        async move { site.post(token, "/v1/workers/renew", &body).await }
    };
    let answer = renew(&done).await.body;
    assert_eq!(answer["renewed"], json!([]), "{answer}");
    let lost = async {
        loop {
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            let answer = renew(&late).await.body;
            if answer["renewed"] == json!([]) {
                break answer;
            }
        }
    };
    let lost = tokio::time::timeout(SOON, lost).await.unwrap();
    assert_eq!(lost["lost"], json!([late.task.id]), "{lost}");
    let start = Instant::now();
    let calls = (0..1_000).map(|_| renew(&done));
    let answers: Vec<Answer> = stream::iter(calls).buffer_unordered(50).collect().await;
    assert!(answers.iter().all(|answer| [200, 429].contains(&answer.status)));
    println!("1,000 renewals: {:?}", start.elapsed());
    site.is_sound().await;
}

async fn hoarding() {
    const MOST: u64 = hafs_proto::limits::BATCH_ITEMS as u64;
    let site = Site::open("lease_s = 5\nheartbeat_s = 0.5").await;
    let hoarder = site.worker().await;
    let mut harvester = json!(client::registration());
    harvester["pools"][0]["routes"] = json!(["source/docs"]);
    let harvester = site.join(&harvester).await;
    let mut run = super::site::run_request();
    run["spec"]["target"] = json!(5_000);
    // One run has a thousand open tasks at most, so there are two.
    for first in [0, 10] {
        assert_eq!(site.post(&site.admin, "/v1/runs", &run).await.status, 201);
        for page in first..first + 10 {
            let harvest = site.claim_one(&harvester).await;
            let mut result = json!(harvested(&harvest, page * 200..(page + 1) * 200));
            if page < first + 9 {
                result["output"]["next_cursor"] = json!(page.to_string());
            }
            assert_eq!(site.complete(&harvester, &result).await.first(), "accepted");
        }
    }
    let ready = async {
        while site.get("/v1/status").await.body["ready"].as_u64().unwrap() < 1_500 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(SOON, ready).await.expect("enough is planned");
    let mut held = 0;
    for _ in 0..8 {
        let answer = site.post(&hoarder.token, "/v1/workers/claim", &claim(u32::MAX, 50)).await;
        held += answer.body["tasks"].as_array().unwrap_or_else(|| panic!("{answer:?}")).len() as u64;
    }
    println!("8 claims of all there is: {held} tasks");
    assert_eq!(held, MOST);
    // An honest worker is given what the hoarder did not get, and in the end what it held.
    let honest = site.worker().await;
    assert!(!site.claim(&honest, 10).await.is_empty());
    let back = async {
        while site.get("/v1/status").await.body["leased"].as_u64().unwrap() > 10 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(SOON, back).await.expect("leases run out");
    site.is_sound().await;
}

async fn yesterday(site: &mut Site, worker: &Worker) {
    let task = site.claim_one(worker).await;
    let result = json!(generated(&task, 68));
    let first = site.complete(worker, &result).await;
    site.kill();
    site.start().await;
    let second = site.complete(worker, &result).await;
    assert!(is_replayed(&second) && second.first() == first.first(), "{second:?}");
    assert_eq!(samples_of(site, &task).await, 1);
    let answer = site.post(&worker.token, "/v1/workers/register", &json!(client::registration())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn another_life() {
    let mut site = Site::open("").await;
    let worker = site.busy(3).await;
    let task = site.claim_one(&worker).await;
    let home = site.home.path().to_owned();
    factory(&home, &["--config", "hafs.toml", "backup", "copy.db"]).await.says(0, &[]);
    let result = json!(generated(&task, 69));
    assert_eq!(site.complete(&worker, &result).await.first(), "accepted");
    site.kill();
    factory(&home, &["--config", "hafs.toml", "restore", "copy.db", "--force"]).await.says(0, &[]);
    site.start().await;
    assert_eq!(samples_of(&site, &task).await, 0, "the copy is older");
    let (first, second) = (site.complete(&worker, &result).await, site.complete(&worker, &result).await);
    assert!(first.first() == "accepted" && !is_replayed(&first), "{first:?}");
    assert!(second.first() == "accepted" && is_replayed(&second), "{second:?}");
    assert_eq!(samples_of(&site, &task).await, 1);
    site.is_sound().await;
}

async fn two_of_one() {
    let site = Site::open("").await;
    let mut registration = json!(client::registration());
    registration["features"] = json!([feature::INSTANCE]);
    let worker = site.join(&registration).await;
    registration["instance"] = json!("two");
    assert_eq!(site.post(&worker.token, "/v1/workers/register", &registration).await.status, 200);
    let claims = async |instance: &str| {
        let request = site.from([127, 0, 0, 1]).post(format!("{}/v1/workers/claim", site.url));
        let request = request.bearer_auth(&worker.token).header(feature::INSTANCE_HEADER, instance);
        request.json(&claim(1, 0)).send().await.unwrap().status().as_u16()
    };
    assert_eq!((claims("one").await, claims("two").await), (409, 200));
    let workers = site.items("/v1/workers").await;
    assert!(workers[0]["cloned_at"].is_string(), "{workers:?}");
    site.is_sound().await;
}

async fn a_boaster() {
    let site = Site::open("").await;
    let honest = site.busy(24).await;
    let boaster = site.worker().await;
    let mut wrong = 0;
    loop {
        let answer = site.post(&boaster.token, "/v1/workers/claim", &claim(1, 5_000)).await;
        let Some(task) = answer.body["tasks"].get(0) else {
            let why = answer.body["reasons"][0]["message"].as_str().unwrap_or_default();
            assert!(why.contains("suspended"), "{answer:?}");
            break;
        };
        let task: ClaimedTask = serde_json::from_value(task.clone()).unwrap();
        // It has no teacher, so it hands in something.
        let mined = json!(harvested(&task, 0..1));
        assert_eq!(site.complete(&boaster, &mined).await.first(), "invalid");
        assert_eq!(site.post(&boaster.token, "/v1/workers/release", &lease(&task)).await.status, 200);
        wrong += 1;
        assert!(wrong < 100, "it may go on for ever");
    }
    println!("suspended after {wrong} wrong results");
    for number in 0..4 {
        let task = site.claim_one(&honest).await;
        assert_eq!(site.deliver(&honest, &task, 6_700 + number).await.first(), "accepted");
    }
    site.is_sound().await;
}

async fn a_foreign_key(site: &Site, worker: &Worker) {
    let stranger = site.worker().await;
    let (own, foreign) = (site.claim_one(worker).await, site.claim_one(&stranger).await);
    let result = json!(generated(&own, 71));
    let mut copied = json!(generated(&foreign, 7_100));
    copied["key"] = result["key"].clone();
    assert_eq!(site.complete(&stranger, &copied).await.first(), "accepted");
    let answer = site.complete(worker, &result).await;
    assert!(answer.first() == "accepted" && !is_replayed(&answer), "{answer:?}");
}

async fn another_clock(site: &Site, worker: &Worker) {
    let task = site.claim_one(worker).await;
    let mut renewal = lease(&task);
    renewal["oldest_spooled_ms"] = json!(u64::MAX);
    renewal["spooled"] = json!(u64::MAX);
    let answer = site.post(&worker.token, "/v1/workers/renew", &renewal).await;
    assert_eq!(answer.body["renewed"][0]["task"], json!(task.task.id), "{answer:?}");
    let mut result = json!(generated(&task, 72));
    // A key of the year 10889, and a call that took 30 years.
    result["key"] = json!("done_ffffffffffff7fffbfffffffffffffff");
    result["calls"][0]["latency_ms"] = json!(1_000_000_000_000_u64);
    let answer = site.complete(worker, &result).await;
    assert_eq!(answer.first(), "accepted", "{answer:?}");
    let age = site.get("/v1/workers").await;
    assert_eq!(age.status, 200, "{age:?}");
}

async fn released(site: &Site, worker: &Worker) {
    let task = site.claim_one(worker).await;
    let answer = site.post(&worker.token, "/v1/workers/release", &lease(&task)).await;
    assert_eq!(answer.body["released"], json!([task.task.id]));
    assert_eq!(site.deliver(worker, &task, 73).await.first(), "accepted");
    assert_eq!(samples_of(site, &task).await, 1);
    let others = site.claim(worker, 64).await;
    assert!(others.iter().all(|other| other.task.id != task.task.id), "it is done");
    let leases: Vec<Value> = others.iter().map(|task| lease(task)["leases"][0].clone()).collect();
    site.post(&worker.token, "/v1/workers/release", &json!({"leases": leases})).await;
}

async fn a_lost_answer(site: &Site, worker: &Worker) {
    let task = site.claim_one(worker).await;
    let result = json!(generated(&task, 74));
    assert_eq!(site.complete(worker, &result).await.first(), "accepted");
    let mut registration = json!(client::registration());
    registration["instance"] = json!("the next process");
    assert_eq!(site.post(&worker.token, "/v1/workers/register", &registration).await.status, 200);
    let answer = site.complete(worker, &result).await;
    assert!(answer.first() == "accepted" && is_replayed(&answer), "{answer:?}");
    assert_eq!(samples_of(site, &task).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_again_late_or_without_a_right_changes_nothing() {
    let mut site = Site::open("").await;
    let worker = site.busy(40).await;
    let mut first = Round::of(15..=15);
    attacks! { first;
        15 => captured(&site, &worker);
    }
    first.end();
    let mut round = Round::of(59..=74);
    attacks! { round;
        59 => a_hundred_at_once(&site, &worker);
        60 => another_body(&site, &worker);
        61 => another_key(&site, &worker);
        62 => no_lease(&site);
    }
    let paused = Site::open("").await;
    let hand = paused.busy(4).await;
    let (first, second) = (paused.claim_one(&hand).await, paused.claim_one(&hand).await);
    attacks! { round;
        64 => while_paused(&paused, &hand, &first);
        63 => called_off(&paused, &hand, &second);
        65 => renewals();
        66 => hoarding();
        67 => a_boaster();
        68 => yesterday(&mut site, &worker);
        69 => another_life();
        70 => two_of_one();
        71 => a_foreign_key(&site, &worker);
        72 => another_clock(&site, &worker);
        73 => released(&site, &worker);
        74 => a_lost_answer(&site, &worker);
    }
    round.end();
    site.is_sound().await;
}
