//! A coordinator that does as the test says and remembers every call.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hafs_proto::lease::{Attempt, Generation, LeaseKey, LeaseToken};
use hafs_proto::task::{Completion, Failure};
use hafs_proto::worker::*;
use hafs_proto::{BoundedText, CompletionId, Problem, ProblemType, Task, TaskId, WorkerId};
use serde::Serialize;
use tokio::sync::{Notify, watch};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// How a call is answered, in place of the right way.
#[derive(Debug, Clone)]
pub enum Instead {
    /// It is done, but the answer is lost.
    Lost,
    /// A problem document.
    Problem(ProblemType),
    /// Every result is answered `invalid`.
    Invalid,
}

/// What the coordinator knows.
#[derive(Default)]
pub struct Book {
    /// Open tasks.
    pub ready: Vec<Task>,
    /// Leased tasks.
    pub leased: BTreeMap<TaskId, LeaseToken>,
    /// Answers of earlier claims.
    pub receipts: BTreeMap<CompletionId, Vec<ClaimedTask>>,
    /// Results by key.
    pub results: BTreeMap<CompletionId, Completion>,
    /// Failures by key.
    pub failures: BTreeMap<CompletionId, Failure>,
    /// Tasks handed back.
    pub released: Vec<TaskId>,
    /// Every call, in order: its name.
    pub calls: Vec<String>,
    /// Every claim.
    pub claims: Vec<ClaimRequest>,
    /// Every renewal.
    pub renewals: Vec<RenewRequest>,
    /// Bearer tokens seen at registrations.
    pub bearers: Vec<String>,
    /// Nothing answers but something in between.
    pub away: bool,
    /// How the next calls of a name are answered.
    pub instead: BTreeMap<String, Vec<Instead>>,
    /// Rises with each restart.
    pub generation: u64,
    /// What the next renewal says.
    pub lose: Vec<TaskId>,
}

/// The coordinator.
#[derive(Clone)]
pub struct Coordinator {
    book: Arc<Mutex<Book>>,
    changed: watch::Sender<u64>,
    work: Arc<Notify>,
    pub address: String,
}

pub fn worker_id() -> WorkerId {
    WorkerId::from_uuid(Uuid::from_u128(77))
}

impl Coordinator {
    /// Listens on a free port.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let server = TaskTracker::new();
        let coordinator =
            Self { book: Arc::default(), changed: watch::channel(0).0, work: Arc::default(), address };
        let calls = ["register", "claim", "renew", "complete", "fail", "release", "drain"];
        let router = calls.into_iter().fold(Router::new(), |router, call| {
            let handler = move |State(this): State<Self>, headers: HeaderMap, body: Bytes| async move {
                this.answer(call, &headers, &body).await
            };
            router.route(&format!("/v1/workers/{call}"), post(handler))
        });
        let router = router.with_state(coordinator.clone());
        server.spawn(async move { axum::serve(listener, router).await });
        coordinator
    }

    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("no panic")
    }

    /// Adds tasks.
    pub fn plan(&self, tasks: impl IntoIterator<Item = Task>) {
        self.book().ready.extend(tasks);
        self.work.notify_waiters();
    }

    /// The next call of that name is answered so.
    pub fn instead(&self, call: &str, instead: Instead) {
        self.book().instead.entry(call.to_owned()).or_default().push(instead);
    }

    /// Waits until the book is as wanted, and fails loudly when that takes too long.
    pub async fn until(&self, what: &str, is_so: impl Fn(&Book) -> bool + Send + Sync) {
        let mut changes = self.changed.subscribe();
        let wait = async {
            while !is_so(&self.book()) {
                changes.changed().await.expect("the sender lives");
            }
        };
        if tokio::time::timeout(Duration::from_secs(30), wait).await.is_err() {
            panic!("not in time: {what}; calls: {:?}", self.book().calls);
        }
    }

    /// Waits until the worker itself says that it holds a lease: before that a drain hands the task back unbegun.
    pub async fn until_working(&self) {
        let holds = |book: &Book| book.renewals.last().is_some_and(|renewal| !renewal.leases.is_empty());
        self.until("a renewed lease", holds).await;
    }

    async fn answer(&self, call: &'static str, headers: &HeaderMap, body: &[u8]) -> Response {
        let instead = {
            let mut book = self.book();
            book.calls.push(call.to_owned());
            if book.away {
                drop(book);
                self.changed.send_modify(|count| *count += 1);
                return (StatusCode::BAD_GATEWAY, "<html>no upstream</html>").into_response();
            }
            book.instead.get_mut(call).filter(|queue| !queue.is_empty()).map(|queue| queue.remove(0))
        };
        let response = match instead {
            Some(Instead::Problem(kind)) => problem(kind),
            Some(Instead::Invalid) => called_wrong(body),
            Some(Instead::Lost) => {
                self.handle(call, headers, body).await;
                (StatusCode::BAD_GATEWAY, "").into_response()
            }
            None => self.handle(call, headers, body).await,
        };
        self.changed.send_modify(|count| *count += 1);
        response
    }

    async fn handle(&self, call: &str, headers: &HeaderMap, body: &[u8]) -> Response {
        match call {
            "register" => self.register(headers),
            "claim" => self.claim(body).await,
            "renew" => self.renew(body),
            "complete" => self.complete(body),
            "fail" => self.fail(body),
            "release" => self.release(body),
            _ => StatusCode::NO_CONTENT.into_response(),
        }
    }

    fn register(&self, headers: &HeaderMap) -> Response {
        let bearer = headers["authorization"].to_str().expect("text").to_owned();
        let joins = bearer.contains("join");
        self.book().bearers.push(bearer);
        json(&RegisterReply {
            worker: worker_id(),
            credential: joins.then(|| BoundedText::clipped("own-token")),
            protocol: PROTOCOL,
            server_version: BoundedText::clipped("test"),
            intervals: Intervals { heartbeat_ms: 200, lease_ms: 2_000, claim_wait_ms: 10_000 },
            features: Vec::new(),
        })
    }

    async fn claim(&self, body: &[u8]) -> Response {
        let request: ClaimRequest = read(body);
        self.book().claims.push(request.clone());
        let deadline = tokio::time::Instant::now() + Duration::from_millis(request.wait_ms);
        loop {
            let work = self.work.notified();
            let tasks = self.book().hand_out(&request);
            let waits = !request.vacancies.is_empty() && tasks.is_empty();
            if !waits || tokio::time::timeout_at(deadline, work).await.is_err() {
                return json(&ClaimReply {
                    tasks,
                    reasons: Vec::new(),
                    retry_after_ms: 100,
                    backlog: Vec::new(),
                });
            }
        }
    }

    fn renew(&self, body: &[u8]) -> Response {
        let request: RenewRequest = read(body);
        let mut book = self.book();
        let lost = std::mem::take(&mut book.lose);
        let renewed = request
            .leases
            .iter()
            .filter(|lease| !lost.contains(&lease.task))
            .map(|lease| RenewedLease {
                task: lease.task,
                token: token(lease.task, book.generation),
                lease_ms: 2_000,
            })
            .collect();
        book.renewals.push(request);
        json(&RenewReply {
            renewed,
            lost,
            cancelled: Vec::new(),
            paused: false,
            drain: false,
            rotate: false,
            superseded: false,
        })
    }

    fn complete(&self, body: &[u8]) -> Response {
        let request: CompleteRequest = read(body);
        let mut book = self.book();
        let answers = request
            .results
            .into_iter()
            .map(|completion| {
                let before = book.results.insert(completion.key, completion.clone());
                assert!(
                    before.as_ref().is_none_or(|before| *before == completion),
                    "the same key, the same body"
                );
                book.leased.remove(&completion.task);
                answer(completion.key, completion.task, before.is_some())
            })
            .collect();
        json(&CompleteReply { answers })
    }

    fn fail(&self, body: &[u8]) -> Response {
        let request: FailRequest = read(body);
        let mut book = self.book();
        let answers = request
            .failures
            .into_iter()
            .map(|failure| {
                let (key, task) = (failure.key, failure.task);
                answer(key, task, book.failures.insert(key, failure).is_some())
            })
            .collect();
        json(&FailReply { answers })
    }

    fn release(&self, body: &[u8]) -> Response {
        let request: ReleaseRequest = read(body);
        let released: Vec<TaskId> = request.leases.iter().map(|lease| lease.task).collect();
        self.book().released.extend(&released);
        json(&ReleaseReply { released, stale: Vec::new() })
    }
}

