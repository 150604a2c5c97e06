//! One night: arrivals, claims, loads, work.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Context as _;
use hafs_domain::residency::{self, LONGEST};
use hafs_domain::retry::{RetryPolicy, Tries};
use hafs_proto::task::Priority;
use hafs_proto::{
    BoundedText, CompletionId, Generation, Route, RunId, TaskId, TaskKind, Timestamp, WorkerId, limits,
};
use hafs_queue::{Ask, Entry, MemoryQueue, Queue as _, Stats, Vacancy};
use uuid::Uuid;

use super::chance::Chance;
use super::figures::Figures;
use super::gpu::{Eviction, Gpu};

/// How much there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// Everything is there at the beginning.
    Backlog,
    /// Tasks arrive at random, so many hundredths of what the GPU could do if it never loaded a model.
    Percent(u32),
}

impl Load {
    /// What is compared.
    pub const ALL: [Self; 4] = [Self::Backlog, Self::Percent(60), Self::Percent(80), Self::Percent(95)];
}

/// How tasks are handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// By deadline, whatever is loaded.
    Fifo,
    /// Those of a loaded model first, as long as there are any.
    Greedy,
    /// By deadline and handicap: the rule of the factory.
    Priced,
}

impl Rule {
    /// What is compared.
    pub const ALL: [Self; 3] = [Self::Fifo, Self::Greedy, Self::Priced];

    const fn eviction(self) -> Eviction {
        match self {
            Self::Fifo | Self::Greedy => Eviction::Oldest,
            Self::Priced => Eviction::Planned,
        }
    }

    fn handicaps(self, gpu: &Gpu) -> BTreeMap<Route, Duration> {
        let priced = residency::handicaps(&gpu.report());
        match self {
            Self::Fifo => BTreeMap::new(),
            // Longer than any night.
            Self::Greedy => {
                priced.into_keys().map(|route| (route, Duration::from_secs(10_000_000))).collect()
            }
            Self::Priced => priced,
        }
    }
}

/// What to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Night {
    /// The same seed gives the same arrivals and the same work.
    pub seed: u64,
    /// How many tasks.
    pub tasks: u32,
    /// How they come.
    pub load: Load,
    /// How they are handed out.
    pub rule: Rule,
}

/// A task before it arrives.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    at_ms: u64,
    model: usize,
    work_ms: u64,
}

fn arrivals(night: &Night) -> Vec<Arrival> {
    let mut chance = Chance::new(night.seed);
    let mut at_ms = 0;
    let gpu = Gpu::new().map(|gpu| gpu.slots).unwrap_or_default();
    let mut make = || {
        let model = Gpu::of_percent(chance.below(100));
        let work_ms = chance.around(gpu.get(model).map_or(1, |slot| slot.task_ms));
        at_ms += match night.load {
            Load::Backlog => 0,
            Load::Percent(percent) => chance.exponential(Gpu::mean_ms() * 100.0 / f64::from(percent)),
        };
        Arrival { at_ms, model, work_ms }
    };
    (0..night.tasks).map(|_| make()).collect()
}

struct Stage {
    night: Night,
    queue: MemoryQueue,
    gpu: Gpu,
    arrivals: Vec<Arrival>,
    arrived: usize,
    now: Timestamp,
    figures: Figures,
}

/// Plays a night to its end.
///
/// # Errors
/// When the queue refuses, which would be a defect.
pub async fn play(night: &Night) -> anyhow::Result<Figures> {
    let queue = MemoryQueue::new(RetryPolicy::default());
    queue.rebuild(Generation(1), &[], &mut std::iter::empty(), Timestamp::EPOCH).await?;
    let mut stage = Stage {
        night: *night,
        queue,
        gpu: Gpu::new()?,
        arrivals: arrivals(night),
        arrived: 0,
        now: Timestamp::EPOCH,
        figures: Figures::new(night),
    };
    for claim in 0..u128::from(night.tasks) {
        stage.arrive().await?;
        if stage.queue.stats().await?.total.ready == 0 {
            let next = stage.arrivals.get(stage.arrived).context("a task that never arrived")?;
            stage.now = Timestamp::EPOCH.plus(Duration::from_millis(next.at_ms));
            stage.arrive().await?;
        }
        stage.work(claim).await?;
    }
    stage.figures.end(stage.now);
    Ok(stage.figures)
}

