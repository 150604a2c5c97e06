//! A small factory on disk: a folder to mine, a configuration, and what a library holds at the end.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use hafs_library::tables::samples::{self, SampleFilter};
use hafs_library::tables::tasks::{self, TaskFilter};
use hafs_library::tables::{PageRequest, attempts, checks, runs};
use hafs_library::{Address, Birth, Library, OpenSettings};
use hafs_proto::people::AttemptView;
use hafs_proto::{Check, ContentHash, Sample, TaskKind, Timestamp};

/// What to build.
pub struct Plan<'a> {
    /// Where.
    pub home: &'a Path,
    /// Base address of the teacher.
    pub teacher: &'a str,
    /// Sections to mine.
    pub sections: usize,
    /// Accepted samples to reach.
    pub target: usize,
    /// Calls at once.
    pub slots: usize,
    /// Where the coordinator listens.
    pub listen: SocketAddr,
    /// More lines for the configuration.
    pub more: &'a str,
}

/// Writes the folder and the configuration; returns the latter's path.
///
/// # Panics
/// When the disk refuses.
#[must_use]
pub fn build(plan: &Plan<'_>) -> PathBuf {
    let docs = plan.home.join("docs");
    std::fs::create_dir_all(&docs).unwrap_or_else(|error| panic!("{}: {error}", docs.display()));
    for file in 0..plan.sections.div_ceil(20) {
        let from = file * 20;
        let text = (from..plan.sections.min(from + 20)).map(section).collect::<String>();
        let path = docs.join(format!("part-{file:03}.md"));
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let path = plan.home.join("hafs.toml");
    std::fs::write(&path, config(plan)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path
}

fn config(plan: &Plan<'_>) -> String {
    let Plan { teacher, target, slots, listen, more, .. } = plan;
    format!(
        r#"
[training]
teacher_provider = "scripted"
teacher_tier = "general"
output_dir = "out"

[run]
target = {target}
generators = ["doc-qa"]

[gates]
repairs = 0

[coordinator]
listen = "{listen}"
data_dir = "data"

[worker]
coordinator = "http://{listen}"
spool_dir = "data/spool"

[[providers]]
name = "scripted"
kind = "openai"
base_url = "{teacher}"
slots = {slots}
preflight = "list"
timeout_s = 20
idle_timeout_s = 5

[[providers.models]]
name = "scripted-1"
tier = "general"
role = ["generate"]

[[sources]]
name = "docs"
kind = "folder"
path = "docs"
{more}
"#
    )
}

/// A section whose every sentence names its number, so that no two are alike.
#[must_use]
pub fn section(number: usize) -> String {
    let mut text = format!("# Topic {number}\n\n");
    for sentence in 0..6 {
        let hash = ContentHash::of_parts([number.to_string().as_str(), &sentence.to_string()]).to_string();
        let words: Vec<&str> = (0..8).filter_map(|at| hash.get(at * 6..at * 6 + 6)).collect();
        let _ = writeln!(text, "Item {number}.{sentence} of the plant is called {} here.", words.join(" "));
    }
    text.push('\n');
    text
}

/// What a library holds, read when nobody else has it open.
pub struct Stock {
    /// Content hashes of the accepted samples.
    pub accepted: BTreeSet<ContentHash>,
    /// Samples in all.
    pub samples: usize,
    /// Progress of the newest run.
    pub progress: hafs_proto::people::Progress,
}

/// Opens the library of a plant and counts.
///
/// # Panics
/// When it cannot be opened or read.
pub async fn stock(home: &Path) -> Stock {
    stock_of(&home.join("data/library.db").into()).await
}

/// As [`stock`], of any library.
///
/// # Panics
/// When it cannot be opened or read.
pub async fn stock_of(address: &Address) -> Stock {
    let library = open(address.clone());
    let read = library.read(|tx| {
        let run = runs::list(tx)?.into_iter().next();
        let mut all = Vec::new();
        let mut cursor = None;
        loop {
            let page = samples::page(tx, &SampleFilter::default(), &PageRequest { cursor, limit: 500 })?;
            all.extend(page.items);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        let run = run.ok_or_else(|| hafs_library::StoreError::Refused { why: "no run".to_owned() })?;
        Ok((all, hafs_library::tables::progress::of_run(tx, run.id)?))
    });
    let (all, progress) = read.await.unwrap_or_else(|error| panic!("{error}"));
    let accepted = all.iter().filter(|sample| sample.state.word() == "accepted");
    Stock { accepted: accepted.map(|sample| sample.content_hash).collect(), samples: all.len(), progress }
}

/// Every sample of a plant with its checks, read when nobody else has its library open.
///
/// # Panics
/// When it cannot be opened or read.
pub async fn checked(home: &Path) -> Vec<(Sample, Vec<Check>)> {
    let library = open(home.join("data/library.db").into());
    let read = library.read(|tx| {
        let page = samples::page(tx, &SampleFilter::default(), &PageRequest { cursor: None, limit: 500 })?;
        let with_checks = page.items.into_iter().map(|sample| {
            let views = checks::of_sample(tx, sample.id)?;
            Ok((sample, views.into_iter().map(|view| view.check).collect()))
        });
        with_checks.collect()
    });
    read.await.unwrap_or_else(|error| panic!("{error}"))
}

/// An attempt, and the kind of task that it was made at.
#[derive(Debug)]
pub struct Tried {
    /// The kind.
    pub kind: TaskKind,
    /// The attempt with its calls.
    pub attempt: AttemptView,
}

/// Every attempt at up to five hundred tasks of a plant, read when nobody else has its library open.
///
/// # Panics
/// When it cannot be opened or read.
pub async fn tried(home: &Path) -> Vec<Tried> {
    let library = open(home.join("data/library.db").into());
    let read = library.read(|tx| {
        let page = tasks::page(tx, &TaskFilter::default(), &PageRequest { cursor: None, limit: 500 })?;
        let mut tried = Vec::new();
        for stored in page.items {
            let attempts = attempts::of_task(tx, stored.task.id)?;
            tried.extend(attempts.into_iter().map(|attempt| Tried { kind: stored.task.kind(), attempt }));
        }
        Ok(tried)
    });
    read.await.unwrap_or_else(|error| panic!("{error}"))
}

fn open(address: Address) -> Library {
    let settings = OpenSettings {
        address,
        readers: std::num::NonZeroUsize::MIN,
        birth: Birth { incarnation: [0; 16], lease_key: [0; 32] },
        now: Timestamp::EPOCH,
    };
    Library::open(&settings).unwrap_or_else(|error| panic!("{error}"))
}

/// A loopback address that was free a moment ago.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap_or_else(|error| panic!("{error}"));
    listener.local_addr().unwrap_or_else(|error| panic!("{error}"))
}
