//! A coordinator without its edge and its reconcilers, for tests of what they do: one worker, one run, and a library
//! that can be told to refuse.

mod exporting;
mod failing;

use std::collections::BTreeSet;
use std::time::Duration;

use hafs_library::StoreError;
use hafs_library::tables::credentials::{self, StoredCredential};
use hafs_library::tables::tasks::{self, StoredState};
use hafs_library::tables::workers::{self, Registration};
use hafs_library::tables::{meta, runs, seeds};
use hafs_proto::people::{Scope, TokenView};
use hafs_proto::task::{GenerateSpec, HarvestSpec, Priority};
use hafs_proto::worker::WorkerFacts;
use hafs_proto::{
    BoundedText, ContentHash, LeaseToken, Run, Seed, SeedDraft, Task, TaskId, TaskSpec, WorkerId,
};
use hafs_queue::{Ask, Entry, Explanation, Vacancy};
use hafs_runtime::shutdown::Shutdown;
use serde_json::json;
use tempfile::TempDir;

use crate::app::{App, Coordinator};
use crate::auth::TokenKind;
use crate::index;
use crate::settings::Settings;
use crate::work::complete::Sender;
use crate::work::tokens;

/// What tests work with.
pub(crate) struct Trial {
    pub(crate) app: App,
    pub(crate) sender: Sender,
    pub(crate) run: Run,
    /// Goes away with the trial.
    _folder: TempDir,
}

/// A text of whatever length its type allows.
pub(crate) fn text<const MAX: usize>(text: &str) -> BoundedText<MAX> {
    BoundedText::new(text).expect("short")
}

fn run(app: &App) -> Run {
    serde_json::from_value(json!({
        "id": app.ids.mint::<hafs_proto::RunId>(),
        "spec": {
            "name": "trial", "target": 5, "sources": ["repo"], "generators": ["doc-qa"],
            "teachers": ["mock/model"], "judges": [],
            "policy": {
                "agree": 0, "of": 0, "min_quality_score": 0.0, "diversity_threshold": 0.95,
                "self_judge": false, "allow_unchecked": true, "min_output_chars": 1,
                "max_output_chars": 1000, "repairs": 0, "feedback": false, "active_learning": false,
                "augmentation_ratio": 0.0
            },
            "max_attempts": 3, "max_tokens": 64, "seed": 1, "checkpoint_interval": 10
        },
        "config_fingerprint": ContentHash::of(b"configuration"),
        "state": "running",
        "created_at": app.clock.now(),
    }))
    .expect("a run")
}

fn draft() -> SeedDraft {
    serde_json::from_value(json!({
        "kind": "doc_section", "domain": "docs", "title": "Opening",
        "text": "The function opens the file that its argument names and returns the first line.",
        "provenance": { "source": "repo", "locator": "guide.md:1-2", "group": "repo:guide.md" },
    }))
    .expect("a seed")
}

