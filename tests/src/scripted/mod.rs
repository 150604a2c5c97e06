//! A scripted teacher: a server that speaks all five wires, whose replies follow from the request alone, with a fixed
//! latency and faults on demand. For determinism, faults and benchmarks; never the only proof, and never
//! something that a demo or a default runs on.

mod answer;
mod batches;
mod book;
mod fault;
mod fill;
mod garage;
mod listings;
mod wire;
mod words;

pub use batches::{BatchFault, BatchScript};
pub use fault::{Fault, LimitStyle};
pub use garage::{Garage, ScriptedGarage, Tally};
pub use wire::{Asked, Wire};

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hafs_proto::ContentHash;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use answer::{Answer, End};
use book::{Book, Minute};

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
    /// What stands in the field `answer` or `code` of its replies, conversation by conversation, over and over. Empty: words.
    pub answers: Vec<String>,
    /// Whether it answers in one piece, whatever was asked for.
    pub never_streams: bool,
    /// The key that every call has to bring in the header of its wire.
    pub key: Option<String>,
    /// Calls that any minute may have; those beyond are answered with 429.
    pub per_minute: Option<u64>,
    /// Tokens of prompts and replies that any minute may have; a call beyond them is answered with 429.
    pub tokens_per_minute: Option<u64>,
    /// How batches go.
    pub batches: BatchScript,
}

/// How much later a straggler is.
const STRAGGLE: u32 = 20;

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
    last: Mutex<Option<Asked>>,
    /// The key that is wanted now.
    key: Mutex<Option<String>>,
    desk: Mutex<batches::Desk>,
}

impl ScriptedTeacher {
    /// Starts it on a free loopback port.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(script: Script) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let key = Mutex::new(script.key.clone());
        let state = Arc::new(Server {
            script,
            book: Mutex::default(),
            last: Mutex::default(),
            key,
            desk: Mutex::default(),
        });
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

    /// Its address without a path, for clients that know where their wire is.
    #[must_use]
    pub fn root_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked last.
    #[must_use]
    pub fn last(&self) -> Option<Asked> {
        self.state.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Wants another key from now on, or none.
    pub fn want(&self, key: Option<&str>) {
        *self.state.key.lock().unwrap_or_else(PoisonError::into_inner) = key.map(str::to_owned);
    }

    /// Works off no batch as long as this holds.
    pub fn hold_batches(&self, held: bool) {
        self.state.desk().held = held;
    }

    /// Batches that it was given, with the number of calls in each.
    #[must_use]
    pub fn batches(&self) -> Vec<usize> {
        self.state.desk().sizes()
    }

    /// When each call came, in the order in which they came, with whether it was answered with 429 for being one too
    /// many.
    #[must_use]
    pub fn log(&self) -> Vec<(Instant, bool)> {
        self.state.book().log().to_vec()
    }

    /// When each call came that was not one too many, with the tokens of its prompt and its reply.
    #[must_use]
    pub fn tokens(&self) -> Vec<(Instant, u64)> {
        self.state.book().tokens().to_vec()
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

    fn desk(&self) -> MutexGuard<'_, batches::Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, headers: &HeaderMap, mut asked: Asked) -> Response {
        asked.streams &= !self.script.never_streams;
        let prompt = fill::prompt(&asked);
        let minute = Minute { calls: self.script.per_minute, tokens: self.script.tokens_per_minute };
        let tokens = answer::tokens(&asked, &fill::reply(&asked, prompt, self.script.bad_every));
        let place = self.book().enter(prompt, fill::conversation(&asked), (minute, tokens));
        let _open = OpenCall(self);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(asked.clone());
        let faults = self.script.faults.get(&place.conversation);
        let fault = faults.and_then(|faults| faults.get(place.call));
        let late = if fault == Some(&Fault::Straggler) { STRAGGLE } else { 1 };
        tokio::time::sleep(self.script.latency * late).await;
        let wanted = self.key.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let locked = wanted.is_some() && asked.wire.key(headers) != wanted;
        match fault {
            _ if locked => Fault::BadKey.reply(&asked).await,
            _ if place.too_many => Fault::RateLimited(1).reply(&asked).await,
            _ if asked.model != MODEL => {
                let error = asked.wire.error(404, "not_found", "no such model", &Value::Null);
                (StatusCode::NOT_FOUND, Json(error)).into_response()
            }
            Some(fault) => fault.reply(&asked).await,
            None => self.usual(&asked, prompt, place.conversation),
        }
    }

    fn usual(&self, asked: &Asked, prompt: ContentHash, conversation: u64) -> Response {
        let mut text = fill::reply(asked, prompt, self.script.bad_every);
        let turn = usize::try_from(conversation.saturating_sub(1)).unwrap_or_default();
        if let Some(answer) = self.script.answers.iter().cycle().nth(turn) {
            text = fill::with_answer(&text, answer);
        }
        let answer = Answer { text: &text, end: End::Complete, model: MODEL };
        let mut response = fault::whole(answer::write(asked, &answer));
        // A server with a limit of its own says nothing of another one.
        let allowance = asked
            .wire
            .allowance()
            .iter()
            .filter(|_| self.script.per_minute.is_none() && self.script.tokens_per_minute.is_none());
        response.headers_mut().extend(
            allowance.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))),
        );
        response
    }
}

fn router(server: Arc<Server>) -> Router {
    Router::new()
        .route("/v1/models", get(async || Json(listings::openai())))
        .route("/v1/chat/completions", post(chat))
        .route("/v1/responses", post(responses))
        .route("/v1/messages", post(messages))
        .route("/v1/files", post(batches::upload))
        .route("/v1/files/{id}/content", get(batches::content))
        .route("/v1/batches", post(batches::open_openai).get(batches::list_openai))
        .route("/v1/batches/{id}", get(batches::see_openai))
        .route("/v1/messages/batches", post(batches::open_messages).get(batches::list_messages))
        .route("/v1/messages/batches/{id}", get(batches::see_messages))
        .route("/v1/messages/batches/{id}/results", get(batches::results))
        .route("/v1beta/batches", get(batches::list_gemini))
        .route("/v1beta/batches/{id}", get(batches::see_gemini))
        .route("/v1beta/models", get(async || Json(listings::gemini())))
        .route("/v1beta/models/{target}", post(gemini))
        .route("/api/version", get(async || Json(json!({"version": "0.33.0"}))))
        .route("/api/tags", get(async || Json(listings::ollama())))
        .route("/api/ps", get(async || Json(json!({"models": []}))))
        .route("/api/chat", post(ollama))
        .with_state(server)
}

async fn chat(State(server): State<Arc<Server>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    server.answer(&headers, Wire::Chat.read(None, &body)).await
}

async fn responses(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    server.answer(&headers, Wire::Responses.read(None, &body)).await
}

async fn messages(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    server.answer(&headers, Wire::Messages.read(None, &body)).await
}

async fn gemini(
    State(server): State<Arc<Server>>,
    Path(target): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if target.ends_with(":batchGenerateContent") {
        return batches::open_gemini(&server, &body);
    }
    server.answer(&headers, Wire::Gemini.read(Some(&target), &body)).await
}

async fn ollama(State(server): State<Arc<Server>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    server.answer(&headers, Wire::Ollama.read(None, &body)).await
}
