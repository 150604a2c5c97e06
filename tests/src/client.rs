//! A worker and a person that speak HTTP to a coordinator in this process, one call at a time.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hafs_coordinator::app::{App, Coordinator};
use hafs_coordinator::settings::Settings;
use hafs_proto::run::Policy;
use hafs_proto::task::{Completion, TaskOutput};
use hafs_proto::worker::{
    ClaimReply, ClaimRequest, ClaimedTask, CompleteReply, CompleteRequest, Pool, PoolVacancy, RegisterReply,
    RegisterRequest, WorkerFacts,
};
use hafs_proto::{
    BoundedText, CallRecord, Candidate, ContentHash, MicroUsd, Pin, Provenance, Route, Run, RunSpec, Score,
    SeedDraft, SeedKind, StopReason, Usage,
};
use hafs_runtime::clock::SystemClock;
use hafs_runtime::ids::IdGen;
use hafs_runtime::shutdown::Shutdown;
use reqwest::{Client, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::task::TaskTracker;

/// The teacher that runs of these tests use.
pub const TEACHER: &str = "scripted/scripted-1";

/// A coordinator in this process.
pub struct Office {
    /// Its base address.
    pub url: String,
    /// The key that it has, if it speaks TLS.
    pub pin: Option<Pin>,
    /// A token with every scope of people.
    pub token: String,
    /// What handlers share, to look behind the scenes.
    pub core: App,
    /// Ends it.
    pub shutdown: Shutdown,
    client: Client,
    tracker: TaskTracker,
}

/// A worker that has joined.
pub struct Hand {
    /// Its own credential.
    pub credential: String,
    /// What it was told.
    pub reply: RegisterReply,
}

impl Office {
    /// Starts a coordinator whose library lies in `folder`, with settings that `adjust` may change.
    ///
    /// # Panics
    /// When it cannot start.
    pub async fn open(folder: &Path, adjust: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::local(folder.to_owned());
        adjust(&mut settings);
        let shutdown = Shutdown::new();
        let coordinator = Coordinator::build(settings, shutdown.clone())
            .await
            .unwrap_or_else(|error| panic!("{}", hafs_coordinator::http::problem::chain(&error)));
        let (url, pin) = (coordinator.url(), coordinator.pin());
        let (token, core) = (coordinator.people_token().to_owned(), coordinator.core());
        let tracker = TaskTracker::new();
        tracker.spawn(coordinator.run());
        let client = pin.map_or_else(client, pinned);
        Self { url, pin, token, core, shutdown, client, tracker }
    }

    /// Drains and waits until everything has ended.
    pub async fn close(self) {
        self.shutdown.drain.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// One call; the raw answer.
    ///
    /// # Panics
    /// When no answer comes.
    pub async fn call(&self, token: &str, path: &str, body: &(impl Serialize + Sync)) -> Response {
        let request = self.client.post(format!("{}{path}", self.url)).bearer_auth(token).json(body);
        request.send().await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// One call that must succeed.
    ///
    /// # Panics
    /// When it does not.
    pub async fn post<T: DeserializeOwned>(
        &self,
        token: &str,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> T {
        read(path, self.call(token, path, body).await).await
    }

    /// One question that must be answered.
    ///
    /// # Panics
    /// When it is not.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> T {
        let request = self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token);
        read(path, request.send().await.unwrap_or_else(|error| panic!("{path}: {error}"))).await
    }

    /// A join token for one worker.
    pub async fn join_token(&self) -> String {
        let body = serde_json::json!({"name": "test", "scopes": ["join"], "ttl_s": 600, "uses": 1});
        let created: serde_json::Value = self.post(&self.token, "/v1/tokens", &body).await;
        created["token"].as_str().unwrap_or_default().to_owned()
    }

    /// A worker with one pool for the source `docs` and the teacher [`TEACHER`].
    pub async fn hire(&self) -> Hand {
        let token = self.join_token().await;
        let reply: RegisterReply = self.post(&token, "/v1/workers/register", &registration()).await;
        let credential = reply.credential.clone().map(String::from).unwrap_or_default();
        Hand { credential, reply }
    }

    /// Starts a run over the source `docs`.
    pub async fn start(&self, adjust: impl FnOnce(&mut RunSpec)) -> Run {
        let mut spec = spec();
        adjust(&mut spec);
        let body = serde_json::json!({"spec": spec, "config_fingerprint": ContentHash::of(b"test")});
        self.post(&self.token, "/v1/runs", &body).await
    }

    /// Claims at most `free` tasks, waiting up to `wait`.
    pub async fn claim(&self, hand: &Hand, free: u32, wait: Duration) -> ClaimReply {
        let request = ClaimRequest {
            claim: ids().mint(),
            vacancies: vec![PoolVacancy { pool: BoundedText::clipped("all"), free }],
            wait_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            holding: Vec::new(),
            residency: None,
        };
        self.post(&hand.credential, "/v1/workers/claim", &request).await
    }

    /// Claims exactly one task.
    ///
    /// # Panics
    /// When there is none within ten seconds.
    pub async fn claim_one(&self, hand: &Hand) -> ClaimedTask {
        let reply = self.claim(hand, 1, Duration::from_secs(10)).await;
        let reasons = reply.reasons;
        reply.tasks.into_iter().next().unwrap_or_else(|| panic!("no task: {reasons:?}"))
    }

    /// Hands results in.
    pub async fn complete(&self, hand: &Hand, results: Vec<Completion>) -> CompleteReply {
        self.post(&hand.credential, "/v1/workers/complete", &CompleteRequest { results, seen: Vec::new() })
            .await
    }
}

async fn read<T: DeserializeOwned>(path: &str, response: Response) -> T {
    let status = response.status();
    let text = response.text().await.unwrap_or_default();
    assert!(status.is_success(), "{path}: {status} {text}");
    let text = if text.is_empty() { "null".to_owned() } else { text };
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
}

/// A plain client.
///
/// # Panics
/// When it cannot be built.
#[must_use]
pub fn client() -> Client {
    let env = hafs_runtime::env::Environment::of_process();
    hafs_runtime::http::client(&hafs_runtime::http::ClientSettings::default(), &env)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// A client that accepts this key only.
///
/// # Panics
/// When it cannot be built.
#[must_use]
pub fn pinned(pin: Pin) -> Client {
    let env = hafs_runtime::env::Environment::of_process();
    hafs_runtime::http::pinned_client(&hafs_runtime::http::ClientSettings::default(), &env, pin)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Mints ids.
///
/// # Panics
/// Without random numbers.
#[must_use]
pub fn ids() -> IdGen {
    IdGen::new(Arc::new(SystemClock)).unwrap_or_else(|error| panic!("{error}"))
}

/// What the worker of these tests says of itself.
#[must_use]
pub fn registration() -> RegisterRequest {
    let routes =
        ["source/docs".to_owned(), format!("teacher/{TEACHER}"), "teacher/scripted/judge".to_owned()];
    RegisterRequest {
        name: BoundedText::clipped("hand"),
        protocol: vec![1],
        features: Vec::new(),
        instance: BoundedText::clipped("one"),
        pools: vec![Pool {
            name: BoundedText::clipped("all"),
            slots: 64,
            routes: routes.iter().filter_map(|route| route.parse::<Route>().ok()).collect(),
        }],
        facts: WorkerFacts {
            version: BoundedText::clipped("test"),
            os: BoundedText::clipped("test"),
            cores: 1,
            memory_bytes: 1,
            models: Vec::new(),
            teachers: Vec::new(),
            gpus: Vec::new(),
        },
    }
}

/// A run over the source `docs` without judges.
///
/// # Panics
/// Never: the names are names.
#[must_use]
pub fn spec() -> RunSpec {
    let score = |value| Score::new(value).unwrap_or(Score::ONE);
    RunSpec {
        name: BoundedText::clipped("test"),
        target: 100,
        sources: "docs".parse().into_iter().collect(),
        generators: "doc-qa".parse().into_iter().collect(),
        teachers: TEACHER.parse().into_iter().collect(),
        judges: Vec::new(),
        policy: Policy {
            agree: 0,
            of: 0,
            min_quality_score: score(0.7),
            diversity_threshold: score(0.95),
            self_judge: false,
            allow_unchecked: false,
            min_output_chars: 16,
            max_output_chars: 16_000,
            repairs: 0,
            feedback: false,
            active_learning: false,
            augmentation_ratio: Score::ZERO,
            validators: Vec::new(),
        },
        budget: None,
        batch: hafs_proto::run::Batching::Never,
        within_s: None,
        max_attempts: 3,
        max_tokens: 256,
        seed: 1,
        checkpoint_interval: 100,
    }
}

/// A seed that is like no other number's.
///
/// # Panics
/// Never: the names are names.
#[must_use]
pub fn seed(number: u64) -> SeedDraft {
    let text =
        format!("Section {number}. The plant {} stands at {}.", words(number), words(number + 1_000_000));
    SeedDraft {
        kind: SeedKind::DocSection,
        domain: "docs".parse().unwrap_or_else(|error| panic!("{error}")),
        title: BoundedText::clipped(&format!("Section {number}")),
        text: BoundedText::clipped(&text),
        context: std::collections::BTreeMap::new(),
        provenance: Provenance {
            source: "docs".parse().unwrap_or_else(|error| panic!("{error}")),
            locator: BoundedText::clipped(&format!("part-{number}.md:1-3")),
            group: BoundedText::clipped(&format!("docs/part-{number}.md")),
            revision: None,
            path: Some(BoundedText::clipped(&format!("part-{number}.md"))),
            lines: Some((1, 3)),
            license: None,
            redactions: 0,
        },
    }
}

/// Twelve words that follow from a number.
#[must_use]
pub fn words(number: u64) -> String {
    let hash = ContentHash::of(&number.to_le_bytes()).to_string();
    (0..10).filter_map(|at| hash.get(at * 6..at * 6 + 6)).collect::<Vec<_>>().join(" ")
}

/// The result of a harvest task.
#[must_use]
pub fn harvested(claimed: &ClaimedTask, seeds: std::ops::Range<u64>) -> Completion {
    let output = TaskOutput::Harvest {
        seeds: seeds.map(seed).collect(),
        next_cursor: None,
        skipped: std::collections::BTreeMap::new(),
    };
    completion(claimed, Vec::new(), output)
}

/// The result of a generate task with one good sample.
#[must_use]
pub fn generated(claimed: &ClaimedTask, number: u64) -> Completion {
    let candidate = Candidate {
        slot: 0,
        instruction: BoundedText::clipped(&format!(
            "Where does the plant {number} stand and what is it called?"
        )),
        input: BoundedText::clipped(""),
        output: BoundedText::clipped(&format!("It is called {} and stands by the river.", words(number))),
        call: 0,
    };
    let template = hafs_proto::sample::TemplateRef {
        name: "doc-qa".parse().unwrap_or_else(|error| panic!("{error}")),
        version: 1,
        hash: ContentHash::of(b"template"),
    };
    completion(claimed, vec![call()], TaskOutput::Generate { candidates: vec![candidate], template })
}

/// A result under a new key, whose calls were made to the task's teacher.
#[must_use]
pub fn completion(claimed: &ClaimedTask, mut calls: Vec<CallRecord>, output: TaskOutput) -> Completion {
    if let Some(teacher) = claimed.task.spec.teacher() {
        calls.iter_mut().for_each(|call| call.teacher = teacher.clone());
    }
    Completion { key: ids().mint(), task: claimed.task.id, token: claimed.token.clone(), calls, output }
}

/// A call that went well and cost a little.
#[must_use]
pub fn call() -> CallRecord {
    CallRecord {
        teacher: TEACHER.parse().unwrap_or_else(|error| panic!("{error}")),
        served_model: Some(BoundedText::clipped("scripted-1")),
        request_id: None,
        stop: StopReason::Complete,
        usage: Usage { input: 100, cached_input: 0, output: 50, reasoning: 0, reported: true },
        latency_ms: 10,
        cost: MicroUsd(7),
        prompt_hash: ContentHash::of(b"prompt"),
        reply_hash: Some(ContentHash::of(b"reply")),
        reply_excerpt: None,
        error: None,
    }
}
