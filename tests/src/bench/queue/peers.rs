//! Other queues on the same server: their own programs, one phase a process.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::AT_ONCE;

/// Another queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    /// npm; a hundred tasks a call when enqueueing.
    BullMq,
    /// PyPI; its workers fetch ahead of what they do.
    Dramatiq,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Enqueue,
    EnqueueMany,
    Work,
}

impl Peer {
    pub(super) const ALL: [Self; 2] = [Self::BullMq, Self::Dramatiq];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::BullMq => "BullMQ",
            Self::Dramatiq => "dramatiq",
        }
    }

    /// Threads of an interpreter with one lock only get in each other's way when there are too many.
    const fn at_once(self) -> usize {
        match self {
            Self::BullMq => AT_ONCE,
            Self::Dramatiq => 8,
        }
    }

    /// Whether it was installed.
    pub(super) fn is_there(self) -> bool {
        engines().is_some_and(|engines| engines.join("queue-peers").join(self.proof()).exists())
    }

    /// What the script has put there.
    const fn proof(self) -> &'static str {
        match self {
            Self::BullMq => "node_modules/bullmq",
            Self::Dramatiq => "python/bin/dramatiq",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::BullMq => "bullmq",
            Self::Dramatiq => "dramatiq",
        }
    }

    /// Runs one phase; seconds, without the start of the program.
    pub(super) fn run(self, socket: &Path, phase: Phase, tasks: usize) -> anyhow::Result<f64> {
        let word = match phase {
            Phase::Enqueue => "enqueue",
            Phase::EnqueueMany => "enqueue-many",
            Phase::Work => "work",
        };
        let mut command = Command::new(script());
        command.arg(self.word()).arg(socket).args([word, &tasks.to_string(), &self.at_once().to_string()]);
        let output = command.output().with_context(|| format!("{} cannot be run", self.name()))?;
        let (out, trouble) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), "{} failed: {trouble}", self.name());
        out.trim().parse().with_context(|| format!("{} printed {out:?}", self.name()))
    }
}

fn script() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/queue-peers.sh"))
}

/// Where programs are kept that tests and benchmarks need.
fn engines() -> Option<PathBuf> {
    let named = std::env::var_os("HAFS_TEST_ENGINES").map(PathBuf::from);
    named.or_else(|| Some(std::env::home_dir()?.join(".cache/hafs-factory/engines")))
}
