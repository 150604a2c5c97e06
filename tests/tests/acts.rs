//! Whoever acts leaves exactly one entry in the audit log: every address that changes something, one after the other.
#![expect(clippy::unwrap_used, reason = "a test program")]

use std::collections::BTreeSet;
use std::time::Duration;

use hafs_coordinator::http::router;
use hafs_library::tables::audit::{self, AuditFilter};
use hafs_library::tables::{PageRequest, tasks};
use hafs_proto::people::AuditEntry;
use hafs_proto::task::DeadReason;
use hafs_proto::{BoundedText, Reason, TaskId};
use hafs_tests::client::{self, Hand, Office, generated, harvested};
use serde_json::{Value, json};

/// What a call leaves behind: the action of its entry, or nothing for one that changes nothing.
type Leaves = Option<&'static str>;

/// Every address of people that is not a question.
const ACTS: &[(&str, &str, Leaves)] = &[
    ("post", "/v1/runs", Some("run.create")),
    ("post", "/v1/runs/{id}/pause", Some("run.pause")),
    ("post", "/v1/runs/{id}/resume", Some("run.resume")),
    ("post", "/v1/tasks/{id}/redrive", Some("task.redrive")),
    ("post", "/v1/exports", Some("dataset.export")),
    ("post", "/v1/forecast", None),
    ("post", "/v1/teachers/resume", Some("teacher.resume")),
    ("post", "/v1/tokens", Some("token.create")),
    ("delete", "/v1/tokens/{id}", Some("token.revoke")),
    ("post", "/v1/workers/{id}/pause", Some("worker.pause")),
    ("post", "/v1/workers/{id}/resume", Some("worker.resume")),
    ("post", "/v1/workers/{id}/rotate", Some("worker.rotate")),
    ("post", "/v1/workers/{id}/trust", Some("worker.trust")),
    ("post", "/v1/samples/{id}/reviews", Some("sample.accept")),
    ("post", "/v1/quarantines/preview", None),
    ("post", "/v1/quarantines", Some("quarantine.begin")),
    ("post", "/v1/quarantines/{id}/lift", Some("quarantine.lift")),
    ("post", "/v1/graphs/{graph}/sources", Some("graph.store")),
    ("post", "/v1/rechecks/preview", None),
    ("post", "/v1/rechecks", Some("recheck.begin")),
    ("post", "/v1/runs/{id}/cancel", Some("run.cancel")),
    ("post", "/v1/workers/{id}/drain", Some("worker.drain")),
    ("post", "/v1/workers/{id}/revoke", Some("worker.revoke")),
];

/// The addresses of people that change something, as the description of the API has them.
fn described() -> BTreeSet<(String, String)> {
    let openapi = serde_json::to_value(router::openapi()).unwrap();
    let mut found = BTreeSet::new();
    for (path, item) in openapi["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if method != "get" && operation["tags"][0] == "people" {
                found.insert((method.clone(), path.clone()));
            }
        }
    }
    found
}

#[test]
fn every_address_of_people_that_changes_something_is_in_the_table() {
    let table: BTreeSet<(String, String)> =
        ACTS.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(described(), table);
}

/// A factory with one of everything that can be acted on.
struct Scene {
    office: Office,
    hand: Hand,
    run: String,
    dead: TaskId,
    token: String,
    quarantine: String,
    sample: String,
}

impl Scene {
    async fn set(folder: &std::path::Path) -> Self {
        let office = Office::open(folder, |_| {}).await;
        let hand = office.hire().await;
        let run = office.start(|_| {}).await;
        let harvest = office.claim_one(&hand).await;
        office.complete(&hand, vec![harvested(&harvest, 0..3)]).await;
        let done = office.claim_one(&hand).await;
        office.complete(&hand, vec![generated(&done, 1)]).await;
        let dead = office.claim(&hand, 1, Duration::from_secs(10)).await.tasks.remove(0).task.id;
        let terms = json!({"terms": [{"teacher": client::TEACHER, "key": "0123456789ab"}]});
        let told = office.call(&hand.credential, "/v1/workers/teachers", &terms).await;
        assert_eq!(told.status(), 204);
        let why = DeadReason { reason: Reason::Timeout, detail: BoundedText::clipped("three times") };
        let now = office.core.clock.now();
        office.core.library.write(move |tx| tasks::bury(tx, dead, &why, now)).await.unwrap();
        let (token, quarantine) = (String::new(), String::new());
        let page: Value = office.get("/v1/samples").await;
        let sample = page["items"][0]["id"].as_str().unwrap().to_owned();
        Self { office, hand, run: run.id.to_string(), dead, token, quarantine, sample }
    }

    async fn log(&self) -> Vec<AuditEntry> {
        let page = PageRequest { cursor: None, limit: 500 };
        let read = move |tx: &mut dyn hafs_library::Tx| audit::page(tx, &AuditFilter::default(), &page);
        self.office.core.library.read(read).await.unwrap().items
    }

