//! What these tests share.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hafs_proto::task::{FailureClass, GenerateSpec, Priority, SampleTexts};
use hafs_proto::teacher::CallError;
use hafs_proto::{
    BoundedText, CallRecord, ContentHash, MicroUsd, Provenance, Reason, RunId, SampleId, Seed, SeedDraft,
    SeedId, SeedKind, StopReason, Task, TaskId, TaskSpec, TeacherName, Timestamp, Usage,
};
use hafs_runtime::clock::ManualClock;
use hafs_teachers::{CallFailure, ChatRequest, Reply, Teacher};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::agent::Work;
use crate::executors::{Equipment, EquippedTeacher, Executors};
use crate::generators::{MarkKey, Prompts};
use crate::spool::Spool;

/// What a scripted teacher says next.
pub(super) enum Line {
    Says(&'static str),
    Fails(CallFailure),
    Panics,
    /// Nothing, until it is called off.
    Waits,
}

/// A teacher that says what it was told to and remembers what it was asked.
pub(super) struct Script {
    name: TeacherName,
    lines: Mutex<VecDeque<Line>>,
    pub(super) asked: Mutex<Vec<ChatRequest>>,
}

pub(super) fn teacher_name() -> TeacherName {
    "script/one".parse().expect("a teacher")
}

impl Script {
    pub(super) fn new(lines: Vec<Line>) -> Arc<Self> {
        Arc::new(Self { name: teacher_name(), lines: Mutex::new(lines.into()), asked: Mutex::default() })
    }

    fn record(&self, request: &ChatRequest, error: Option<CallError>) -> CallRecord {
        CallRecord {
            teacher: self.name.clone(),
            served_model: None,
            request_id: None,
            stop: if error.is_some() { StopReason::Error } else { StopReason::Complete },
            usage: Usage { input: 10, output: 5, reported: true, ..Usage::default() },
            latency_ms: 1,
            cost: MicroUsd(7),
            prompt_hash: request.prompt_hash(&self.name),
            reply_hash: None,
            reply_excerpt: None,
            error,
        }
    }
}

#[async_trait]
impl Teacher for Script {
    fn name(&self) -> &TeacherName {
        &self.name
    }

    async fn chat(&self, request: &ChatRequest, cancel: &CancellationToken) -> Reply {
        self.asked.lock().expect("no panic").push(request.clone());
        let line = self.lines.lock().expect("no panic").pop_front().expect("the script has another line");
        let outcome = match line {
            Line::Says(text) => Ok(text.to_owned()),
            Line::Fails(failure) => Err(failure),
            Line::Panics => panic!("a defect"),
            Line::Waits => {
                cancel.cancelled().await;
                Err(CallFailure::new(Reason::Timeout, FailureClass::Transient, "cancelled"))
            }
        };
        let error = outcome.as_ref().err().map(CallFailure::to_call_error);
        Reply { record: self.record(request, error), outcome }
    }
}

/// Executors whose journal lies in a folder that is gone: no reply can be kept, and work goes on all the same.
pub(super) fn executors(equipment: Equipment) -> Executors {
    let dir = tempfile::tempdir().expect("a folder");
    executors_in(dir.path(), equipment)
}

/// Executors of a worker whose spool is `folder`.
pub(super) fn executors_in(folder: &Path, equipment: Equipment) -> Executors {
    let (spool, _) = Spool::open(folder, Arc::new(ManualClock::default())).expect("opens");
    let prompts = Prompts::load(None).expect("built in");
    Executors::new(equipment, prompts, MarkKey::of("a secret"), spool.journal())
}

pub(super) fn equipped(script: &Arc<Script>) -> Equipment {
    let equipped = EquippedTeacher { prompt_tokens: 1_000, ..EquippedTeacher::new(script.clone()) };
    Equipment { teachers: BTreeMap::from([(teacher_name(), equipped)]), ..Equipment::default() }
}

pub(super) fn with_teacher(script: &Arc<Script>) -> Executors {
    executors(equipped(script))
}

pub(super) fn seed(kind: SeedKind, text: &str, context: &[(&str, &str)]) -> Seed {
    let draft = SeedDraft {
        kind,
        domain: "rust".parse().expect("a domain"),
        title: BoundedText::clipped("Title"),
        text: BoundedText::new(text).expect("fits"),
        context: context
            .iter()
            .map(|(key, value)| ((*key).to_owned(), BoundedText::clipped(value)))
            .collect(),
        provenance: Provenance {
            source: "repo".parse().expect("a source"),
            locator: BoundedText::clipped("x.rs:1"),
            group: BoundedText::clipped("repo/x.rs"),
            revision: None,
            path: Some(BoundedText::clipped("x.rs")),
            lines: None,
            license: None,
            redactions: 0,
        },
    };
    let id = SeedId::from_uuid(Uuid::from_u128(1));
    Seed { id, content_hash: draft.content_hash(), created_at: Timestamp::EPOCH, draft }
}

pub(super) fn task(spec: TaskSpec) -> Task {
    Task {
        id: TaskId::from_uuid(Uuid::from_u128(1)),
        run: RunId::from_uuid(Uuid::from_u128(1)),
        spec,
        priority: Priority::Normal,
        key: ContentHash::of(b"key"),
        max_attempts: 3,
        created_at: Timestamp::EPOCH,
    }
}

pub(super) fn generate(generator: &str, seed: Seed) -> Task {
    task(TaskSpec::Generate(Box::new(GenerateSpec {
        seed,
        generator: generator.parse().expect("a name"),
        teacher: teacher_name(),
        round: 0,
        hints: Vec::new(),
        max_tokens: 256,
        sampling_seed: 42,
        lane: hafs_proto::task::Lane::Now,
    })))
}

pub(super) fn sample(input: &str) -> SampleTexts {
    SampleTexts {
        id: SampleId::from_uuid(Uuid::from_u128(1)),
        domain: "rust".parse().expect("a domain"),
        instruction: BoundedText::clipped("Explain what this code does."),
        input: BoundedText::clipped(input),
        output: BoundedText::clipped("It adds two numbers."),
    }
}

pub(super) async fn run(executors: &Executors, task: &Task) -> Work {
    executors.run(task, &CancellationToken::new()).await
}
