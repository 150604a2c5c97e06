//! Builds a graph from a folder and says what it came to: files, lines a second, facts, bytes, and whether a second build
//! gives the same bytes. With symbol files behind the folder it compares labels with them.
//!
//! `cargo run --release -p hafs-graph --example measure -- FOLDER [SYMBOLS…]`
#![expect(clippy::print_stdout, reason = "a program for people")]
#![expect(clippy::disallowed_methods, reason = "it measures")]

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

use hafs_graph::build::{Input, Reading, build};
use hafs_graph::import::Format;
use hafs_graph::lexicon::Lexicon;
use hafs_graph::registers;
use hafs_graph::text::{Standing, mentions};
use hafs_proto::ContentHash;
use hafs_proto::graph::{Certainty, Claim, Family, NodeKind, SourceFacts};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let root = arguments.next().ok_or("give a folder")?;
    let mut inputs = Vec::new();
    walk(Path::new(&root), Path::new(&root), &mut inputs)?;
    let start = Instant::now();
    let built = build(&inputs)?;
    let took = start.elapsed().as_secs_f64();
    let bytes = serde_json::to_vec(&built.sources)?;
    inputs.reverse();
    let again = serde_json::to_vec(&build(&inputs)?.sources)?;
    let facts: usize = built.sources.iter().map(|source| source.facts.len()).sum();
    println!(
        "files {}, lines {}, {took:.2} s, {:.0} lines a second",
        inputs.len(),
        built.lines,
        lines(built.lines) / took
    );
    println!(
        "sources {}, facts {facts}, JSON {} bytes, the same twice: {}",
        built.sources.len(),
        bytes.len(),
        bytes == again
    );
    println!("not read: {:?}", built.unread.iter().take(5).collect::<Vec<_>>());
    edges(&built.sources);
    for symbols in arguments {
        compare(&built.sources, &symbols)?;
    }
    speak(&built.sources, &inputs);
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn lines(number: u64) -> f64 {
    number as f64
}

fn walk(root: &Path, folder: &Path, inputs: &mut Vec<Input>) -> Result<(), Box<dyn Error>> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(root, &path, inputs)?;
            continue;
        }
        let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
        let Some(reading @ (Reading::Assembly(_) | Reading::Code(_) | Reading::Document)) =
            Reading::of_path(&name)
        else {
            continue;
        };
        if let Ok(text) = std::fs::read_to_string(&path) {
            inputs.push(Input { path: name, hash: ContentHash::of(text.as_bytes()), text, reading });
        }
    }
    Ok(())
}

fn edges(sources: &[SourceFacts]) {
    let mut counts = [0_u64; 3];
    for fact in sources.iter().flat_map(|source| &source.facts) {
        if let Claim::Edge(edge) = &fact.claim {
            counts[match edge.certainty {
                Certainty::Exact => 0,
                Certainty::Assumed => 1,
                Certainty::Undecided => 2,
            }] += 1;
        }
    }
    println!("edges: {} exact, {} assumed, {} undecided", counts[0], counts[1], counts[2]);
}

/// Names of labels of the whole program.
fn labels(sources: &[SourceFacts]) -> BTreeSet<&str> {
    let label = |claim: &&Claim| match claim {
        Claim::Node(node) => {
            node.id.family() == Family::Asm
                && matches!(node.kind, NodeKind::Routine | NodeKind::Symbol | NodeKind::Constant)
        }
        Claim::Name(_) | Claim::Edge(_) => false,
    };
    sources
        .iter()
        .flat_map(|source| &source.facts)
        .map(|fact| &fact.claim)
        .filter(label)
        .map(|claim| claim.subject().name())
        .collect()
}

fn compare(sources: &[SourceFacts], path: &str) -> Result<(), Box<dyn Error>> {
    let text = std::fs::read_to_string(path)?;
    let reading = Reading::Table(Format::Symbols);
    let table = build(&[Input { path: path.to_owned(), hash: ContentHash::of(b""), text, reading }])?;
    let (ours, theirs) = (labels(sources), labels(&table.sources));
    let theirs: BTreeSet<&str> =
        theirs.into_iter().filter(|name| !name.starts_with(['@', '_', '.'])).collect();
    let missing: Vec<&&str> = theirs.difference(&ours).collect();
    println!(
        "{path}: {} of {} symbols are labels here; missing {:?}",
        theirs.len() - missing.len(),
        theirs.len(),
        missing.iter().take(12).collect::<Vec<_>>()
    );
    Ok(())
}

/// What the documents and comments of the folder speak of.
fn speak(sources: &[SourceFacts], inputs: &[Input]) {
    let mut lexicon = Lexicon::default();
    registers::facts().claims().for_each(|(claim, _)| lexicon.add(claim));
    sources.iter().flat_map(|source| &source.facts).for_each(|fact| lexicon.add(&fact.claim));
    let start = Instant::now();
    let (mut known, mut unknown, mut bytes) = (0, 0, 0);
    for input in inputs {
        let text = match input.reading {
            Reading::Document => input.text.clone(),
            Reading::Assembly(_) => comments(&input.text),
            Reading::Code(_) | Reading::Table(_) => continue,
        };
        bytes += text.len();
        for (nth, mention) in mentions(&text, &lexicon, &BTreeSet::new()).iter().enumerate() {
            let around = around(&text, mention.range.start);
            match &mention.standing {
                Standing::Known(ids) => {
                    known += 1;
                    if nth % 37 == 5 {
                        println!("  known {} {:?} | {around}", mention.text, ids.first());
                    }
                }
                Standing::Unknown { nearest } => {
                    unknown += 1;
                    if unknown % 9 == 1 {
                        println!("  unknown {} near {nearest:?} | {around}", mention.text);
                    }
                }
            }
        }
    }
    println!(
        "names {}, text {bytes} bytes in {:.2} s: {known} known, {unknown} unknown",
        lexicon.len(),
        start.elapsed().as_secs_f64()
    );
}

fn comments(text: &str) -> String {
    text.lines().filter_map(|line| line.split_once(';')).map(|(_, comment)| format!("{comment}\n")).collect()
}

fn around(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |start| start + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    &text[start..end.min(text.floor_char_boundary(start + 120))]
}
