//! A person who calls a coordinator that is a process of its own.

use std::path::Path;
use std::time::Duration;

use hafs_runtime::env::Environment;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::client;

/// How long a coordinator may take to be there.
const PATIENCE: Duration = Duration::from_secs(60);

/// A person with a token.
#[derive(Debug)]
pub struct Person {
    client: Client,
    url: String,
    token: String,
}

impl Person {
    /// Reaches the coordinator whose data folder lies in `home`, as a program on its machine does.
    ///
    /// # Panics
    /// When none answers within a minute.
    pub async fn reach(home: &Path) -> Self {
        let (file, began) = (home.join("data/coordinator.json"), Instant::now());
        loop {
            if let Some(person) = Self::find(&file)
                && person.get("/v1/status").await.is_some()
            {
                return person;
            }
            assert!(began.elapsed() < PATIENCE, "no coordinator answers in {}", home.display());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn find(file: &Path) -> Option<Self> {
        let address: Value = serde_json::from_str(&std::fs::read_to_string(file).ok()?).ok()?;
        let text = |key: &str| address[key].as_str().map(str::to_owned);
        Some(Self { client: client::client(), url: text("url")?, token: text("token")? })
    }

    /// The same person at another address, with a token that outlives the coordinator that was reached.
    pub async fn moved_to(mut self, url: &str) -> Self {
        self.token = self.new_token(&["read", "run", "admin"]).await;
        url.clone_into(&mut self.url);
        self
    }

    /// A new token for an hour; one that lets workers join does so once.
    ///
    /// # Panics
    /// When there is none.
    pub async fn new_token(&self, scopes: &[&str]) -> String {
        let body = json!({"name": "test", "scopes": scopes, "ttl_s": 3600, "uses": 1});
        let created = self.post("/v1/tokens", &body).await;
        created["token"].as_str().unwrap_or_else(|| panic!("no token: {created}")).to_owned()
    }

    /// Starts the run that a configuration asks for.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn start_run(&self, config: &Path) {
        let env = Environment::of_process();
        let request = hafs_runtime::config::Request { file: Some(config), env: &env, flags: &[] };
        let config = hafs_runtime::config::load(request).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let names = hafs_domain::generator::TABLE.iter().map(|takes| takes.generator.parse());
        let generators: Vec<_> =
            names.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("a generator's name: {error}"));
        let spec = config.run_spec(&generators).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        self.post("/v1/runs", &json!({"spec": spec, "config_fingerprint": config.fingerprint()})).await;
    }

    /// How far the newest run is once it does not run any more.
    ///
    /// # Panics
    /// When it has not ended after `limit`.
    pub async fn ended_run(&self, limit: Duration) -> Value {
        let ended = async {
            loop {
                let status = self.get("/v1/status").await.unwrap_or_default();
                let progress = &status["runs"][0]["progress"];
                if progress["state"].as_str().is_some_and(|state| state != "running") {
                    return progress.clone();
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let ended = tokio::time::timeout(limit, ended).await;
        ended.unwrap_or_else(|_| panic!("the run has not ended after {} s", limit.as_secs()))
    }

    /// What the coordinator answers, if it answers.
    pub async fn get(&self, path: &str) -> Option<Value> {
        let call = self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token);
        let answer = call.send().await.ok()?;
        if answer.status().is_success() { answer.json().await.ok() } else { None }
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let call = self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token).json(body);
        let answer = call.send().await.unwrap_or_else(|error| panic!("{path}: {error}"));
        let status = answer.status();
        let text = answer.text().await.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }
}
