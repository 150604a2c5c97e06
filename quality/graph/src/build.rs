//! A set of files, read together. What comes of it does not depend on their order.

use std::collections::{BTreeMap, BTreeSet};

pub use hafs_asm65816::syntax::Dialect;
use hafs_asm65816::syntax::{Program, parse};
use hafs_proto::ContentHash;
use hafs_proto::graph::SourceFacts;
use hafs_quality::syntax::Language;

use crate::extract::{assembly, code, links};
use crate::facts::{Facts, Origin};
use crate::import::{self, Format, ImportError};

/// Rounds until values that rest on other files' values are known.
const ROUNDS: usize = 4;

/// A file that is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Its path from the root, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Hash of its bytes.
    pub hash: ContentHash,
    /// How it is to be read, where its name does not tell.
    pub reading: Reading,
}

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// 65816 assembly; without a dialect its own words tell.
    Assembly(Option<Dialect>),
    /// Code of another language.
    Code(Language),
    /// A document of Markdown.
    Document,
    /// A table.
    Table(Format),
}

impl Reading {
    /// How a file is read, by its name; none for files that are not.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        if let Some(format) = Format::of_path(path) {
            return Some(Self::Table(format));
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "asm" | "s" | "65816" | "asar" | "a65" | "inc" => Some(Self::Assembly(None)),
            "md" | "markdown" => Some(Self::Document),
            _ => Language::of_path(path).filter(|it| code::importer(*it).is_some()).map(Self::Code),
        }
    }
}

/// What a set of files says.
#[derive(Debug, Default)]
pub struct Built {
    /// The sources, by path.
    pub sources: Vec<SourceFacts>,
    /// Files that were not read, by path, with the reason.
    pub unread: BTreeMap<String, String>,
    /// Edges of tables that name nodes which they do not have.
    pub dangling: u64,
    /// Facts that were too many for their file.
    pub left_out: u64,
    /// Lines that were read.
    pub lines: u64,
}

/// Reads a set of files.
///
/// # Errors
/// [`ImportError`] of a table that does not have the form of its kind.
pub fn build(inputs: &[Input]) -> Result<Built, ImportError> {
    let mut built = Built::default();
    let paths: BTreeSet<&str> = inputs.iter().map(|input| input.path.as_str()).collect();
    let (assemblies, names) = assemblies(inputs, &mut built);
    let (codes, functions) = codes(inputs, &mut built);
    for (nth, input) in inputs.iter().enumerate() {
        let (facts, importer, version) = match input.reading {
            Reading::Assembly(_) => match assemblies.get(&nth) {
                Some(program) => {
                    let facts = assembly::facts(&input.path, &input.text, program, &names);
                    (facts, assembly::IMPORTER, assembly::VERSION)
                }
                None => continue,
            },
            Reading::Code(language) => match (codes.get(&nth), code::importer(language)) {
                (Some(read), Some((importer, _))) => {
                    (code::facts(&input.path, &input.text, read, &functions), importer, code::VERSION)
                }
                _ => continue,
            },
            Reading::Document => {
                let facts = links::facts(&input.path, &input.text, &|path| paths.contains(path));
                (facts, links::IMPORTER, links::VERSION)
            }
            Reading::Table(format) => {
                let imported = import::read(format, &input.path, &input.text)?;
                built.dangling += imported.dangling;
                (imported.facts, format.word(), import::VERSION)
            }
        };
        built.lines += u64::try_from(input.text.lines().count()).unwrap_or(u64::MAX);
        built.take(input, facts, (importer, version));
    }
    built.sources.sort_by(|a, b| a.source.cmp(&b.source));
    Ok(built)
}

impl Built {
    fn take(&mut self, input: &Input, facts: Facts, (importer, version): (&str, u32)) {
        self.left_out += facts.left_out();
        let sources = facts.sources(&Origin { path: &input.path, importer, version, hash: input.hash });
        if sources.is_empty() {
            self.unread.insert(input.path.clone(), "its path is longer than 512 bytes".to_owned());
        }
        self.sources.extend(sources);
    }
}

fn assemblies<'i>(inputs: &'i [Input], built: &mut Built) -> (BTreeMap<usize, Program<'i>>, assembly::Known) {
    let (mut programs, mut names) = (BTreeMap::new(), assembly::Known::default());
    for (nth, input) in inputs.iter().enumerate() {
        let Reading::Assembly(dialect) = input.reading else { continue };
        match parse(&input.text, dialect) {
            Ok(program) => {
                programs.insert(nth, program);
            }
            Err(error) => {
                built.unread.insert(input.path.clone(), error.to_string());
            }
        }
    }
    // A value may rest on one of another file, which may rest on one of a third.
    for _ in 0..ROUNDS {
        let before = std::mem::take(&mut names);
        programs.iter().for_each(|(nth, program)| names.learn(&inputs[*nth].text, program, &before));
        if names == before {
            break;
        }
    }
    (programs, names)
}

fn codes(inputs: &[Input], built: &mut Built) -> (BTreeMap<usize, code::Code>, code::Functions) {
    let (mut codes, mut functions) = (BTreeMap::new(), code::Functions::default());
    for (nth, input) in inputs.iter().enumerate() {
        let Reading::Code(language) = input.reading else { continue };
        let Some((_, family)) = code::importer(language) else { continue };
        match code::read(language, family, &input.text) {
            Ok(read) => {
                functions.learn(&read);
                codes.insert(nth, read);
            }
            Err(error) => {
                built.unread.insert(input.path.clone(), error.to_string());
            }
        }
    }
    (codes, functions)
}