impl Book {
    fn hand_out(&mut self, request: &ClaimRequest) -> Vec<ClaimedTask> {
        if let Some(receipt) = self.receipts.get(&request.claim) {
            return receipt.clone();
        }
        let free: u32 = request.vacancies.iter().map(|vacancy| vacancy.free).sum();
        let count = self.ready.len().min(usize::try_from(free).expect("small"));
        let given: Vec<ClaimedTask> = self
            .ready
            .drain(..count)
            .map(|task| ClaimedTask {
                pool: request.vacancies[0].pool.clone(),
                token: token(task.id, self.generation),
                attempt: Attempt(1),
                lease_ms: 2_000,
                task,
            })
            .collect();
        for claimed in &given {
            assert!(!request.holding.contains(&claimed.task.id));
            self.leased.insert(claimed.task.id, claimed.token.clone());
        }
        if !given.is_empty() {
            self.receipts.insert(request.claim, given.clone());
        }
        given
    }

    /// How often a call was made.
    pub fn count(&self, call: &str) -> usize {
        self.calls.iter().filter(|made| *made == call).count()
    }
}

pub fn token(task: TaskId, generation: u64) -> LeaseToken {
    LeaseKey::new([9; 32]).sign(task, worker_id(), Generation(generation), Attempt(1))
}

fn answer(key: CompletionId, task: TaskId, replayed: bool) -> DeliveryAnswer {
    DeliveryAnswer { key, task, answer: Answer::Accepted, detail: None, replayed }
}

fn called_wrong(body: &[u8]) -> Response {
    let request: CompleteRequest = read(body);
    let detail = BoundedText::clipped("the test says so");
    let wrong = |completion: &Completion| DeliveryAnswer {
        answer: Answer::Invalid,
        detail: Some(detail.clone()),
        ..answer(completion.key, completion.task, false)
    };
    json(&CompleteReply { answers: request.results.iter().map(wrong).collect() })
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> T {
    serde_json::from_slice(body).expect("a request of the protocol")
}

fn json(value: &impl Serialize) -> Response {
    ([("content-type", "application/json")], serde_json::to_vec(value).expect("JSON")).into_response()
}

fn problem(kind: ProblemType) -> Response {
    let body = serde_json::to_vec(&Problem::new(kind, "the test says so")).expect("JSON");
    let status = StatusCode::from_u16(kind.status()).expect("a status");
    (status, [("content-type", "application/problem+json")], body).into_response()
}
