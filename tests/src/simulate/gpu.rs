//! The GPU and the models of the roadmap.

use hafs_proto::worker::{LocalModel, Residence, Residency};
use hafs_proto::{Route, Timestamp};
use hafs_worker::gpu::plan::{self, Model};

/// Gigabytes that models may take: nine tenths of 16 GB, as a worker takes them.
const CAPACITY: u64 = 14;

/// A model: name, gigabytes, milliseconds to load, mean milliseconds of a task, tasks in a hundred.
type Kind = (&'static str, u64, u64, u64, u64);

/// The local models of the roadmap. Loads as from an SSD of 1.2 GB a second; tasks of some 500 tokens.
const KINDS: [Kind; 7] = [
    ("qwen2.5-coder:14b", 12, 10_000, 24_000, 22),
    ("qwen2.5-coder:7b", 6, 5_000, 13_000, 20),
    ("deepseek-coder-v2-lite", 8, 6_700, 9_000, 12),
    ("deepseek-r1:8b", 8, 6_700, 30_000, 12),
    ("qwen3:8b", 8, 6_700, 16_000, 14),
    ("mistral:7b", 6, 5_000, 12_000, 10),
    ("gemma3:4b", 4, 3_300, 6_000, 10),
];

/// One model on the GPU or beside it.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) route: Route,
    pub(super) task_ms: u64,
    load_ms: u64,
    bytes: u64,
    loaded: bool,
    used_at: Timestamp,
    /// Tasks that waited when the worker claimed last.
    pub(super) ready: u64,
}

/// What has to be loaded and what goes for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Eviction {
    /// The one that was used longest ago, as a server does that is left alone.
    Oldest,
    /// As the worker decides.
    Planned,
}

/// The GPU.
#[derive(Debug)]
pub(super) struct Gpu {
    pub(super) slots: Vec<Slot>,
}

impl Gpu {
    /// A GPU with nothing loaded.
    ///
    /// # Errors
    /// When a name above is none.
    pub(super) fn new() -> anyhow::Result<Self> {
        let slot = |(name, bytes, load_ms, task_ms, _): Kind| {
            Ok(Slot {
                route: format!("teacher/ollama/{name}").parse()?,
                task_ms,
                load_ms,
                bytes,
                loaded: false,
                used_at: Timestamp::EPOCH,
                ready: 0,
            })
        };
        Ok(Self { slots: KINDS.into_iter().map(slot).collect::<anyhow::Result<_>>()? })
    }

    /// The model of the n-th percent of all tasks.
    pub(super) fn of_percent(percent: u64) -> usize {
        let mut passed = 0;
        KINDS
            .iter()
            .position(|(.., share)| {
                passed += share;
                percent < passed
            })
            .unwrap_or_default()
    }

    /// Mean milliseconds of a task.
    pub(super) fn mean_ms() -> f64 {
        let sum: u64 = KINDS.iter().map(|(_, _, _, task_ms, share)| task_ms * share).sum();
        f64::from(u32::try_from(sum).unwrap_or(u32::MAX)) / 100.0
    }

    pub(super) fn at(&self, route: &Route) -> Option<usize> {
        self.slots.iter().position(|slot| slot.route == *route)
    }

    /// Makes a model answer; says how long that took, and whether it had to be loaded.
    pub(super) fn ready(&mut self, at: usize, eviction: Eviction, now: Timestamp) -> (u64, bool) {
        self.slots[at].used_at = now;
        if self.slots[at].loaded {
            return (0, false);
        }
        for victim in self.victims(at, eviction) {
            self.slots[victim].loaded = false;
        }
        self.slots[at].loaded = true;
        (self.slots[at].load_ms, true)
    }

    fn victims(&self, wanted: usize, eviction: Eviction) -> Vec<usize> {
        match eviction {
            Eviction::Planned => plan::victims(&self.models(), wanted, CAPACITY),
            Eviction::Oldest => {
                let mut loaded: Vec<usize> =
                    (0..self.slots.len()).filter(|at| self.slots[*at].loaded).collect();
                loaded.sort_by_key(|at| self.slots[*at].used_at);
                let mut taken: u64 = loaded.iter().map(|at| self.slots[*at].bytes).sum();
                loaded.retain(|at| {
                    let goes = taken + self.slots[wanted].bytes > CAPACITY;
                    taken -= if goes { self.slots[*at].bytes } else { 0 };
                    goes
                });
                loaded
            }
        }
    }

    fn models(&self) -> Vec<Model> {
        let model = |slot: &Slot| Model {
            bytes: slot.bytes,
            load_ms: slot.load_ms,
            loaded: slot.loaded,
            work_ms: slot.ready * slot.task_ms,
        };
        self.slots.iter().map(model).collect()
    }

    /// What the worker says of it with a claim.
    pub(super) fn report(&self) -> Residency {
        let next = plan::next_set(&self.models(), CAPACITY);
        let model = |(at, slot): (usize, &Slot)| LocalModel {
            route: slot.route.clone(),
            residence: match (slot.loaded, next.contains(&at)) {
                (true, _) => Residence::Loaded,
                (false, true) => Residence::Next,
                (false, false) => Residence::Away,
            },
            load_ms: slot.load_ms,
            bytes: None,
            gpu_bytes: None,
            context: None,
            tokens_per_second: None,
            why: None,
        };
        Residency { models: self.slots.iter().enumerate().map(model).collect(), ..Residency::default() }
    }
}
