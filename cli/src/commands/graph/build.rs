//! Reading files and handing in what they say. The coordinator sees facts, never files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hafs_graph::build::{Built, Dialect, Input, Reading, build as read};
use hafs_graph::import::Format;
use hafs_graph::{Origin, registers};
use hafs_proto::graph::SourceFacts;
use hafs_proto::people::{GraphBatch, GraphChange, GraphSource, Page};
use hafs_proto::{BoundedText, ContentHash, GraphName};
use serde::Serialize;

use super::files;
use crate::api::{Api, begin};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{count, pairs};

/// Facts of one batch; a fact is at most about 1 KiB of JSON and mostly a tenth of it, a batch at most 8 MiB.
const BATCH_FACTS: usize = 20_000;
/// Bytes of one batch.
const BATCH_BYTES: usize = 6 << 20;
/// Sources of one batch.
const BATCH_SOURCES: usize = 500;
/// Sources asked for at once.
const EVERYTHING: usize = 1_000_000;

/// What a build came to.
#[derive(Debug, Serialize)]
struct Report {
    graph: GraphName,
    files: usize,
    lines: u64,
    sources: usize,
    facts: usize,
    stored: u64,
    unchanged: u64,
    removed: u64,
    /// Files that were not read, with the reason.
    unread: BTreeMap<String, String>,
    undecoded: u64,
    dangling: u64,
    left_out: u64,
}

/// Reads a folder.
pub(super) async fn build(
    context: &Context,
    graph: &GraphName,
    folder: &Path,
    (dialect, with_registers): (Option<Dialect>, bool),
) -> Result<Exit, Failure> {
    let found = files::below(folder, dialect)?;
    if found.inputs.is_empty() {
        let message = format!("{} holds nothing that a graph is read from", folder.display());
        return Err(Failure::new(Exit::Empty, message)
            .remedy("name a folder with assembly, C++, Rust, Python, Markdown or symbol files"));
    }
    context.out.note(format!("reading {} files", count(found.inputs.len() as u64)));
    let mut built = read(&found.inputs).map_err(refused)?;
    if with_registers && found.inputs.iter().any(|input| matches!(input.reading, Reading::Assembly(_))) {
        built.sources.extend(shipped());
    }
    hand_in(context, graph, (&found.inputs, found.undecoded), built, Scope::Whole).await
}

/// Reads tables.
pub(super) async fn import(
    context: &Context,
    graph: &GraphName,
    paths: &[PathBuf],
    format: Option<Format>,
) -> Result<Exit, Failure> {
    let mut inputs = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let format = format.or_else(|| Format::of_path(&name)).ok_or_else(|| {
            let message = format!("the name of {} does not tell what it is", path.display());
            Failure::new(Exit::Usage, message).remedy("add --format symbols, routines or knowledge-graph")
        })?;
        let input = files::input(path, name, Reading::Table(format))?.ok_or_else(|| {
            let message = format!("{} is no text of UTF-8, or is larger than 64 MiB", path.display());
            Failure::new(Exit::Usage, message).remedy("convert or split it")
        })?;
        inputs.push(input);
    }
    let built = read(&inputs).map_err(refused)?;
    hand_in(context, graph, (&inputs, 0), built, Scope::Parts).await
}

fn refused(error: hafs_graph::import::ImportError) -> Failure {
    Failure::with_exit(Exit::Usage, &error).remedy("mend the table, or leave it out; nothing was stored")
}

/// The table of registers as a source.
fn shipped() -> Vec<SourceFacts> {
    let hash = ContentHash::of(registers::TABLE.as_bytes());
    let origin =
        Origin { path: registers::SOURCE, importer: registers::IMPORTER, version: registers::VERSION, hash };
    registers::facts().sources(&origin)
}

/// What is forgotten beside what is handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Every source that a build of folders made and this one has not, tables of an import apart.
    Whole,
    /// Only parts of the same files.
    Parts,
}

async fn hand_in(
    context: &Context,
    graph: &GraphName,
    (inputs, undecoded): (&[Input], u64),
    built: Built,
    scope: Scope,
) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    let (sources, facts) = (built.sources.len(), built.sources.iter().map(|source| source.facts.len()).sum());
    let parts = built.sources;
    let change = begin(context, &config, async |api| send(context, api, graph, parts, scope).await).await?;
    let report = Report {
        graph: graph.clone(),
        files: inputs.len(),
        lines: built.lines,
        sources,
        facts,
        stored: change.stored,
        unchanged: change.unchanged,
        removed: change.removed,
        unread: built.unread,
        undecoded,
        dangling: built.dangling,
        left_out: built.left_out,
    };
    context.out.result(&report, shown)?;
    Ok(Exit::Done)
}

