//! Things to store, made from small numbers.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use hafs_library::tables::attempts::NewAttempt;
use hafs_library::tables::receipts::Receipt;
use hafs_library::tables::tasks::StoredTask;
use hafs_library::{Address, Birth, Library, OpenSettings};
use hafs_proto::people::{AttemptView, Scope, TokenView};
use hafs_proto::run::Policy;
use hafs_proto::sample::{Lineage, TemplateRef, content_hash};
use hafs_proto::task::{GenerateSpec, JudgeSpec, Priority, SampleTexts};
use hafs_proto::verdict::{Criterion, CriterionVerdict, Decision, Opinion, RubricRef};
use hafs_proto::worker::{Answer, DeliveryAnswer, Pool, WorkerFacts};
use hafs_proto::*;
use uuid::Uuid;

/// A time, in seconds after a fixed one.
pub fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_795_000_000_000).expect("in range").plus(Duration::from_secs(seconds))
}

/// An id from a number.
pub fn id<T: From<Uuid>>(n: u128) -> T {
    T::from(Uuid::from_u128(n))
}

/// A short text in its type.
pub fn text<const MAX: usize>(text: &str) -> BoundedText<MAX> {
    BoundedText::new(text).expect("short")
}

/// A name in its type.
pub fn name<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a name")
}

pub fn settings(address: impl Into<Address>) -> OpenSettings {
    let birth = Birth { incarnation: [1; 16], lease_key: [2; 32] };
    OpenSettings { address: address.into(), readers: NonZeroUsize::MIN, birth, now: at(0) }
}

pub fn open(folder: &Path) -> Library {
    Library::open(&settings(folder.join("library.db"))).expect("opens")
}

/// A library in a folder that lives as long as the guard.
pub fn library() -> (tempfile::TempDir, Library) {
    let folder = tempfile::tempdir().expect("a folder");
    let library = open(folder.path());
    (folder, library)
}

pub fn run(n: u128, budget: Option<u64>) -> Run {
    let half = Score::new(0.5).expect("a score");
    let policy = Policy {
        agree: 1,
        of: 2,
        min_quality_score: half,
        diversity_threshold: half,
        self_judge: false,
        allow_unchecked: false,
        min_output_chars: 1,
        max_output_chars: 1_000,
        repairs: 2,
        feedback: true,
        active_learning: true,
        augmentation_ratio: half,
        validators: Vec::new(),
    };
    let spec = RunSpec {
        name: text("test"),
        target: 10,
        sources: vec![name("repo"), name("repo")],
        generators: vec![name("explain")],
        teachers: vec![name("mock/model")],
        judges: vec![name("mock/judge")],
        policy,
        budget: budget.map(MicroUsd),
        batch: hafs_proto::run::Batching::Never,
        within_s: None,
        max_attempts: 3,
        max_tokens: 100,
        seed: u64::MAX,
        checkpoint_interval: 100,
    };
    Run {
        id: id(n),
        spec,
        config_fingerprint: ContentHash::of(b"config"),
        state: RunState::Running,
        created_at: at(0),
        ended_at: None,
        ended_because: None,
    }
}

pub fn draft(n: u128) -> SeedDraft {
    SeedDraft {
        kind: SeedKind::CodeUnit,
        domain: name("rust"),
        title: text("a function"),
        text: text(&format!("fn f{n}() {{}}")),
        context: [("language".to_owned(), text("rust"))].into(),
        provenance: Provenance {
            source: name("repo"),
            locator: text("src/lib.rs:1-2"),
            group: text(&format!("repo:src/file{}.rs", n % 3)),
            revision: Some(text("abc")),
            path: Some(text("src/lib.rs")),
            lines: Some((1, 2)),
            license: Some(text("MIT")),
            redactions: 0,
        },
    }
}

pub fn seed(n: u128) -> Seed {
    let draft = draft(n);
    Seed { id: id(n), content_hash: draft.content_hash(), created_at: at(1), draft }
}

fn task(n: u128, run: RunId, spec: TaskSpec) -> Task {
    let key = ContentHash::of(format!("task {n}").as_bytes());
    Task { id: id(n), run, spec, priority: Priority::Normal, key, max_attempts: 3, created_at: at(2) }
}

pub fn generate(n: u128, run: RunId, seed: Seed, round: u32) -> Task {
    let spec = GenerateSpec {
        seed,
        generator: name("explain"),
        teacher: name("mock/model"),
        round,
        hints: vec![text("be brief")],
        max_tokens: 100,
        sampling_seed: u64::MAX,
        lane: hafs_proto::task::Lane::Now,
    };
    task(n, run, TaskSpec::Generate(Box::new(spec)))
}

pub fn judge(n: u128, sample: &Sample) -> Task {
    let texts = SampleTexts {
        id: sample.id,
        domain: sample.domain.clone(),
        instruction: sample.instruction.clone(),
        input: sample.input.clone(),
        output: sample.output.clone(),
    };
    let spec = JudgeSpec {
        sample: texts,
        source_text: text("fn f() {}"),
        rubric: name("quality"),
        judge: name("mock/judge"),
        max_tokens: 100,
        sampling_seed: 1,
        lane: hafs_proto::task::Lane::Now,
    };
    task(n, sample.lineage.run, TaskSpec::Judge(spec))
}