impl Trial {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = Settings::local(folder.path().to_owned());
        let app = Coordinator::build(settings, Shutdown::new()).await.expect("builds").core();
        let (worker, now, run) = (app.ids.mint::<WorkerId>(), app.clock.now(), run(&app));
        let token = tokens::mint(&app, TokenKind::Worker).expect("random bytes");
        let view = TokenView {
            id: token.id(),
            name: text("desk"),
            scopes: vec![Scope::Work],
            created_at: now,
            expires_at: None,
            revoked_at: None,
            uses_left: None,
            network: None,
        };
        let stored = StoredCredential::fresh(view, token.secret_hash(), Some(worker));
        let facts = WorkerFacts {
            version: text("1"),
            os: text("linux"),
            cores: 2,
            memory_bytes: 1,
            models: vec![],
            teachers: Vec::new(),
            gpus: vec![],
        };
        let (name, instance) = (text("desk"), text("life"));
        let registration =
            Registration { id: worker, name, instance, pools: vec![], facts, features: vec![] };
        let row = run.clone();
        app.library
            .write(move |tx| {
                workers::register(tx, &registration, now)?;
                credentials::insert(tx, &stored)?;
                runs::create(tx, &row)
            })
            .await
            .expect("stores");
        Self { app, sender: Sender { worker, credential: token.id() }, run, _folder: folder }
    }

    fn planned(&self, spec: TaskSpec) -> Task {
        let id = self.app.ids.mint::<TaskId>();
        Task {
            id,
            run: self.run.id,
            spec,
            priority: Priority::Normal,
            key: ContentHash::of(id.to_string().as_bytes()),
            max_attempts: self.run.spec.max_attempts,
            created_at: self.app.clock.now(),
        }
    }

    /// A task that is in no library yet.
    pub(crate) fn harvest(&self) -> Task {
        let source = "repo".parse().expect("a source");
        self.planned(TaskSpec::Harvest(HarvestSpec { source, cursor: None, limit: 1 }))
    }

    pub(crate) async fn generate(&self) -> Task {
        let draft = draft();
        let content_hash = draft.content_hash();
        let seed = Seed { id: self.app.ids.mint(), content_hash, created_at: self.app.clock.now(), draft };
        let row = seed.clone();
        let insert = self.app.library.write(move |tx| seeds::insert(tx, row.id, &row.draft, row.created_at));
        insert.await.expect("stores");
        self.planned(TaskSpec::Generate(Box::new(GenerateSpec {
            seed,
            generator: "doc-qa".parse().expect("a name"),
            teacher: "mock/model".parse().expect("a teacher"),
            round: 0,
            hints: Vec::new(),
            max_tokens: 64,
            sampling_seed: 1,
            lane: hafs_proto::task::Lane::Now,
        })))
    }

    /// Puts a task into library and queue.
    pub(crate) async fn plan(&self, task: &Task) {
        let row = task.clone();
        self.app.library.write(move |tx| tasks::insert(tx, &row)).await.expect("stores");
        self.enqueue(task).await;
    }

    /// Another life of the queue.
    pub(crate) async fn rebuild(&self) {
        let generation = self.app.library.read(meta::generation).await.expect("reads");
        index::rebuild(&self.app, generation).await.expect("rebuilds");
    }

    pub(crate) async fn enqueue(&self, task: &Task) {
        self.app.queue.enqueue(vec![Entry::new(task)], self.app.clock.now()).await.expect("enqueues");
    }

    /// Claims all that is ready, under leases of this length; the token of each task.
    pub(crate) async fn claim(&self, lease: Duration) -> Vec<(TaskId, LeaseToken)> {
        let routes = ["source/repo", "teacher/mock/model"];
        let routes: BTreeSet<_> = routes.iter().map(|route| route.parse().expect("a route")).collect();
        let ask = Ask {
            worker: self.sender.worker,
            claim: self.app.ids.mint(),
            vacancies: vec![Vacancy { pool: text("all"), free: 9, routes }],
            holding: BTreeSet::new(),
            lease,
            handicaps: std::collections::BTreeMap::new(),
            at_most: u32::MAX,
        };
        let claimed = self.app.queue.claim(&ask, self.app.clock.now()).await.expect("claims");
        let token = |task, generation, attempt| {
            self.app.lease_key.sign(task, self.sender.worker, generation, attempt)
        };
        let grants = claimed.grants.into_iter();
        grants.map(|grant| (grant.task, token(grant.task, grant.generation, grant.attempt))).collect()
    }

    pub(crate) async fn in_queue(&self, task: TaskId) -> Option<Explanation> {
        self.app.queue.explain(task).await.expect("explains")
    }

    pub(crate) async fn in_library(&self, task: TaskId) -> StoredState {
        self.app.library.read(move |tx| tasks::state_of(tx, task)).await.expect("reads")
    }

    /// Lets every new row of a table fail the write that it is part of.
    pub(crate) async fn refuse(&self, table: &'static str) {
        let sql = format!(
            "CREATE TEMP TRIGGER refusal BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'refused'); END"
        );
        self.exec(sql).await.expect("refuses from now on");
    }

    pub(crate) async fn allow(&self) {
        self.exec("DROP TRIGGER refusal".to_owned()).await.expect("allows again");
    }

    async fn exec(&self, sql: String) -> Result<u64, StoreError> {
        self.app.library.write(move |tx| tx.exec(&sql, &[])).await
    }
}