async fn send(
    context: &Context,
    api: &Api,
    graph: &GraphName,
    sources: Vec<SourceFacts>,
    scope: Scope,
) -> Result<GraphChange, Failure> {
    let path = format!("/v1/graphs/{graph}/sources");
    let stored: Page<GraphSource> = api.list(&path, &[], EVERYTHING).await?;
    let mut sum = GraphChange::default();
    let mut batches = batches(changed(sources.clone(), &stored.items, &mut sum));
    for gone in gone(&sources, &stored.items, scope).chunks(BATCH_SOURCES) {
        batches.push(GraphBatch { sources: Vec::new(), gone: gone.to_vec() });
    }
    let total = batches.len();
    for (nth, batch) in batches.iter().enumerate() {
        let change: GraphChange = api.post(&path, batch).await?;
        sum.stored += change.stored;
        sum.unchanged += change.unchanged;
        sum.removed += change.removed;
        if total > 1 {
            context.out.note(format!("{} of {total} batches stored", nth + 1));
        }
    }
    Ok(sum)
}

/// Sources whose file or facts are not what the library has. The library compares facts again; this spares sending them.
fn changed(sources: Vec<SourceFacts>, stored: &[GraphSource], sum: &mut GraphChange) -> Vec<SourceFacts> {
    let known: BTreeMap<&str, &GraphSource> =
        stored.iter().map(|source| (source.source.as_str(), source)).collect();
    let same = |source: &SourceFacts| {
        let facts_hash = hafs_library::tables::graph::hash_of(&source.facts).ok();
        known.get(source.source.as_str()).is_some_and(|known| {
            known.hash == source.hash
                && known.version == source.version
                && known.importer == source.importer
                && Some(known.facts_hash) == facts_hash
        })
    };
    let (same, new): (Vec<_>, Vec<_>) = sources.into_iter().partition(|source| same(source));
    sum.unchanged += same.len() as u64;
    new
}

/// Sources that are not there any more.
fn gone(sources: &[SourceFacts], stored: &[GraphSource], scope: Scope) -> Vec<BoundedText<512>> {
    let present: std::collections::BTreeSet<&str> =
        sources.iter().map(|source| source.source.as_str()).collect();
    let file = |source: &str| source.split('#').next().unwrap_or(source).to_owned();
    let files: std::collections::BTreeSet<String> = present.iter().map(|source| file(source)).collect();
    let is_table = |source: &GraphSource| {
        [Format::Symbols, Format::Routines, Format::Knowledge]
            .iter()
            .any(|format| format.word() == source.importer.as_str())
    };
    let leaves = |source: &&GraphSource| {
        let absent = !present.contains(source.source.as_str());
        let meant = match scope {
            Scope::Whole => !is_table(source) || files.contains(&file(&source.source)),
            Scope::Parts => files.contains(&file(&source.source)),
        };
        absent && meant
    };
    stored.iter().filter(leaves).map(|source| source.source.clone()).collect()
}

/// Sources in batches that the coordinator takes.
fn batches(sources: Vec<SourceFacts>) -> Vec<GraphBatch> {
    let mut batches: Vec<GraphBatch> = Vec::new();
    let (mut facts, mut bytes) = (0, 0);
    for source in sources {
        let size = serde_json::to_vec(&source).map_or(BATCH_BYTES, |json| json.len());
        let fits = facts + source.facts.len() <= BATCH_FACTS && bytes + size <= BATCH_BYTES;
        match batches.last_mut().filter(|batch| fits && batch.sources.len() < BATCH_SOURCES) {
            Some(batch) => {
                facts += source.facts.len();
                bytes += size;
                batch.sources.push(source);
            }
            None => {
                (facts, bytes) = (source.facts.len(), size);
                batches.push(GraphBatch { sources: vec![source], gone: Vec::new() });
            }
        }
    }
    batches
}

fn shown(report: &Report) -> String {
    let mut rows = vec![
        ("graph", report.graph.to_string()),
        ("files", count(report.files as u64)),
        ("lines", count(report.lines)),
        ("facts", count(report.facts as u64)),
        ("sources stored", count(report.stored)),
        ("unchanged", count(report.unchanged)),
        ("forgotten", count(report.removed)),
    ];
    let more = [
        ("edges to nowhere, left out", report.dangling),
        ("facts too many, left out", report.left_out),
        ("files that are no text", report.undecoded),
        ("files not read", report.unread.len() as u64),
    ];
    rows.extend(
        more.into_iter().filter(|(_, number)| *number > 0).map(|(what, number)| (what, count(number))),
    );
    let unread = report.unread.iter().take(20);
    let lines: Vec<String> =
        unread.map(|(path, why)| format!("{}: {why}", crate::text::escape(path))).collect();
    format!("{}\n{}", pairs(rows), lines.join("\n"))
}
