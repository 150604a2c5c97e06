//! A coordinator in a process of its own, and workers that the test plays over HTTP.
#![expect(clippy::unwrap_used, reason = "only tests use it")]

use std::path::Path;
use std::time::Duration;

use hafs_proto::people::Page;
use hafs_proto::task::Completion;
use hafs_proto::worker::{Answer, ClaimReply, ClaimedTask, CompleteReply, RegisterReply};
use hafs_proto::{Route, Sample, WorkerId};
use serde_json::{Value, json};

use crate::client;
use crate::process::Process;

/// A coordinator of its own process, and how it is called.
pub struct Far {
    /// The process.
    pub process: Process,
    /// Its base address.
    pub url: String,
    /// A token with every scope of people.
    pub token: String,
    /// What it is called with.
    pub client: reqwest::Client,
}

/// A worker that has joined, played by the test.
pub struct Hand {
    /// Its id.
    pub id: WorkerId,
    /// Its own credential.
    pub credential: String,
}

impl Far {
    /// Starts one and waits until it has said where it is.
    ///
    /// # Panics
    /// When none comes up within a minute.
    pub async fn start(home: &Path) -> Self {
        let process = Process::start("hafs-coordinator", home, &["--config", "hafs.toml"]);
        let (client, file) = (client::client(), home.join("data/coordinator.json"));
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        loop {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            if let Ok(address) = serde_json::from_str::<Value>(&text)
                && address["pid"] == process.id()
            {
                let text = |key: &str| address[key].as_str().unwrap().to_owned();
                return Self { process, url: text("url"), token: text("token"), client };
            }
            assert!(tokio::time::Instant::now() < deadline, "no coordinator came up");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// One call that must succeed.
    ///
    /// # Panics
    /// When it does not.
    pub async fn post(&self, token: &str, path: &str, body: &Value) -> Value {
        let request = self.client.post(format!("{}{path}", self.url)).bearer_auth(token).json(body);
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// One question that must be answered.
    ///
    /// # Panics
    /// When it is not.
    pub async fn get(&self, path: &str) -> Value {
        let request = self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// A worker that joins with the source `docs` and the scripted teachers.
    pub async fn hire(&self) -> Hand {
        self.hire_with(&[]).await
    }

    /// As [`Far::hire`], with these routes in place of the usual ones if there are any.
    ///
    /// # Panics
    /// When it may not join.
    pub async fn hire_with(&self, routes: &[&str]) -> Hand {
        let body = json!({"name": "test", "scopes": ["join"], "ttl_s": 600, "uses": 1});
        let join = self.post(&self.token, "/v1/tokens", &body).await["token"].clone();
        let mut said = client::registration();
        let own: Vec<Route> = routes.iter().filter_map(|route| route.parse().ok()).collect();
        if !own.is_empty() {
            said.pools.iter_mut().for_each(|pool| pool.routes.clone_from(&own));
        }
        let body = serde_json::to_value(said).unwrap();
        let reply = self.post(join.as_str().unwrap(), "/v1/workers/register", &body).await;
        let reply: RegisterReply = serde_json::from_value(reply).unwrap();
        Hand { id: reply.worker, credential: reply.credential.unwrap().as_str().to_owned() }
    }

    /// Claims at most so many tasks, waiting up to five seconds.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn claim(&self, hand: &Hand, free: u32) -> ClaimReply {
        self.claim_within(hand, free, 5_000).await
    }

    /// Claims at most so many tasks, waiting up to so many milliseconds.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn claim_within(&self, hand: &Hand, free: u32, wait_ms: u64) -> ClaimReply {
        let body = json!({
            "claim": client::ids().mint::<hafs_proto::CompletionId>(),
            "vacancies": [{"pool": "all", "free": free}], "wait_ms": wait_ms,
        });
        serde_json::from_value(self.post(&hand.credential, "/v1/workers/claim", &body).await).unwrap()
    }

    /// Claims so many tasks, one after the other.
    ///
    /// # Panics
    /// When there are not so many.
    pub async fn tasks(&self, hand: &Hand, count: usize) -> Vec<ClaimedTask> {
        let mut tasks = Vec::new();
        while tasks.len() < count {
            let reply = self.claim(hand, 1).await;
            assert!(!reply.tasks.is_empty(), "{:?}", reply.reasons);
            tasks.extend(reply.tasks);
        }
        tasks
    }

    /// Hands results in.
    ///
    /// # Panics
    /// When they are not taken.
    pub async fn complete(&self, hand: &Hand, results: Vec<Completion>) -> Vec<Answer> {
        let body = json!({ "results": results });
        let reply = self.post(&hand.credential, "/v1/workers/complete", &body).await;
        let reply: CompleteReply = serde_json::from_value(reply).unwrap();
        reply.answers.into_iter().map(|answer| answer.answer).collect()
    }

    /// Up to 500 samples.
    ///
    /// # Panics
    /// When they are not shown.
    pub async fn samples(&self) -> Vec<Sample> {
        serde_json::from_value::<Page<Sample>>(self.get("/v1/samples?limit=500").await).unwrap().items
    }
}
