//! The API of a coordinator that runs as a process of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use hafs_proto::{ContentHash, Run, RunSpec};
use hafs_runtime::clock::Stopwatch;
use reqwest::{Client, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How long a process may take until it answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// The API, spoken with one token.
#[derive(Debug, Clone)]
pub(super) struct Api {
    url: String,
    token: String,
    client: Client,
}

impl Api {
    /// At an address, with a token.
    pub(super) fn new(address: SocketAddr, token: impl Into<String>) -> Self {
        Self { url: format!("http://{address}"), token: token.into(), client: crate::client::client() }
    }

    /// Waits until the coordinator whose data lies in `data` is ready, and takes the token of its address file.
    pub(super) async fn reach(data: &Path) -> anyhow::Result<Self> {
        let (file, watch) = (data.join("coordinator.json"), Stopwatch::start());
        let client = crate::client::client();
        loop {
            if let Some(api) = Self::of_file(&file, &client)
                && api.ready().await
            {
                return Ok(api);
            }
            ensure!(watch.elapsed() < PATIENCE, "no coordinator answers within {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn of_file(file: &Path, client: &Client) -> Option<Self> {
        let address: serde_json::Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
        let text = |key: &str| address[key].as_str().map(str::to_owned);
        Some(Self { url: text("url")?, token: text("token")?, client: client.clone() })
    }

    async fn ready(&self) -> bool {
        let answer = self.client.get(format!("{}/readyz", self.url)).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// The same coordinator with another token.
    pub(super) fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: token.into(), ..self.clone() }
    }

    /// Posts JSON and reads JSON.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> anyhow::Result<T> {
        let text =
            answer(self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token).json(body));
        serde_json::from_str(&text.await.with_context(|| format!("POST {path}"))?)
            .with_context(|| format!("the answer to POST {path}"))
    }

    /// Gets text.
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<String> {
        let request = self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token);
        answer(request).await.with_context(|| format!("GET {path}"))
    }

    /// A join token for one worker.
    pub(super) async fn join_token(&self) -> anyhow::Result<String> {
        self.join_tokens(1).await
    }

    /// A join token for as many workers.
    pub(super) async fn join_tokens(&self, uses: usize) -> anyhow::Result<String> {
        let body = serde_json::json!({"name": "bench", "scopes": ["join"], "ttl_s": 600, "uses": uses});
        let created: serde_json::Value = self.post("/v1/tokens", &body).await?;
        Ok(created["token"].as_str().context("the answer holds no token")?.to_owned())
    }

    /// Starts a run.
    pub(super) async fn start(&self, spec: &RunSpec) -> anyhow::Result<Run> {
        let body = serde_json::json!({"spec": spec, "config_fingerprint": ContentHash::of(b"bench")});
        self.post("/v1/runs", &body).await
    }
}

async fn answer(request: RequestBuilder) -> anyhow::Result<String> {
    let response = request.send().await?;
    let status = response.status();
    let text = response.text().await?;
    ensure!(status.is_success(), "{status}: {text}");
    Ok(text)
}