impl Stage {
    /// Enqueues what has arrived until now.
    async fn arrive(&mut self) -> anyhow::Result<()> {
        let until = u64::try_from(self.now.since(Timestamp::EPOCH).as_millis())?;
        let from = self.arrived;
        self.arrived += self.arrivals[from..].iter().take_while(|arrival| arrival.at_ms <= until).count();
        let entries: Vec<Entry> = (from..self.arrived).map(|nth| self.entry(nth)).collect();
        for batch in entries.chunks(limits::BATCH_ITEMS) {
            self.queue.enqueue(batch.to_vec(), self.now).await?;
        }
        Ok(())
    }

    fn entry(&self, nth: usize) -> Entry {
        let arrival = self.arrivals[nth];
        let created_at = Timestamp::EPOCH.plus(Duration::from_millis(arrival.at_ms));
        Entry {
            task: TaskId::from_uuid(Uuid::from_u128(nth as u128)),
            run: RunId::from_uuid(Uuid::nil()),
            kind: TaskKind::Generate,
            route: self.gpu.slots[arrival.model].route.clone(),
            priority: Priority::Normal,
            created_at,
            not_before: created_at,
            tries: Tries::default(),
            max_attempts: 3,
        }
    }

    /// Claims one task and does it.
    async fn work(&mut self, claim: u128) -> anyhow::Result<()> {
        let before = self.queue.stats().await?;
        let vacancy = Vacancy {
            pool: BoundedText::clipped("gpu"),
            free: 1,
            routes: self.gpu.slots.iter().map(|slot| slot.route.clone()).collect(),
        };
        let ask = Ask {
            worker: WorkerId::from_uuid(Uuid::nil()),
            claim: CompletionId::from_uuid(Uuid::from_u128(claim)),
            vacancies: vec![vacancy],
            holding: BTreeSet::new(),
            lease: Duration::from_secs(3_600),
            handicaps: self.night.rule.handicaps(&self.gpu),
            at_most: u32::MAX,
        };
        let claimed = self.queue.claim(&ask, self.now).await?;
        let task = claimed.grants.first().context("there is a task, and it is handed out")?.task;
        let entry = self.queue.explain(task).await?.context("a task that is leased")?.entry;
        self.check(&entry, &before);
        // The coordinator's answer tells what waits; the next claim goes by it.
        let after = self.queue.stats().await?;
        for slot in &mut self.gpu.slots {
            slot.ready = after.routes.get(&slot.route).map_or(0, |open| open.ready);
        }
        let at = self.gpu.at(&entry.route).context("a model of the GPU")?;
        let (load_ms, swapped) = self.gpu.ready(at, self.night.rule.eviction(), self.now);
        let started = self.now.plus(Duration::from_millis(load_ms));
        let nth = usize::try_from(task.uuid().as_u128())?;
        let work_ms = self.arrivals[nth].work_ms;
        self.figures.note(swapped, load_ms, work_ms, started.since(entry.created_at));
        self.now = started.plus(Duration::from_millis(work_ms));
        self.queue.complete(&[task]).await?;
        Ok(())
    }

    /// How far a task was preferred to one that had been planned earlier.
    fn check(&mut self, given: &Entry, before: &Stats) {
        let oldest = before.routes.values().filter_map(|open| open.oldest_ready).min();
        let ahead = given.created_at.since(oldest.unwrap_or(given.created_at));
        self.figures.preferred(ahead, LONGEST);
    }
}
