//! Puts accepted samples of one worker into a library, as its results would have, before anyone serves it.

use std::path::Path;

use anyhow::Context as _;
use hafs_domain::plan::key;
use hafs_library::tables::attempts::{self, NewAttempt};
use hafs_library::tables::credentials::{self, StoredCredential};
use hafs_library::tables::receipts::{self, Receipt};
use hafs_library::tables::workers::{self, Registration};
use hafs_library::tables::{checks, decisions, runs, samples, seeds, tasks};
use hafs_library::{Birth, Library, OpenSettings, StoreError, Tx};
use hafs_proto::people::{AttemptView, Scope, TokenView};
use hafs_proto::sample::{Lineage, TemplateRef, content_hash};
use hafs_proto::task::{GenerateSpec, Priority};
use hafs_proto::verdict::Decision;
use hafs_proto::worker::{Answer, DeliveryAnswer};
use hafs_proto::{
    Attempt, BoundedText, Check, CheckedBy, ContentHash, Generation, Outcome, Run, RunState, Sample,
    SampleState, Seed, SeedId, Task, TaskSpec, Timestamp, WorkerId,
};
use hafs_runtime::clock::{Clock, SystemClock};
use hafs_runtime::entropy;
use hafs_runtime::ids::IdGen;

use crate::client;

/// Samples of one task.
const SLOTS: u16 = 50;

/// Makes the library of a data folder with `count` accepted samples, all of one worker; says which.
///
/// # Errors
/// When the library cannot be made or written to.
pub async fn fill(data: &Path, count: u64) -> anyhow::Result<WorkerId> {
    std::fs::create_dir_all(data).with_context(|| format!("cannot make {}", data.display()))?;
    let birth = Birth { incarnation: entropy::bytes()?, lease_key: entropy::bytes()? };
    let (address, readers) = (data.join("library.db").into(), std::num::NonZeroUsize::MIN);
    let library = Library::open(&OpenSettings { address, readers, birth, now: SystemClock.now() })?;
    let maker = Maker::new();
    let (begin, worker) = (maker.clone(), maker.worker);
    library.write(move |tx| begin.begin(tx)).await?;
    for task in 0..count.div_ceil(u64::from(SLOTS)) {
        let maker = maker.clone();
        library.write(move |tx| maker.task(tx, task)).await?;
    }
    Ok(worker)
}

#[derive(Clone)]
struct Maker {
    ids: std::sync::Arc<IdGen>,
    worker: WorkerId,
    credential: StoredCredential,
    run: Run,
    now: Timestamp,
}

impl Maker {
    fn new() -> Self {
        let (ids, now) = (client::ids(), SystemClock.now());
        let worker = ids.mint();
        let view = TokenView {
            id: ids.mint(),
            name: BoundedText::clipped("hand"),
            scopes: vec![Scope::Work],
            created_at: now,
            expires_at: None,
            revoked_at: None,
            uses_left: None,
            network: None,
        };
        let credential = StoredCredential::fresh(view, ContentHash::of(b"other half"), Some(worker));
        let run = Run {
            id: ids.mint(),
            spec: client::spec(),
            config_fingerprint: ContentHash::of(b"test"),
            state: RunState::Running,
            created_at: now,
            ended_at: None,
            ended_because: None,
        };
        Self { ids: std::sync::Arc::new(ids), worker, credential, run, now }
    }

    fn begin(&self, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let said = client::registration();
        let registration = Registration {
            id: self.worker,
            name: said.name,
            instance: said.instance,
            pools: said.pools,
            facts: said.facts,
            features: said.features,
        };
        workers::register(tx, &registration, self.now)?;
        credentials::insert(tx, &self.credential)?;
        runs::create(tx, &self.run)?;
        runs::set_state(tx, self.run.id, RunState::Finished, &BoundedText::clipped("filled"), self.now)
    }

