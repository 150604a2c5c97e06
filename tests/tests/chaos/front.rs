//! What stands between the workers and the coordinators: a balancer without memory, which loses requests and replies,
//! sends requests twice, and writes down what was acknowledged.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hafs_proto::worker::{Answer, CompleteReply};
use hafs_proto::{CompletionId, limits};
use hafs_tests::dice;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

/// Longer than a claim waits; a coordinator that stands still is given up after it.
const PATIENCE: Duration = Duration::from_secs(5);

/// What happens to requests, each in thousandths of them.
#[derive(Debug, Default)]
pub struct Weather {
    /// Requests that never arrive.
    pub lost_requests: AtomicU32,
    /// Replies that never arrive, although the request was served.
    pub lost_replies: AtomicU32,
    /// Requests that are sent twice, to whichever coordinator is next.
    pub doubled: AtomicU32,
}

impl Weather {
    pub fn clear_up(&self) {
        for rate in [&self.lost_requests, &self.lost_replies, &self.doubled] {
            rate.store(0, Ordering::Relaxed);
        }
    }
}

/// What workers were told.
#[derive(Debug, Default)]
pub struct History {
    /// Results that were acknowledged as stored, with the first time.
    pub accepted: BTreeMap<CompletionId, Instant>,
    /// Results that got two different answers.
    pub contradictions: Vec<CompletionId>,
    answers: BTreeMap<CompletionId, Answer>,
}

pub struct Front {
    pub address: SocketAddr,
    pub weather: Weather,
    history: Mutex<History>,
    backends: Vec<SocketAddr>,
    client: reqwest::Client,
    seed: u64,
    requests: AtomicU64,
}

impl Front {
    pub async fn start(backends: Vec<SocketAddr>, seed: u64) -> Arc<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let settings = hafs_runtime::http::ClientSettings {
            connect_timeout: Duration::from_secs(1),
            timeout: Some(PATIENCE),
            ..Default::default()
        };
        let env = hafs_runtime::env::Environment::of_process();
        let front = Arc::new(Self {
            address: listener.local_addr().expect("it is bound"),
            weather: Weather::default(),
            history: Mutex::default(),
            backends,
            client: hafs_runtime::http::client(&settings, &env).expect("a client"),
            seed,
            requests: AtomicU64::new(0),
        });
        let router = Router::new().fallback(pass).with_state(Arc::clone(&front));
        TaskTracker::new().spawn(async move { axum::serve(listener, router).await });
        front
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn history<T>(&self, look: impl FnOnce(&History) -> T) -> T {
        look(&self.history.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the `nth` request meets its fate, which happens to `rate` of a thousand.
    fn meets(&self, nth: u64, fate: &str, rate: &AtomicU32) -> bool {
        dice::drawn(self.seed, fate, nth, 1_000) < u64::from(rate.load(Ordering::Relaxed))
    }

    fn note(&self, reply: &CompleteReply) {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        for answer in &reply.answers {
            let before = history.answers.insert(answer.key, answer.answer);
            if before.is_some_and(|before| before != answer.answer) {
                history.contradictions.push(answer.key);
            }
            if answer.answer == Answer::Accepted {
                history.accepted.entry(answer.key).or_insert_with(Instant::now);
            }
        }
    }
}

/// A request as it is passed on.
#[derive(Clone)]
struct Letter {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

async fn pass(State(front): State<Arc<Front>>, request: Request) -> Response {
    let nth = front.requests.fetch_add(1, Ordering::Relaxed);
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 2 * limits::BATCH_BYTES).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let letter = Letter { method: head.method, path, headers: head.headers, body };
    if front.meets(nth, "lost request", &front.weather.lost_requests) {
        return broken();
    }
    if front.meets(nth, "doubled", &front.weather.doubled) {
        // The first copy's answer goes nowhere; what it has acknowledged holds all the same.
        let _ = deliver(&front, nth + 1, &letter).await;
    }
    let answer = deliver(&front, nth, &letter).await;
    if front.meets(nth, "lost reply", &front.weather.lost_replies) {
        return broken();
    }
    answer
}

/// To the next coordinator that takes a connection.
async fn deliver(front: &Front, nth: u64, letter: &Letter) -> Response {
    let count = front.backends.len();
    for offset in 0..count {
        let at = (usize::try_from(nth).unwrap_or(0) + offset) % count;
        let url = format!("http://{}{}", front.backends[at], letter.path);
        let mut call = front.client.request(letter.method.clone(), url).body(letter.body.clone());
        for (name, value) in &letter.headers {
            if name != header::HOST && name != header::CONTENT_LENGTH {
                call = call.header(name, value);
            }
        }
        match call.send().await {
            Ok(reply) => return answered(front, letter, reply).await,
            // Nobody has heard it: safe to send elsewhere.
            Err(error) if error.is_connect() => {}
            Err(error) if error.is_timeout() => return StatusCode::GATEWAY_TIMEOUT.into_response(),
            Err(_) => return StatusCode::BAD_GATEWAY.into_response(),
        }
    }
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

async fn answered(front: &Front, letter: &Letter, reply: reqwest::Response) -> Response {
    let (status, kind) = (reply.status(), reply.headers().get(header::CONTENT_TYPE).cloned());
    let retry = reply.headers().get(header::RETRY_AFTER).cloned();
    let Ok(body) = reply.bytes().await else { return StatusCode::BAD_GATEWAY.into_response() };
    if letter.path == "/v1/workers/complete"
        && status.is_success()
        && let Ok(reply) = serde_json::from_slice::<CompleteReply>(&body)
    {
        front.note(&reply);
    }
    let mut response = (status, body).into_response();
    let headers = [(header::CONTENT_TYPE, kind), (header::RETRY_AFTER, retry)];
    for (name, value) in headers {
        if let Some(value) = value {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// A connection that breaks in the middle of a reply.
fn broken() -> Response {
    let pieces = futures_util::stream::iter([
        Ok(Bytes::from_static(b"{")),
        Err(std::io::Error::other("the connection broke")),
    ]);
    (StatusCode::OK, Body::from_stream(pieces)).into_response()
}
