//! The benchmark: what the factory can do on this machine, each figure beside a baseline taken in the same run.
//!
//! A command and not a test, because a shared machine is no judge of time. `docs/BENCHMARKS.md` says what each
//! line means.

mod api;
mod batches;
mod commits;
pub mod fill;
mod idle;
mod machine;
mod memory;
mod numbers;
mod os;
mod pages;
mod queue;
mod report;
mod start;
pub mod teacher;
mod whole;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::ValueEnum;

pub use report::Report;
use report::Section;

/// One part of the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The whole path against a teacher of 100 ms, 64 calls at once.
    Steady,
    /// The whole path against a teacher of 10 ms, 512 calls at once.
    Rush,
    /// Claims and completions over HTTP.
    Batches,
    /// Writes to the library.
    Commits,
    /// From the start of the process to the first claim.
    Start,
    /// Memory when idle and with many open tasks.
    Memory,
    /// Ten thousand idle workers.
    Idle,
    /// The queue in Redis beside other queues.
    Queue,
    /// Web pages over a large library.
    Pages,
}

/// How long is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Long enough for figures that hold.
    Full,
    /// Long enough to see that it works.
    Quick,
}

impl Effort {
    /// The first for a full run, the second for a quick one.
    const fn pick<T: Copy>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}

/// What to measure.
#[derive(Debug, Clone)]
pub struct Order {
    /// How long.
    pub effort: Effort,
    /// Which parts; empty means all.
    pub parts: Vec<Part>,
    /// Folder for libraries and spools; it should lie on the disk that the factory will use.
    pub folder: PathBuf,
}

/// Measures; `tell` hears what is being done.
///
/// # Errors
/// Whatever keeps a part from being measured: a missing program, a machine without `/proc`, a full disk.
pub async fn measure(order: &Order, tell: impl Fn(&str)) -> anyhow::Result<Report> {
    let before = os::load().context("this benchmark reads Linux's /proc")?;
    let mut sections = Vec::new();
    for part in Part::value_variants().iter().filter(|part| order.wants(**part)) {
        tell(part.words());
        sections.push(part.measure(order).await.with_context(|| format!("measuring {}", part.words()))?);
    }
    let machine = machine::facts(&order.folder, before)?;
    Ok(Report { machine, quick: order.effort == Effort::Quick, sections })
}

impl Order {
    fn wants(&self, part: Part) -> bool {
        self.parts.is_empty() || self.parts.contains(&part)
    }
}

impl Part {
    const fn words(self) -> &'static str {
        match self {
            Self::Steady => "the whole path against a teacher of 100 ms",
            Self::Rush => "the whole path against a teacher of 10 ms",
            Self::Batches => "claims and completions in batches",
            Self::Commits => "group commit",
            Self::Start => "start to first claim",
            Self::Memory => "memory",
            Self::Idle => "idle workers",
            Self::Queue => "queues on one Redis",
            Self::Pages => "web pages",
        }
    }

    async fn measure(self, order: &Order) -> anyhow::Result<Section> {
        match self {
            Self::Steady => whole::measure(order, whole::STEADY).await,
            Self::Rush => whole::measure(order, whole::RUSH).await,
            Self::Batches => batches::measure(order).await,
            Self::Commits => commits::measure(order).await,
            Self::Start => start::measure(order).await,
            Self::Memory => memory::measure(order).await,
            Self::Idle => idle::measure(order).await,
            Self::Queue => queue::measure(order).await,
            Self::Pages => pages::measure(order).await,
        }
    }
}

/// A folder of its own below `folder`, removed when dropped.
fn scratch(folder: &Path) -> anyhow::Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix("hafs-bench-").tempdir_in(folder).with_context(|| {
        format!("cannot make a folder in {}: choose another with --folder", folder.display())
    })
}
