//! A worker on its state folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hafs_proto::task::{GenerateSpec, Priority};
use hafs_proto::worker::Pool;
use hafs_proto::{
    BoundedText, ContentHash, Provenance, Route, RunId, Seed, SeedDraft, SeedId, SeedKind, Task, TaskId,
    TaskSpec, Timestamp,
};
use hafs_runtime::clock::SystemClock;
use hafs_runtime::ids::IdGen;
use hafs_runtime::secret::Secret;
use hafs_runtime::shutdown::Shutdown;
use hafs_worker::{Deps, Equipment, EquippedTeacher, Measured, RunError, Summary, WorkerSettings, build};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::coordinator::Coordinator;
use crate::teacher::{Gated, name};

/// A worker that runs.
pub struct Running {
    pub shutdown: Shutdown,
    pub handle: JoinHandle<Result<Summary, RunError>>,
}

impl Running {
    /// Waits for its end.
    pub async fn end(self) -> Result<Summary, RunError> {
        tokio::time::timeout(Duration::from_secs(30), self.handle).await.expect("it ends").expect("no panic")
    }

    /// Ends it as kill -9 does: nothing of it runs any more, its files stay as they are.
    pub async fn kill(self) {
        self.handle.abort();
        let _ = self.handle.await;
    }
}

/// Starts a worker with so many slots.
pub fn start(coordinator: &Coordinator, state: &Path, slots: u32, teacher: &Arc<Gated>) -> Running {
    let equipment = Equipment {
        teachers: BTreeMap::from([(name(), EquippedTeacher::new(teacher.clone()))]),
        ..Equipment::default()
    };
    let pool = Pool { name: BoundedText::clipped("script"), slots, routes: vec![Route::Teacher(name())] };
    let measured = Measured { equipment, pools: vec![pool], ..Measured::default() };
    let mut settings = WorkerSettings::new("test", &coordinator.address, state.to_owned());
    settings.join = Some(Secret::new(["join", "-", "token"].concat()));
    settings.drain_timeout = Duration::from_secs(5);
    settings.release_grace = Duration::from_secs(2);
    let http = hafs_runtime::http::client(&Default::default(), &Default::default()).expect("a client");
    let ids = Arc::new(IdGen::new(SystemClock).expect("randomness"));
    let worker =
        build(settings, measured, Deps { http, env: Default::default(), clock: Arc::new(SystemClock), ids })
            .expect("a worker");
    let shutdown = Shutdown::new();
    let signals = shutdown.clone();
    let handle = TaskTracker::new().spawn(async move { worker.run(&signals).await });
    Running { shutdown, handle }
}

pub fn task_id(number: u128) -> TaskId {
    TaskId::from_uuid(Uuid::from_u128(number))
}

/// A task to explain a piece of code.
pub fn task(number: u128) -> Task {
    let draft = SeedDraft {
        kind: SeedKind::CodeUnit,
        domain: "rust".parse().expect("a domain"),
        title: BoundedText::clipped("f"),
        text: BoundedText::clipped("fn f() {\n    loop {}\n}\n"),
        context: BTreeMap::new(),
        provenance: Provenance {
            source: "repo".parse().expect("a source"),
            locator: BoundedText::clipped("x.rs:1"),
            group: BoundedText::clipped("repo/x.rs"),
            revision: None,
            path: None,
            lines: None,
            license: None,
            redactions: 0,
        },
    };
    let seed = Seed {
        id: SeedId::from_uuid(Uuid::from_u128(1)),
        content_hash: draft.content_hash(),
        created_at: Timestamp::EPOCH,
        draft,
    };
    Task {
        id: task_id(number),
        run: RunId::from_uuid(Uuid::from_u128(1)),
        spec: TaskSpec::Generate(Box::new(GenerateSpec {
            seed,
            generator: "explain-code".parse().expect("a generator"),
            teacher: name(),
            round: 0,
            hints: Vec::new(),
            max_tokens: 100,
            sampling_seed: 1,
            lane: hafs_proto::task::Lane::Now,
        })),
        priority: Priority::Normal,
        key: ContentHash::of(&number.to_le_bytes()),
        max_attempts: 3,
        created_at: Timestamp::EPOCH,
    }
}