    fn task(&self, tx: &mut dyn Tx, number: u64) -> Result<(), StoreError> {
        let draft = client::seed(number);
        let seed = Seed {
            id: self.ids.mint::<SeedId>(),
            content_hash: draft.content_hash(),
            created_at: self.now,
            draft,
        };
        seeds::insert(tx, seed.id, &seed.draft, self.now)?;
        let task = self.generate(seed.clone());
        tasks::insert(tx, &task)?;
        let view = AttemptView {
            id: self.ids.mint(),
            task: task.id,
            worker: self.worker,
            outcome: BoundedText::clipped("accepted"),
            failure: None,
            detail: None,
            calls: vec![client::call()],
            at: self.now,
        };
        let attempt = NewAttempt {
            view,
            run: self.run.id,
            generation: Generation(1),
            number: Attempt(1),
            reason: None,
        };
        attempts::insert(tx, &attempt)?;
        tasks::finish(tx, task.id, self.now)?;
        for slot in 0..SLOTS {
            self.sample(tx, (&task, &seed), &attempt, slot)?;
        }
        let answer = DeliveryAnswer {
            key: self.ids.mint(),
            task: task.id,
            answer: Answer::Accepted,
            detail: None,
            replayed: false,
        };
        let receipt = Receipt {
            credential: self.credential.view.id,
            body_hash: ContentHash::of(task.id.to_string().as_bytes()),
            answer,
            attempt: Some(attempt.view.id),
            at: self.now,
        };
        receipts::insert(tx, &receipt)
    }

    fn generate(&self, seed: Seed) -> Task {
        let generator = self.run.spec.generators[0].clone();
        let key = key::generate(self.run.id, seed.id, &generator, 0);
        let spec = GenerateSpec {
            seed,
            generator,
            teacher: self.run.spec.teachers[0].clone(),
            round: 0,
            hints: Vec::new(),
            max_tokens: self.run.spec.max_tokens,
            sampling_seed: 1,
            lane: hafs_proto::task::Lane::Now,
        };
        Task {
            id: self.ids.mint(),
            run: self.run.id,
            spec: TaskSpec::Generate(Box::new(spec)),
            priority: Priority::Normal,
            key,
            max_attempts: 3,
            created_at: self.now,
        }
    }

    fn sample(
        &self,
        tx: &mut dyn Tx,
        (task, seed): (&Task, &Seed),
        attempt: &NewAttempt,
        slot: u16,
    ) -> Result<(), StoreError> {
        let id: hafs_proto::SampleId = self.ids.mint();
        let instruction = format!("What is {id}?");
        let output = format!("It is the plant number {slot} of {}.", seed.id);
        let sample = Sample {
            id,
            domain: seed.draft.domain.clone(),
            content_hash: content_hash(&instruction, "", &output),
            canon_hash: hafs_quality::canon::canon_hash(&instruction, "", &output),
            instruction: BoundedText::clipped(&instruction),
            input: BoundedText::clipped(""),
            output: BoundedText::clipped(&output),
            lineage: Lineage {
                run: self.run.id,
                task: task.id,
                slot,
                attempt: attempt.view.id,
                worker: self.worker,
                seed: seed.id,
                parent: None,
                generator: self.run.spec.generators[0].clone(),
                template: TemplateRef {
                    name: self.run.spec.generators[0].clone(),
                    version: 1,
                    hash: ContentHash::of(b"template"),
                },
                teacher: self.run.spec.teachers[0].clone(),
                served_model: None,
                prompt_hash: ContentHash::of(b"prompt"),
                group: seed.draft.provenance.group.clone(),
            },
            created_at: self.now,
            state: SampleState::Candidate,
        };
        samples::insert(tx, &sample)?;
        // Proof: the constant is a slug.
        let name = "limits".parse().expect("a name");
        let check =
            Check { name, version: 1, by: CheckedBy::Coordinator, outcome: Outcome::Pass, tool: None };
        checks::insert(tx, id, &[check], self.now)?;
        let decision = Decision {
            sample: id,
            rule: 1,
            accepted: true,
            agree: 0,
            of: 0,
            reasons: vec![],
            at: self.now,
            review: None,
        };
        decisions::insert(tx, &decision)
    }
}
