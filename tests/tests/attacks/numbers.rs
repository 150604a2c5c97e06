//! JSON and the values in it: numbers, words, ids, shapes.

use hafs_proto::task::Completion;
use hafs_proto::{CompletionId, ContentHash, RunId, TaskId};
use hafs_tests::client::{self, generated, ids};
use serde_json::{Value, json};

use super::list::{Round, attacks};
use super::site::{Answer, Site, Worker, claim, run_request};

const COMPLETE: &str = "/v1/workers/complete";

/// What stands where a body is to be changed.
const HERE: &str = "\u{2318}";

/// Sends a body in which the text [`HERE`] is replaced by these bytes, which need not be JSON.
async fn sends(site: &Site, token: &str, path: &str, body: &Value, bytes: &[u8]) -> Answer {
    let text = body.to_string();
    let (before, after) = text.split_once(&format!("\"{HERE}\"")).expect("a place");
    site.send(token, path, [before.as_bytes(), bytes, after.as_bytes()].concat()).await
}

/// A delivery that is well formed and of no lease.
pub fn delivery(output: Value) -> Value {
    let (key, task): (CompletionId, TaskId) = (ids().mint(), ids().mint());
    let token = format!("lease.1.1.{}", "0".repeat(64));
    json!({"key": key, "task": task, "token": token, "calls": [client::call()], "output": output})
}

fn batch(output: Value) -> Value {
    json!({"results": [delivery(output)]})
}

fn opinion(score: &str) -> Value {
    json!({"kind": "judge", "opinion": {"rubric": {"name": "r", "version": 1}, "score": score, "criteria": []}})
}

fn harvest(seed: Value) -> Value {
    json!({"kind": "harvest", "seeds": [seed], "next_cursor": null, "skipped": {}})
}

async fn scores(site: &Site, worker: &Worker, raw: &[&str], statuses: &[u16]) {
    for raw in raw {
        let answer = sends(site, &worker.token, COMPLETE, &batch(opinion(HERE)), raw.as_bytes()).await;
        assert!(statuses.contains(&answer.status), "{raw}: {answer:?}");
        let mut run = run_request();
        run["spec"]["policy"]["min_quality_score"] = json!(HERE);
        let answer = sends(site, &site.admin, "/v1/runs", &run, raw.as_bytes()).await;
        assert!(statuses.contains(&answer.status), "{raw}: {answer:?}");
    }
}

async fn no_numbers(site: &Site, worker: &Worker) {
    let raw = ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "+1", ".5", "01", "0x1", "1_0"];
    scores(site, worker, &raw, &[400]).await;
}

async fn other_types(site: &Site, worker: &Worker) {
    scores(site, worker, &["null", "\"10\"", "\"0.5\"", "true", "[]", "{}", "[0.5]"], &[422]).await;
}

async fn numbers_at_the_edge(site: &Site, worker: &Worker) {
    let digits = "1".repeat(30);
    scores(site, worker, &["1.0000001", "-0.1", "2", &digits, "-1"], &[422]).await;
    let long = format!("0.{}", "1".repeat(30));
    for (raw, kept) in [("-0.0", 0.0), ("5e-324", 5e-324), (long.as_str(), 1.0 / 9.0)] {
        let mut run = run_request();
        run["spec"]["policy"]["min_quality_score"] = json!(HERE);
        let answer = sends(site, &site.admin, "/v1/runs", &run, raw.as_bytes()).await;
        assert_eq!(answer.status, 201, "{raw}: {answer:?}");
        let score = answer.body["spec"]["policy"]["min_quality_score"].as_f64().unwrap();
        assert!((score - kept).abs() < 1e-12 && score.is_sign_positive(), "{raw}: {score}");
    }
}