pub fn call(cost: u64) -> CallRecord {
    CallRecord {
        teacher: name("mock/model"),
        served_model: Some(text("model-1")),
        request_id: None,
        stop: StopReason::Complete,
        usage: Usage { input: 10, cached_input: 1, output: 20, reasoning: 2, reported: true },
        latency_ms: 30,
        cost: MicroUsd(cost),
        prompt_hash: ContentHash::of(b"prompt"),
        reply_hash: Some(ContentHash::of(b"reply")),
        reply_excerpt: Some(text("{")),
        error: None,
    }
}

/// An attempt with one call that cost 5 micro-dollars.
pub fn attempt(n: u128, task: &StoredTask, outcome: &str) -> NewAttempt {
    let view = AttemptView {
        id: id(n),
        task: task.task.id,
        worker: id(WORKER),
        outcome: text(outcome),
        failure: None,
        detail: None,
        calls: vec![call(5)],
        at: at(3),
    };
    NewAttempt { view, run: task.task.run, generation: Generation(1), number: Attempt(1), reason: None }
}

/// The one worker.
pub const WORKER: u128 = 7;
/// Its credential.
pub const CREDENTIAL: u128 = 8;

pub fn registration() -> hafs_library::tables::workers::Registration {
    let pool = Pool { name: text("gpu"), slots: 2, routes: vec![name("teacher/mock/model")] };
    let facts = WorkerFacts {
        version: text("1"),
        os: text("linux"),
        cores: 2,
        memory_bytes: 1 << 30,
        models: vec![],
        teachers: Vec::new(),
        gpus: vec![],
    };
    hafs_library::tables::workers::Registration {
        id: id(WORKER),
        name: text("desk"),
        instance: text("life-1"),
        pools: vec![pool],
        facts,
        features: vec![text("rotate")],
    }
}

pub fn credential(
    n: u128,
    scopes: Vec<Scope>,
    uses: Option<u32>,
) -> hafs_library::tables::credentials::StoredCredential {
    let view = TokenView {
        id: id(n),
        name: text("token"),
        scopes,
        created_at: at(0),
        expires_at: Some(at(1_000)),
        revoked_at: None,
        uses_left: uses,
        network: None,
    };
    let secret_hash = ContentHash::of(b"the other half");
    hafs_library::tables::credentials::StoredCredential::fresh(view, secret_hash, None)
}

/// A candidate from an attempt at a generate task.
pub fn sample(n: u128, task: &Task, attempt: &NewAttempt, slot: u16) -> Sample {
    let TaskSpec::Generate(spec) = &task.spec else { panic!("a generate task") };
    let (instruction, output) = (format!("Explain f{n}."), format!("It is function {n}."));
    let lineage = Lineage {
        run: task.run,
        task: task.id,
        slot,
        attempt: attempt.view.id,
        worker: attempt.view.worker,
        seed: spec.seed.id,
        parent: None,
        generator: spec.generator.clone(),
        template: TemplateRef { name: name("explain"), version: 1, hash: ContentHash::of(b"template") },
        teacher: spec.teacher.clone(),
        served_model: Some(text("model-1")),
        prompt_hash: ContentHash::of(b"prompt"),
        group: spec.seed.draft.provenance.group.clone(),
    };
    Sample {
        id: id(n),
        domain: name("rust"),
        content_hash: content_hash(&instruction, "", &output),
        canon_hash: canon(&instruction, "", &output),
        instruction: text(&instruction),
        input: text(""),
        output: text(&output),
        lineage,
        created_at: at(4),
        state: SampleState::Candidate,
    }
}

/// A stand-in for the canonical form.
pub fn canon(instruction: &str, input: &str, output: &str) -> ContentHash {
    let lower = [instruction, input, output].map(str::to_lowercase);
    ContentHash::of_parts(lower.iter().map(String::as_str))
}

pub fn verdict(n: u128, task: &Task, attempt: &NewAttempt) -> Verdict {
    let TaskSpec::Judge(spec) = &task.spec else { panic!("a judge task") };
    let criterion = Criterion { id: text("grounded"), verdict: CriterionVerdict::Pass, why: text("it is") };
    Verdict {
        id: id(n),
        sample: spec.sample.id,
        task: task.id,
        attempt: attempt.view.id,
        worker: attempt.view.worker,
        judge: spec.judge.clone(),
        opinion: Opinion {
            rubric: RubricRef { name: name("quality"), version: 1 },
            score: Score::new(0.7).expect("a score"),
            criteria: vec![criterion],
        },
        created_at: at(5),
    }
}

pub fn decision(sample: SampleId, reasons: Vec<Reason>) -> Decision {
    Decision {
        sample,
        rule: 1,
        accepted: reasons.is_empty(),
        agree: 1,
        of: 1,
        reasons,
        at: at(6),
        review: None,
    }
}

pub fn receipt(key: u128, attempt: &NewAttempt, answer: Answer) -> Receipt {
    let answer =
        DeliveryAnswer { key: id(key), task: attempt.view.task, answer, detail: None, replayed: false };
    Receipt {
        credential: id(CREDENTIAL),
        body_hash: ContentHash::of(&key.to_le_bytes()),
        answer,
        attempt: Some(attempt.view.id),
        at: at(5),
    }
}

/// Collects what a function hands out one by one.
pub fn into<T>(items: &mut Vec<T>) -> impl FnMut(T) -> Result<(), hafs_library::StoreError> {
    |item| {
        items.push(item);
        Ok(())
    }
}