    /// The id and the body that go with an address.
    fn call(&self, path: &str) -> (String, Option<Value>) {
        let worker = self.hand.reply.worker.to_string();
        let quarantine = json!({"selection": {"worker": worker}, "reason": "a test"});
        let splits = json!({"train": 1000, "val": 0, "test": 0});
        let spec_hash = hafs_proto::ContentHash::of(b"another");
        let body = match path {
            "/v1/runs" => Some(json!({"spec": client::spec(), "config_fingerprint": spec_hash})),
            "/v1/tokens" => Some(json!({"name": "test", "scopes": ["read"], "ttl_s": 60})),
            "/v1/exports" => Some(json!({"name": "set", "formats": ["alpaca"], "splits": splits, "seed": 1})),
            "/v1/quarantines" | "/v1/quarantines/preview" => Some(quarantine),
            "/v1/rechecks" | "/v1/rechecks/preview" => Some(json!({"reason": "a test"})),
            "/v1/forecast" => Some(json!({"spec": client::spec(), "terms": []})),
            "/v1/graphs/{graph}/sources" => Some(json!({"gone": ["old.asm"]})),
            "/v1/teachers/resume" => Some(json!({"teacher": client::TEACHER})),
            "/v1/workers/{id}/trust" => Some(json!({"state": "trusted", "reason": "ours"})),
            "/v1/samples/{id}/reviews" => {
                let id: hafs_proto::ReviewId = client::ids().mint();
                Some(json!({"id": id, "why": "a test", "act": {"act": "accept"}}))
            }
            _ => None,
        };
        let id = match path.split('/').nth(2) {
            Some("runs") => self.run.clone(),
            Some("tasks") => self.dead.to_string(),
            Some("tokens") => self.token.clone(),
            Some("workers") => worker,
            Some("quarantines") => self.quarantine.clone(),
            Some("samples") => self.sample.clone(),
            other => other.unwrap_or_default().to_owned(),
        };
        (path.replace("{id}", &id).replace("{graph}", "alttp"), body)
    }

    async fn act(&mut self, method: &str, path: &str) -> (u16, Value) {
        let (address, body) = self.call(path);
        let url = format!("{}{address}", self.office.url);
        let method = method.to_uppercase().parse().unwrap();
        let mut request = client::client().request(method, url).bearer_auth(&self.office.token);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        let id = || value["id"].as_str().unwrap_or_default().to_owned();
        match path {
            "/v1/tokens" => self.token = id(),
            "/v1/quarantines" => self.quarantine = id(),
            _ => {}
        }
        (status, value)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_act_leaves_exactly_one_entry_that_names_who_what_and_to_what() {
    let folder = tempfile::tempdir().unwrap();
    let mut scene = Scene::set(folder.path()).await;
    for (method, path, leaves) in ACTS {
        let before = scene.log().await;
        let (status, answer) = scene.act(method, path).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        let after = scene.log().await;
        let new = &after[..after.len() - before.len()];
        let found: Vec<&str> = new.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(found, leaves.iter().copied().collect::<Vec<_>>(), "{method} {path}");
        for entry in new {
            let (address, body) = scene.call(path);
            let asked = format!("{address} {}", body.unwrap_or_default());
            let object = if answer["id"].is_string() && answer["sample"].is_null() {
                answer["id"].as_str().unwrap()
            } else {
                &asked
            };
            assert!(entry.actor.starts_with("cred_"), "{entry:?}");
            assert!(object.contains(&entry.object), "{path}: {entry:?}");
        }
    }
    let report = scene.office.core.library.read(|tx| hafs_library::verify::audit(tx, None)).await.unwrap();
    assert!(report.sound, "{:?}", report.defects);
    scene.office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_that_is_refused_leaves_no_entry() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::set(folder.path()).await;
    let before = scene.log().await.len();
    let worker = scene.hand.reply.worker;
    let office = &scene.office;
    for (path, body, status) in [
        (format!("/v1/workers/{worker}/trust"), json!({"state": "trusted", "reason": " "}), 422),
        (
            "/v1/workers/worker_00000000000000000000000000000000/trust".to_owned(),
            json!({"state": "trusted", "reason": "x"}),
            404,
        ),
        ("/v1/quarantines".to_owned(), json!({"selection": {}, "reason": "everything"}), 422),
        (
            "/v1/quarantines".to_owned(),
            json!({"selection": {"worker": "worker_00000000000000000000000000000000"}, "reason": "x"}),
            404,
        ),
        ("/v1/quarantines/quarantine_00000000000000000000000000000000/lift".to_owned(), json!({}), 404),
        ("/v1/runs/run_00000000000000000000000000000000/pause".to_owned(), json!({}), 404),
    ] {
        let answer = office.call(&office.token, &path, &body).await;
        assert_eq!(answer.status().as_u16(), status, "{path}");
    }
    for path in ["/v1/quarantines", "/v1/audit", "/v1/audit/verify", "/v1/exports"] {
        let answer =
            client::client().get(format!("{}{path}", office.url)).bearer_auth(&scene.hand.credential);
        assert_eq!(answer.send().await.unwrap().status().as_u16(), 403, "{path} is not for workers");
    }
    assert_eq!(scene.log().await.len(), before);
    scene.office.close().await;
}
