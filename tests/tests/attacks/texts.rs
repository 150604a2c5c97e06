//! Texts: too much, nothing, what cannot be seen, what other programs trip over.

use hafs_proto::worker::ClaimedTask;
use hafs_tests::client::{self, generated, harvested};
use serde_json::{Value, json};

use super::list::{Round, attacks};
use super::site::{Site, Worker};

/// Every sample of a task.
async fn samples_of(site: &Site, task: &ClaimedTask) -> Vec<Value> {
    let samples = site.items("/v1/samples?limit=500").await;
    samples.into_iter().filter(|sample| sample["lineage"]["task"] == json!(task.task.id)).collect()
}

/// A result whose one candidate has this output.
fn answering(task: &ClaimedTask, output: &str) -> Value {
    let mut result = json!(generated(task, 1));
    result["output"]["candidates"][0]["output"] = json!(output);
    result
}

async fn rejected(site: &Site, worker: &Worker, outputs: &[String]) {
    for output in outputs {
        let task = site.claim_one(worker).await;
        let answer = site.complete(worker, &answering(&task, output)).await;
        assert_eq!(answer.first(), "accepted", "{answer:?}");
        let samples = samples_of(site, &task).await;
        let shown: String = output.chars().take(40).collect();
        assert!(samples[0]["state"].to_string().contains("rejected"), "{shown:?}: {}", samples[0]);
    }
}

/// 46, on a site with a run of its own tasks.
pub async fn too_much(site: &Site, worker: &Worker) {
    let complete = "/v1/workers/complete";
    let long = "x".repeat(10_000_000);
    let lines = "x\n".repeat(1_000_000);
    for (text, status) in [(&long, 413), (&lines, 422)] {
        let candidate = json!({"slot": 0, "instruction": "a", "input": "", "output": text, "call": 0});
        let template = json!({"name": "t", "version": 1, "hash": hafs_proto::ContentHash::of(b"t")});
        let output = json!({"kind": "generate", "candidates": [candidate], "template": template});
        let body = json!({"results": [super::numbers::delivery(output)]});
        assert_eq!(site.post(&worker.token, complete, &body).await.status, status);
    }
    let own = Site::open("").await;
    let worker = own.busy(6).await;
    rejected(&own, &worker, &[" ".repeat(64), "\u{200b}".repeat(64), "\n".repeat(64)]).await;
    own.is_sound().await;
}

/// 47, on a site of its own.
pub async fn strange_keys(_: &Site) {
    let site = Site::open("").await;
    let worker = site.worker().await;
    site.run().await;
    let task = site.claim_one(&worker).await;
    let context = json!({
        "__proto__": "a", "constructor": "b", "$where": "c", "toString": "d", "hasOwnProperty": "e", "a.b[0]": "f"
    });
    let mut result = json!(harvested(&task, 0..1));
    result["output"]["seeds"][0]["context"] = context.clone();
    assert_eq!(site.complete(&worker, &result).await.first(), "accepted");
    assert_eq!(site.items("/v1/seeds").await[0]["draft"]["context"], context);
    site.is_sound().await;
}

async fn no_answer(site: &Site, worker: &Worker) {
    let task = site.claim_one(worker).await;
    let mut scored = json!(generated(&task, 55));
    scored["output"]["candidates"][0]["score"] = json!(0.99);
    let answer = site.post(&worker.token, "/v1/workers/complete", &json!({"results": [scored]})).await;
    assert_eq!(answer.status, 422, "{answer:?}");
    assert_eq!(site.deliver(worker, &task, 55).await.first(), "accepted");
    let asked =
        json!(generated(&task, 1))["output"]["candidates"][0]["instruction"].as_str().unwrap().to_owned();
    rejected(site, worker, &[String::new(), asked]).await;
}

async fn token_counts(site: &Site, worker: &Worker) {
    let task = site.claim_one(worker).await;
    let before = site.get("/v1/status").await.body["runs"][0]["progress"].clone();
    for (field, value, status) in [
        ("input", json!(-1), 422),
        ("output", json!(1.5), 422),
        ("input", json!(1_000_000_000_000_000_000_u64), 200),
    ] {
        let mut result = json!(generated(&task, 56));
        result["calls"][0]["usage"][field] = value.clone();
        let answer = site.post(&worker.token, "/v1/workers/complete", &json!({"results": [result]})).await;
        assert_eq!(answer.status, status, "{value}: {answer:?}");
        if status == 200 {
            assert_eq!(answer.first(), "invalid", "{value}");
        }
    }
    for cost in [json!(-1), json!(u64::MAX)] {
        let mut result = json!(generated(&task, 56));
        result["calls"][0]["cost"] = cost.clone();
        let answer = site.post(&worker.token, "/v1/workers/complete", &json!({"results": [result]})).await;
        assert!(answer.status == 422 || answer.first() == "invalid", "{cost}: {answer:?}");
    }
    let after = site.get("/v1/status").await.body["runs"][0]["progress"].clone();
    assert_eq!((&before["calls"], &before["cost"]), (&after["calls"], &after["cost"]));
}

