//! Fills a library before anyone serves it, so that what is measured is not the filling.

use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::Context as _;
use hafs_domain::plan::key;
use hafs_domain::plan::sampling::{self, Turn};
use hafs_library::tables::{runs, seeds, tasks};
use hafs_library::{Birth, Library, OpenSettings, StoreError};
use hafs_proto::task::{GenerateSpec, Priority};
use hafs_proto::{
    BoundedText, ContentHash, GeneratorName, Run, RunSpec, RunState, Seed, SeedDraft, Task, TaskSpec,
    TeacherName, Timestamp,
};
use hafs_runtime::clock::{Clock, SystemClock};
use hafs_runtime::entropy;

use crate::client;

/// Rows of one transaction.
const BATCH: usize = 500;
/// Seeds of one group: sections of one file.
const GROUP: u64 = 20;

/// Opens the library of a data folder, or makes it.
pub(super) fn open(data: &Path) -> anyhow::Result<Library> {
    std::fs::create_dir_all(data).with_context(|| format!("cannot make {}", data.display()))?;
    let birth = Birth { incarnation: entropy::bytes()?, lease_key: entropy::bytes()? };
    let address = data.join("library.db").into();
    let settings = OpenSettings { address, readers: NonZeroUsize::MIN, birth, now: SystemClock.now() };
    Ok(Library::open(&settings)?)
}

/// Puts `count` seeds of the source `docs` into a library.
pub(super) async fn seeds(library: &Library, count: usize) -> anyhow::Result<Vec<Seed>> {
    let (ids, now) = (client::ids(), SystemClock.now());
    let mut all = Vec::with_capacity(count);
    for number in 0..u64::try_from(count)? {
        let draft = draft(number);
        let content_hash = draft.content_hash();
        all.push(Seed { id: ids.mint(), content_hash, created_at: now, draft });
    }
    for batch in all.chunks(BATCH) {
        let batch = batch.to_vec();
        let insert = move |tx: &mut dyn hafs_library::Tx| {
            batch.iter().try_for_each(|seed| seeds::insert(tx, seed.id, &seed.draft, now).map(drop))
        };
        library.write(insert).await?;
    }
    Ok(all)
}

/// A section of a few hundred bytes, in a file with its neighbours.
fn draft(number: u64) -> SeedDraft {
    let mut draft = client::seed(number);
    let sentence = |nth: u64| {
        let words = client::words(number * 64 + nth);
        format!("Part {number}.{nth} of the plant is called {words} here. ")
    };
    draft.text = BoundedText::clipped(&(0..6).map(sentence).collect::<String>());
    draft.provenance.group = BoundedText::clipped(&format!("docs/part-{}.md", number / GROUP));
    draft
}

/// Puts a run with `count` open generate tasks into a library: each seed is used as often as needed.
///
/// # Errors
/// Of the library.
pub async fn tasks(library: &Library, spec: &RunSpec, count: usize) -> anyhow::Result<Run> {
    let seeds = seeds(library, count.min(2_000)).await?;
    let (ids, now) = (client::ids(), SystemClock.now());
    let run = run(spec, ids.mint(), now);
    let stored = run.clone();
    library.write(move |tx| runs::create(tx, &stored)).await?;
    let maker =
        Maker { run: run.clone(), generator: "doc-qa".parse()?, teacher: client::TEACHER.parse()?, now };
    let numbers: Vec<usize> = (0..count).collect();
    for batch in numbers.chunks(BATCH) {
        let made: Vec<Task> = batch
            .iter()
            .filter_map(|number| {
                let seed = seeds.get(number % seeds.len())?;
                Some(maker.task(ids.mint(), seed, u32::try_from(number / seeds.len()).ok()?))
            })
            .collect();
        let insert = move |tx: &mut dyn hafs_library::Tx| -> Result<(), StoreError> {
            made.iter().try_for_each(|task| tasks::insert(tx, task).map(drop))
        };
        library.write(insert).await?;
    }
    Ok(run)
}

fn run(spec: &RunSpec, id: hafs_proto::RunId, now: Timestamp) -> Run {
    Run {
        id,
        spec: spec.clone(),
        config_fingerprint: ContentHash::of(b"bench"),
        state: RunState::Running,
        created_at: now,
        ended_at: None,
        ended_because: None,
    }
}

struct Maker {
    run: Run,
    generator: GeneratorName,
    teacher: TeacherName,
    now: Timestamp,
}

impl Maker {
    fn task(&self, id: hafs_proto::TaskId, seed: &Seed, round: u32) -> Task {
        let key = key::generate(self.run.id, seed.id, &self.generator, round);
        let turn = Turn { generator: &self.generator, teacher: &self.teacher, round };
        let spec = GenerateSpec {
            seed: seed.clone(),
            generator: self.generator.clone(),
            teacher: self.teacher.clone(),
            round,
            hints: Vec::new(),
            max_tokens: self.run.spec.max_tokens,
            sampling_seed: sampling::generate(self.run.spec.seed, seed.content_hash, turn),
            lane: hafs_proto::task::Lane::Now,
        };
        Task {
            id,
            run: self.run.id,
            spec: TaskSpec::Generate(Box::new(spec)),
            priority: Priority::Normal,
            key,
            max_attempts: self.run.spec.max_attempts,
            created_at: self.now,
        }
    }
}
