//! A scripted teacher: an OpenAI-compatible server, and an Ollama, whose replies follow from the request alone, with
//! a fixed latency and faults on demand. For determinism, faults and benchmarks; never the only proof, and never
//! something that a demo or a default runs on.

mod book;
mod fault;
mod fill;
mod wire;
mod words;

pub use fault::Fault;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use book::Book;
use wire::{Said, Wire};

/// The model that it offers.
pub const MODEL: &str = "scripted-1";

/// How it behaves.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// Time from a request to its reply.
    pub latency: Duration,
    /// Which conversations (numbered from 1 in the order in which they begin) go wrong, and how: the first call by the
    /// first fault, and so on; calls after the last fault go right, so that faults do not change what comes out.
    pub faults: BTreeMap<u64, Vec<Fault>>,
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
    book: Mutex<Book>,
}

impl ScriptedTeacher {
    /// Starts it on a free loopback port.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(script: Script) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(Server { script, book: Mutex::default() });
        let stop = CancellationToken::new();
        let router = router(Arc::clone(&state));
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

    /// Its base address for a client of Ollama.
    #[must_use]
    pub fn ollama_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Calls that it answered or began to answer.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state.book().calls()
    }

    /// Calls that are not answered yet, or were answered less than `settled_after` ago.
    #[must_use]
    pub fn in_flight(&self, settled_after: Duration) -> u64 {
        self.state.book().in_flight(settled_after)
    }

    /// Calls beyond the first for the same prompt: what was paid twice.
    #[must_use]
    pub fn repeated(&self) -> u64 {
        self.state.book().repeated()
    }

    /// Time between the first two calls of a conversation, if there were two.
    #[must_use]
    pub fn pause(&self, conversation: u64) -> Option<Duration> {
        self.state.book().pause(conversation)
    }
}

/// A call that is not over; also one that the caller gives up ends by this.
struct OpenCall<'a>(&'a Server);

impl Drop for OpenCall<'_> {
    fn drop(&mut self) {
        self.0.book().leave();
    }
}

impl Server {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn reply(&self, wire: Wire, request: Value) -> Response {
        let schema = wire.schema(&request);
        let prompt = fill::prompt(&request, schema);
        let place = self.book().enter(prompt, fill::conversation(&request));
        let _open = OpenCall(self);
        tokio::time::sleep(self.script.latency).await;
        if request["model"] != MODEL {
            return wire.answer(StatusCode::NOT_FOUND, wire.error("no such model"));
        }
        let faults = self.script.faults.get(&place.conversation);
        if let Some(fault) = faults.and_then(|faults| faults.get(place.call)) {
            return fault.reply(wire, &request).await;
        }
        let text = fill::reply(schema, prompt, self.script.bad_every);
        let said = Said { text: &text, finish: "stop", model: MODEL };
        wire.answer(StatusCode::OK, wire.body(&request, said))
    }
}

fn router(server: Arc<Server>) -> Router {
    Router::new()
        .route("/v1/models", get(async || Json(wire::models())))
        .route("/v1/chat/completions", post(openai))
        .route("/api/version", get(async || Json(json!({"version": "0.33.0"}))))
        .route("/api/tags", get(async || Json(wire::tags())))
        .route("/api/ps", get(async || Json(json!({"models": []}))))
        .route("/api/chat", post(ollama))
        .with_state(server)
}

async fn openai(State(server): State<Arc<Server>>, Json(request): Json<Value>) -> Response {
    server.reply(Wire::OpenAi, request).await
}

async fn ollama(State(server): State<Arc<Server>>, Json(request): Json<Value>) -> Response {
    server.reply(Wire::Ollama, request).await
}