async fn model_names(site: &Site, worker: &Worker) {
    let task = site.claim_one(worker).await;
    let long = format!("a/{}", "x".repeat(10_000));
    let wrong = ["../../etc/passwd", "a//etc/passwd", "a/\u{1b}[2J", "A/b", "a", "", "a/b c", &long];
    for name in wrong {
        let mut result = json!(generated(&task, 57));
        result["calls"][0]["teacher"] = json!(name);
        let answer = site.post(&worker.token, "/v1/workers/complete", &json!({"results": [result]})).await;
        assert_eq!(answer.status, 422, "{name}: {answer:?}");
    }
    let mut other = json!(generated(&task, 57));
    other["calls"][0]["teacher"] = json!("openai/gpt-5.2");
    let answer = site.complete(worker, &other).await;
    assert_eq!(answer.first(), "invalid", "a teacher that the task does not name: {answer:?}");
    assert_eq!(site.deliver(worker, &task, 57).await.first(), "accepted");
}

/// Texts that programs are known to trip over, one of each kind.
const NAUGHTY: [&str; 34] = [
    "undefined",
    "null",
    "NaN",
    "-1e999",
    "0x1p-2",
    "1,000.00",
    "'; DROP TABLE sample; --",
    "\" OR \"1\"=\"1",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "{{7*7}}${7*7}#{7*7}",
    "$(touch /tmp/x) `id` | cat",
    "../../../etc/passwd",
    "C:\\nul",
    "=HYPERLINK(\"http://x\")",
    "%s%n%d%x",
    "{} {0} {name}",
    "\u{202e}txet desrever",
    "a\u{200d}b\u{200b}c",
    "\u{feff}mark",
    "e\u{301} and \u{e9}",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "田中さんにあげて下さい",
    "ثم نفس سقطت",
    "Z\u{351}\u{36b}\u{343}\u{32a}a\u{346}l\u{335}go",
    "\u{1b}[2J\u{1b}]0;title\u{7}",
    "\u{9b}31m",
    "tab\tand\u{b}and\u{c}",
    "one\r\ntwo\u{2028}three\u{2029}four",
    "\u{ffff}\u{fffe}\u{10ffff}",
    "\\u0041\\x41\\101",
    "data: {}\n\nevent: x",
    "--flag -rf @file",
    "İıſK",
];

async fn naughty(site: &Site, worker: &Worker) {
    let http = site.from([127, 0, 0, 1]);
    for text in NAUGHTY {
        let token = site.token(json!({"name": text, "scopes": ["read"], "ttl_s": 600})).await;
        let tokens = site.items("/v1/tokens").await;
        let found = tokens.iter().find(|found| found["id"] == json!(token.id)).unwrap();
        assert_eq!(found["name"], text);
        let mut registration = json!(client::registration());
        registration["name"] = json!(text);
        registration["facts"]["os"] = json!(text);
        assert_eq!(
            site.post(&worker.token, "/v1/workers/register", &registration).await.status,
            200,
            "{text}"
        );
        let workers = site.items("/v1/workers").await;
        let found = workers.iter().find(|found| found["id"] == json!(worker.id)).unwrap();
        assert_eq!((&found["name"], &found["facts"]["os"]), (&json!(text), &json!(text)));
        // In a query it is looked for, or refused; it never changes what is asked.
        let url = site.asking("/v1/samples", &[("domain", text), ("state", text)]);
        let status = http.get(url).bearer_auth(&site.admin).send().await.unwrap().status().as_u16();
        assert!([200, 422].contains(&status), "{text}: {status}");
    }
    let task = site.claim_one(worker).await;
    let mut result = json!(generated(&task, 58));
    let all = NAUGHTY.join(" ");
    result["output"]["candidates"][0]["instruction"] = json!(all);
    result["output"]["candidates"][0]["input"] = json!(all);
    result["output"]["candidates"][0]["output"] = json!(format!("It is this: {all}"));
    assert_eq!(site.complete(worker, &result).await.first(), "accepted");
    let sample = samples_of(site, &task).await.remove(0);
    assert_eq!((&sample["instruction"], &sample["input"]), (&json!(all), &json!(all)));
    assert_eq!(sample["output"], format!("It is this: {all}"));
}

async fn naughty_seeds(site: &Site, worker: &Worker) {
    let result = site.claim_one(worker).await;
    let mut result = json!(harvested(&result, 0..u64::try_from(NAUGHTY.len()).unwrap()));
    for (at, text) in NAUGHTY.iter().enumerate() {
        let seed = &mut result["output"]["seeds"][at];
        seed["title"] = json!(text);
        seed["context"] = json!({"note": text});
        seed["provenance"]["license"] = json!(text);
        seed["text"] = json!(format!("{text} {}", seed["text"].as_str().unwrap()));
    }
    assert_eq!(site.complete(worker, &result).await.first(), "accepted");
    let seeds = site.items("/v1/seeds?limit=500").await;
    for text in NAUGHTY {
        let found =
            seeds.iter().find(|seed| seed["draft"]["title"] == text).unwrap_or_else(|| panic!("{text:?}"));
        assert_eq!(found["draft"]["context"]["note"], text);
        assert_eq!(found["draft"]["provenance"]["license"], text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_of_every_kind_are_stored_as_they_are_or_refused() {
    let site = Site::open("").await;
    let worker = site.busy(8).await;
    let mut round = Round::of(55..=58);
    attacks! { round;
        55 => no_answer(&site, &worker);
        56 => token_counts(&site, &worker);
        57 => model_names(&site, &worker);
        58 => naughty(&site, &worker);
    }
    round.end();
    let other = Site::open("").await;
    let worker = other.worker().await;
    other.run().await;
    naughty_seeds(&other, &worker).await;
    site.is_sound().await;
    other.is_sound().await;
}
