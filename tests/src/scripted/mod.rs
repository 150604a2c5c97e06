//! A scripted teacher: an OpenAI-compatible server whose replies follow from the request alone, with a fixed
//! latency and faults on demand. For determinism, faults and benchmarks; never the only proof, and never
//! something that a demo or a default runs on.

mod fault;
mod fill;
mod words;

pub use fault::Fault;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hafs_proto::ContentHash;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The model that it offers.
pub const MODEL: &str = "scripted-1";

/// How it behaves.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// Time from a request to its reply.
    pub latency: Duration,
    /// Which of the calls (counted from 1) go wrong, and how.
    pub faults: BTreeMap<u64, Fault>,
    /// Every n-th distinct prompt gets a reply that some gate rejects.
    pub bad_every: Option<u64>,
}

/// A running scripted teacher; stops when dropped.
pub struct ScriptedTeacher {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<Server>,
    _stop: DropGuard,
}

struct Server {
    script: Script,
    calls: AtomicU64,
    by_prompt: Mutex<BTreeMap<ContentHash, u64>>,
}

impl ScriptedTeacher {
    /// Starts it on a free loopback port.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(script: Script) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(Server { script, calls: AtomicU64::new(0), by_prompt: Mutex::default() });
        let stop = CancellationToken::new();
        let router = Router::new()
            .route("/v1/models", get(models))
            .route("/v1/chat/completions", post(chat))
            .with_state(Arc::clone(&state));
        let stopped = stop.clone();
        #[expect(clippy::disallowed_methods, reason = "a test server; its drop guard stops it")]
        tokio::spawn(async move {
            let served = axum::serve(listener, router).with_graceful_shutdown(stopped.cancelled_owned());
            served.await
        });
        Ok(Self { address, state, _stop: stop.drop_guard() })
    }

    /// Its base address for an OpenAI-compatible client.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Calls that it answered or began to answer.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state.calls.load(Ordering::SeqCst)
    }

    /// Calls beyond the first for the same prompt: what was paid twice.
    #[must_use]
    pub fn repeated(&self) -> u64 {
        let by_prompt = self.state.by_prompt.lock().unwrap_or_else(PoisonError::into_inner);
        by_prompt.values().map(|count| count - 1).sum()
    }
}

async fn models() -> Json<Value> {
    Json(json!({"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "tests"}]}))
}

async fn chat(State(server): State<Arc<Server>>, Json(request): Json<Value>) -> Response {
    let number = server.calls.fetch_add(1, Ordering::SeqCst) + 1;
    let identity = fill::identity(&request);
    let seen = {
        let mut by_prompt = server.by_prompt.lock().unwrap_or_else(PoisonError::into_inner);
        let count = by_prompt.entry(identity).or_insert(0);
        *count += 1;
        *count
    };
    tokio::time::sleep(server.script.latency).await;
    if request["model"] != MODEL {
        let error = json!({"error": {"message": "no such model", "type": "invalid_request_error"}});
        return (StatusCode::NOT_FOUND, Json(error)).into_response();
    }
    // A retry of a prompt that went wrong goes right, so that faults do not change what comes out.
    match server.script.faults.get(&number).filter(|_| seen == 1) {
        Some(fault) => fault.reply(&request),
        None => Json(fill::completion(&request, identity, server.script.bad_every)).into_response(),
    }
}
