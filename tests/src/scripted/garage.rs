//! A scripted Ollama on a GPU of limited memory: it loads, evicts and spills as the real one does, in fractions of the
//! time, and counts what it was made to do. What it says of itself has the shape of recorded answers of Ollama 0.33.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::answer::{self, Answer, End};
use super::{Wire, fault, fill};

/// Bytes of a gigabyte, as graphics cards are sold.
const GIGABYTE: u64 = 1_000_000_000;
/// Time to load one gigabyte.
const LOAD: Duration = Duration::from_millis(10);
/// Time of one reply.
const REPLY: Duration = Duration::from_millis(20);

/// What the GPU is like.
#[derive(Debug, Clone)]
pub struct Garage {
    /// Gigabytes of its memory.
    pub memory: u64,
    /// Models by name, with the gigabytes that each takes.
    pub models: BTreeMap<String, u64>,
    /// Models of which one gigabyte never comes to lie on the GPU.
    pub spilling: Vec<String>,
}

/// What it was made to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Loads that were asked for.
    pub loads: u64,
    /// Loads that a call for a reply made necessary: its model was not there, or had another window.
    pub surprises: u64,
    /// Models that had to go although nobody had said so.
    pub evictions: u64,
    /// Replies by model.
    pub replies: BTreeMap<String, u64>,
}

#[derive(Debug)]
struct Server {
    garage: Garage,
    floor: Mutex<Floor>,
}

#[derive(Debug, Default)]
struct Floor {
    /// Loaded models with the window that each was loaded with, and when it was used last.
    loaded: BTreeMap<String, (u64, u64)>,
    uses: u64,
    tally: Tally,
}

/// A running one; stops when dropped.
pub struct ScriptedGarage {
    /// Where it listens.
    pub address: SocketAddr,
    server: Arc<Server>,
    _stop: DropGuard,
}

impl ScriptedGarage {
    /// Starts it on a free loopback port.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(garage: Garage) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let server = Arc::new(Server { garage, floor: Mutex::default() });
        let stop = CancellationToken::new();
        let router = Router::new()
            .route("/api/version", get(async || Json(json!({"version": "0.33.0"}))))
            .route("/api/tags", get(tags))
            .route("/api/ps", get(ps))
            .route("/api/generate", post(generate))
            .route("/api/chat", post(chat))
            .with_state(Arc::clone(&server));
        let stopped = stop.clone();
        #[expect(clippy::disallowed_methods, reason = "a test server; its drop guard stops it")]
        tokio::spawn(async move {
            axum::serve(listener, router).with_graceful_shutdown(stopped.cancelled_owned()).await
        });
        Ok(Self { address, server, _stop: stop.drop_guard() })
    }

    /// Its base address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was made to do until now.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.server.floor().tally.clone()
    }
}

impl Server {
    fn floor(&self) -> MutexGuard<'_, Floor> {
        self.floor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn size(&self, model: &str) -> Option<u64> {
        self.garage.models.get(model).copied()
    }

    /// Takes what was used longest ago out of memory until a model fits, and puts that in. Says whether it was not there.
    fn put(&self, model: &str, window: u64) -> bool {
        let mut floor = self.floor();
        floor.uses += 1;
        let now = floor.uses;
        if let Some((loaded, used)) = floor.loaded.get_mut(model)
            && *loaded == window
        {
            *used = now;
            return false;
        }
        floor.loaded.remove(model);
        let need = self.size(model).unwrap_or_default();
        while floor.loaded.keys().filter_map(|name| self.size(name)).sum::<u64>() + need > self.garage.memory
        {
            let oldest = floor.loaded.iter().min_by_key(|(_, (_, used))| *used).map(|(name, _)| name.clone());
            let Some(oldest) = oldest else { break };
            floor.loaded.remove(&oldest);
            floor.tally.evictions += 1;
        }
        floor.loaded.insert(model.to_owned(), (window, now));
        true
    }

    async fn load(&self, model: &str) {
        let gigabytes = u32::try_from(self.size(model).unwrap_or_default()).unwrap_or(u32::MAX);
        tokio::time::sleep(LOAD.saturating_mul(gigabytes)).await;
    }
}

async fn tags(State(server): State<Arc<Server>>) -> Json<Value> {
    let model = |(name, gigabytes): (&String, &u64)| {
        json!({
            "name": name, "model": name, "modified_at": "2026-11-22T12:01:24Z", "size": gigabytes * GIGABYTE,
            "digest": "ef0e9ff0a0ffc1497b40ccbb2d0c7256b4bbe5387814e89b77c5f0aa25807cba",
            "details": {"format": "gguf", "family": "qwen2", "quantization_level": "Q4_K_M", "context_length": 32_768},
            "capabilities": ["completion"],
        })
    };
    Json(json!({"models": server.garage.models.iter().map(model).collect::<Vec<_>>()}))
}

async fn ps(State(server): State<Arc<Server>>) -> Json<Value> {
    let floor = server.floor();
    let model = |(name, (window, _)): (&String, &(u64, u64))| {
        let size = server.size(name).unwrap_or_default() * GIGABYTE;
        let spilled = if server.garage.spilling.contains(name) { GIGABYTE } else { 0 };
        json!({
            "name": name, "model": name, "size": size, "size_vram": size - spilled, "context_length": window,
            "expires_at": "2318-01-01T00:00:00Z",
        })
    };
    Json(json!({"models": floor.loaded.iter().map(model).collect::<Vec<_>>()}))
}

/// Loads a model, or unloads it when it is to be kept for no time.
async fn generate(State(server): State<Arc<Server>>, Json(body): Json<Value>) -> Response {
    let model = body["model"].as_str().unwrap_or_default();
    if server.size(model).is_none() {
        return unknown(model);
    }
    if body["keep_alive"] == 0 {
        server.floor().loaded.remove(model);
        return Json(json!({"model": model, "response": "", "done": true, "done_reason": "unload"}))
            .into_response();
    }
    if server.put(model, body["options"]["num_ctx"].as_u64().unwrap_or_default()) {
        server.floor().tally.loads += 1;
        server.load(model).await;
    }
    Json(json!({"model": model, "response": "", "done": true, "done_reason": "load"})).into_response()
}

async fn chat(State(server): State<Arc<Server>>, Json(body): Json<Value>) -> Response {
    let asked = Wire::Ollama.read(None, &body);
    if server.size(&asked.model).is_none() {
        return unknown(&asked.model);
    }
    if server.put(&asked.model, body["options"]["num_ctx"].as_u64().unwrap_or_default()) {
        server.floor().tally.surprises += 1;
        server.load(&asked.model).await;
    }
    tokio::time::sleep(REPLY).await;
    *server.floor().tally.replies.entry(asked.model.clone()).or_default() += 1;
    let text = fill::reply(&asked, fill::prompt(&asked), None);
    let answer = Answer { text: &text, end: End::Complete, model: &asked.model };
    fault::whole(answer::write(&asked, &answer))
}

fn unknown(model: &str) -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"error": format!("model '{model}' not found")}))).into_response()
}