async fn keys_twice(site: &Site, worker: &Worker) {
    let opinion = br#"{"kind":"judge","opinion":{"rubric":{"name":"r","version":1},"score":0.1,"score":0.9,"criteria":[]}}"#;
    let seed = serde_json::to_value(client::seed(1)).unwrap();
    let seed = seed.to_string();
    let context = seed.replacen('{', r#"{"context":{"a":"1","a":"2"},"#, 1);
    let context = format!(r#"{{"kind":"harvest","seeds":[{context}]}}"#);
    let skipped = r#"{"kind":"harvest","seeds":[],"skipped":{"a":1,"a":2}}"#;
    for output in [&opinion[..], context.as_bytes(), skipped.as_bytes()] {
        let answer = sends(site, &worker.token, COMPLETE, &batch(json!(HERE)), output).await;
        assert_eq!(answer.status, 422, "{}: {answer:?}", String::from_utf8_lossy(output));
    }
    let twice = br#"{"name":"a","name":"b","scopes":["read"],"ttl_s":60}"#;
    assert_eq!(site.send(&site.admin, "/v1/tokens", twice.to_vec()).await.status, 422);
}

async fn unknown_fields(site: &Site, worker: &Worker) {
    for (field, value) in [("accepted", json!(true)), ("worker_id", json!("other")), ("epoch", json!(999))] {
        let mut inside = batch(opinion("x"));
        inside["results"][0]["output"]["opinion"]["score"] = json!(0.5);
        for path in ["/results/0", "/results/0/output", "/results/0/output/opinion", "/results/0/calls/0", ""]
        {
            let mut body = inside.clone();
            body.pointer_mut(path).unwrap()[field] = value.clone();
            let answer = site.post(&worker.token, COMPLETE, &body).await;
            assert_eq!(answer.status, 422, "{field} in {path}: {answer:?}");
        }
        let mut body = run_request();
        body["spec"]["policy"][field] = value;
        assert_eq!(site.post(&site.admin, "/v1/runs", &body).await.status, 422, "{field}");
    }
}

async fn depth(site: &Site, worker: &Worker) {
    for depth in [128, 100_000] {
        let nested = "[".repeat(depth) + &"]".repeat(depth);
        let answer = sends(site, &worker.token, COMPLETE, &batch(json!(HERE)), nested.as_bytes()).await;
        assert!([400, 422].contains(&answer.status), "{depth}: {answer:?}");
        let deep = format!(r#"{{"kind":"generate","candidates":{nested}}}"#);
        let answer = sends(site, &worker.token, COMPLETE, &batch(json!(HERE)), deep.as_bytes()).await;
        assert!([400, 422].contains(&answer.status), "{depth}: {answer:?}");
    }
}

async fn empty_lists(site: &Site, worker: &Worker) {
    let before = site.peak();
    let lists = "[],".repeat(2_700_000) + "[]";
    let output = format!(r#"{{"candidates":[{lists}],"kind":"generate"}}"#);
    let answer = sends(site, &worker.token, COMPLETE, &batch(json!(HERE)), output.as_bytes()).await;
    assert_eq!(answer.status, 422, "{answer:?}");
    let grown = site.peak().saturating_sub(before) >> 20;
    println!("8 MB of empty lists: {grown} MiB");
    assert!(grown < 256, "{grown} MiB");
}

async fn not_text(site: &Site) {
    let forms: [&[u8]; 6] = [
        b"\"\xff\"",
        b"\"\xc0\xaf\"",
        b"\"\\ud800\"",
        b"\"\\udc00\\ud800\"",
        b"\"\xed\xa0\x80\"",
        b"\"\\u12\"",
    ];
    let body = json!({"name": HERE, "scopes": ["read"], "ttl_s": 60});
    for form in forms {
        let answer = sends(site, &site.admin, "/v1/tokens", &body, form).await;
        assert_eq!(answer.status, 400, "{form:?}: {answer:?}");
    }
    let marked = "\u{feff}".to_owned() + &run_request().to_string();
    assert_eq!(
        site.send(&site.admin, "/v1/runs", marked.into_bytes()).await.status,
        400,
        "a byte order mark"
    );
}

async fn nul(site: &Site, worker: &Worker) {
    let text = json!("a\u{0}b");
    let seed = serde_json::to_value(client::seed(1)).unwrap();
    for path in ["/title", "/text", "/provenance/locator", "/provenance/group", "/domain"] {
        let mut seed = seed.clone();
        *seed.pointer_mut(path).unwrap() = text.clone();
        let answer = site.post(&worker.token, COMPLETE, &batch(harvest(seed))).await;
        assert_eq!(answer.status, 422, "{path}: {answer:?}");
    }
    let mut key = seed.clone();
    key["context"] = json!({"a\u{0}b": "value"});
    assert_eq!(site.post(&worker.token, COMPLETE, &batch(harvest(key))).await.status, 422, "a key");
    let mut skipped = harvest(seed);
    skipped["skipped"] = json!({"a\u{0}b": 1});
    assert_eq!(site.post(&worker.token, COMPLETE, &batch(skipped)).await.status, 422, "a reason");
    let token = json!({"name": text, "scopes": ["read"], "ttl_s": 60});
    assert_eq!(site.post(&site.admin, "/v1/tokens", &token).await.status, 422);
    let mut registration = json!(client::registration());
    registration["name"] = text;
    assert_eq!(site.post(&worker.token, "/v1/workers/register", &registration).await.status, 422);
}

async fn numbers_of_another_kind(site: &Site, worker: &Worker) {
    let raw = ["-1", "1.5", "\"1\"", "18446744073709551616", "1e30", "null", "[]"];
    let mut wait = claim(1, 0);
    wait["wait_ms"] = json!(HERE);
    let mut free = claim(1, 0);
    free["vacancies"][0]["free"] = json!(HERE);
    for raw in raw {
        for body in [&wait, &free] {
            let answer = sends(site, &worker.token, "/v1/workers/claim", body, raw.as_bytes()).await;
            assert_eq!(answer.status, 422, "{raw}: {answer:?}");
        }
        let body = json!({"name": "t", "scopes": ["read"], "ttl_s": HERE});
        assert_eq!(sends(site, &site.admin, "/v1/tokens", &body, raw.as_bytes()).await.status, 422, "{raw}");
    }
    for ttl in ["1000000000000000000", "18446744073709551615", "0"] {
        let body = json!({"name": "t", "scopes": ["read"], "ttl_s": HERE});
        assert_eq!(sends(site, &site.admin, "/v1/tokens", &body, ttl.as_bytes()).await.status, 422, "{ttl}");
    }
    for limit in ["-1", "1.5", "4294967296", "x", ""] {
        assert_eq!(site.get(&format!("/v1/samples?limit={limit}")).await.status, 422, "{limit}");
    }
    for limit in ["0", "1000000000"] {
        assert_eq!(site.get(&format!("/v1/samples?limit={limit}")).await.status, 200, "{limit}: clipped");
    }
    for token in ["lease.18446744073709551616.1.", "lease.-1.1.", "lease.1.4294967296.", "lease.1.1.5."] {
        let mut body = batch(opinion("x"));
        body["results"][0]["output"]["opinion"]["score"] = json!(0.5);
        body["results"][0]["token"] = json!(format!("{token}{}", "0".repeat(64)));
        assert_eq!(site.post(&worker.token, COMPLETE, &body).await.status, 422, "{token}");
    }
}

async fn times(site: &Site, worker: &Worker) {
    let description = serde_json::to_value(hafs_coordinator::http::router::openapi()).unwrap();
    for name in
        ["CompleteRequest", "FailRequest", "ClaimRequest", "RenewRequest", "RegisterRequest", "CreateRun"]
    {
        let schema = &description["components"]["schemas"][name];
        assert!(schema.is_object() && !schema.to_string().contains("Timestamp"), "{name}");
    }
    for time in [json!(0), json!(-1), json!("9999-12-31T23:59:60Z"), json!("0000-01-01T00:00:00+99:99")] {
        let mut body = batch(opinion("x"));
        body["results"][0]["output"]["opinion"]["score"] = json!(0.5);
        body["results"][0]["created_at"] = time;
        assert_eq!(site.post(&worker.token, COMPLETE, &body).await.status, 422);
    }
}

async fn unknown_words(site: &Site, worker: &Worker) {
    for query in [
        "samples?state=acceptedx",
        "tasks?state=accepted",
        "tasks?kind=asm2",
        "samples?reason=x",
        "seeds?kind=asm2",
    ] {
        assert_eq!(site.get(&format!("/v1/{query}")).await.status, 422, "{query}");
    }
    let body = json!({"name": "t", "scopes": ["root"], "ttl_s": 60});
    assert_eq!(site.post(&site.admin, "/v1/tokens", &body).await.status, 422);
    let export = json!({"name": "a", "formats": ["parquet"], "splits": {"train": 1000, "val": 0, "test": 0}, "seed": 1});
    assert_eq!(site.post(&site.admin, "/v1/exports", &export).await.status, 422);
    let mut seed = serde_json::to_value(client::seed(1)).unwrap();
    seed["kind"] = json!("asm2");
    assert_eq!(site.post(&worker.token, COMPLETE, &batch(harvest(seed))).await.status, 422);
    assert_eq!(site.post(&worker.token, COMPLETE, &batch(json!({"kind": "accept"}))).await.status, 422);
}

async fn strange_ids(site: &Site) {
    let run: RunId = site.run().await.parse().unwrap();
    let text = run.to_string();
    let capitals = text.to_uppercase();
    let half = format!("run_{}", text[4..].to_uppercase());
    let long = "x".repeat(1_000);
    let strange = [
        &capitals,
        &half,
        &long,
        "%F0%9F%A6%80",
        "..",
        ".",
        "run_",
        &format!("{text}0"),
        &format!("{text}%20"),
    ];
    for id in strange {
        assert_eq!(site.get(&format!("/v1/runs/{id}")).await.status, 404, "{id}");
    }
    for id in [&capitals, &half, &long, "🦀"] {
        let answer = site.get(&format!("/v1/samples?run={id}")).await;
        assert_eq!(answer.status, 422, "{id}");
    }
    assert_eq!(site.get(&format!("/v1/runs/{run}")).await.status, 200);
}

async fn many_keys(site: &Site, worker: &Worker) {
    let mut many = serde_json::to_value(client::seed(1)).unwrap();
    many["context"] = (0..10_000).map(|number| (format!("key{number}"), json!("x"))).collect();
    let mut large = serde_json::to_value(client::seed(1)).unwrap();
    large["context"] = json!({"key": "x".repeat(200 * 1_024)});
    let mut long = serde_json::to_value(client::seed(1)).unwrap();
    long["context"] = json!({"k".repeat(200 * 1_024): "x"});
    for (what, seed) in [("10,000 keys", many), ("a value of 200 KB", large), ("a key of 200 KB", long)] {
        assert_eq!(site.post(&worker.token, COMPLETE, &batch(harvest(seed))).await.status, 422, "{what}");
    }
    let mut reasons = harvest(serde_json::to_value(client::seed(1)).unwrap());
    reasons["skipped"] = (0..10_000).map(|number| (format!("key{number}"), json!(1))).collect();
    assert_eq!(site.post(&worker.token, COMPLETE, &batch(reasons)).await.status, 422, "10,000 reasons");
}

async fn every_prefix(site: &Site, worker: &Worker) {
    let task = site.claim_one(worker).await;
    let result: Completion = generated(&task, 53);
    let body = json!({"results": [result]}).to_string();
    let http = site.from([127, 0, 0, 1]);
    for end in 0..body.len() {
        let request = http.post(format!("{}{COMPLETE}", site.url)).bearer_auth(&worker.token);
        let request =
            request.header("content-type", "application/json").body(body.as_bytes()[..end].to_vec());
        assert_eq!(request.send().await.unwrap().status(), 400, "{}", &body[..end]);
    }
    assert_eq!(site.items("/v1/samples").await.len(), 0);
    assert_eq!(site.send(&worker.token, COMPLETE, body.into_bytes()).await.first(), "accepted");
}

async fn hashes(site: &Site, worker: &Worker) {
    let good = ContentHash::of(b"x").to_string();
    let wrong = [
        good[1..].to_owned(),
        format!("{good}0"),
        format!("{good}\n"),
        format!("{good}=="),
        good.to_uppercase(),
        format!("g{}", &good[1..]),
        String::new(),
    ];
    for hash in wrong {
        let body = json!({"secret_hash": hash});
        let answer = site.post(&worker.token, "/v1/workers/rotate", &body).await;
        assert_eq!(answer.status, 422, "{hash:?}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_that_no_field_allows_are_refused() {
    let site = Site::open("").await;
    let worker = site.busy(3).await;
    let mut round = Round::of(37..=54);
    attacks! { round;
        37 => no_numbers(&site, &worker);
        38 => other_types(&site, &worker);
        39 => numbers_at_the_edge(&site, &worker);
        40 => keys_twice(&site, &worker);
        41 => unknown_fields(&site, &worker);
        42 => depth(&site, &worker);
        43 => empty_lists(&site, &worker);
        44 => not_text(&site);
        45 => nul(&site, &worker);
        46 => super::texts::too_much(&site, &worker);
        47 => super::texts::strange_keys(&site);
        48 => numbers_of_another_kind(&site, &worker);
        49 => times(&site, &worker);
        50 => unknown_words(&site, &worker);
        51 => strange_ids(&site);
        52 => many_keys(&site, &worker);
        53 => every_prefix(&site, &worker);
        54 => hashes(&site, &worker);
    }
    round.end();
    site.is_sound().await;
}
