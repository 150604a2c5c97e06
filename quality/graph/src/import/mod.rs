//! What tables say: symbols of assemblers and emulators, lists of routines, somebody else's graph.
//!
//! A table that does not have the form of its kind is refused as a whole, with the place: half a table would look like
//! a whole one.

mod csv;
mod knowledge;
mod routines;
mod symbols;
mod table;

use hafs_proto::graph::{EntityId, Family};
use thiserror::Error;

use crate::facts::Facts;

/// The importers' version.
pub const VERSION: u32 = 1;
/// Bytes of a table.
pub const MAX_BYTES: usize = 64 << 20;

/// A kind of table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// `knowledge_graph.json` of hafs: nodes by key, edges.
    Knowledge,
    /// Symbol files: WLA-DX, asar, bsnes, no$sns, Mesen, VICE, ld65, nm.
    Symbols,
    /// Lists of routines, symbols or registers: CSV, JSON, tables of Markdown.
    Routines,
}

impl Format {
    /// The word for it, and the importer's name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Knowledge => "knowledge-graph",
            Self::Symbols => "symbols",
            Self::Routines => "routines",
        }
    }

    /// The kind of a file by its name; none where the name does not tell.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        let (stem, ending) = name.rsplit_once('.')?;
        match (stem, ending) {
            (_, "sym" | "mlb" | "lbl" | "lab" | "dbg" | "nm" | "cpu" | "symbols") => Some(Self::Symbols),
            (stem, "json") if stem.contains("graph") => Some(Self::Knowledge),
            (stem, "json" | "csv")
                if ["routines", "symbols", "registers", "hardware"]
                    .iter()
                    .any(|word| stem.contains(word)) =>
            {
                Some(Self::Routines)
            }
            _ => None,
        }
    }
}

/// Why a table was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file}{}: {field}: {why}", Self::place(*line))]
pub struct ImportError {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 where the table has none.
    pub line: u32,
    /// The field.
    pub field: String,
    /// What was found and what was expected.
    pub why: String,
}

impl ImportError {
    fn place(line: u32) -> String {
        if line == 0 { String::new() } else { format!(":{line}") }
    }
}

/// What a table says, and what it says of nothing.
#[derive(Debug, Clone, Default)]
pub struct Imported {
    /// Its facts.
    pub facts: Facts,
    /// Edges that name a node which the table does not have; they were left out.
    pub dangling: u64,
}

/// Reads a table.
///
/// # Errors
/// [`ImportError`] with the file, the line and the field.
pub fn read(format: Format, file: &str, text: &str) -> Result<Imported, ImportError> {
    let sheet = Sheet { file };
    if text.len() > MAX_BYTES {
        return Err(sheet.wrong(
            0,
            "(file)",
            format!("has {} bytes, more than {MAX_BYTES}; split it", text.len()),
        ));
    }
    let imported = match format {
        Format::Knowledge => knowledge::read(&sheet, text)?,
        Format::Symbols => Imported { facts: symbols::read(&sheet, text)?, dangling: 0 },
        Format::Routines => routines::read(&sheet, text)?,
    };
    if imported.facts.is_empty() {
        return Err(sheet.wrong(0, "(file)", format!("says nothing that is read as {}", format.word())));
    }
    Ok(imported)
}

/// A table that is being read, for its errors.
struct Sheet<'a> {
    file: &'a str,
}

impl Sheet<'_> {
    fn wrong(&self, line: u32, field: &str, why: impl Into<String>) -> ImportError {
        let clip = |text: &str| text.chars().take(120).collect::<String>();
        let why: String = why.into();
        ImportError { file: clip(self.file), line, field: clip(field), why: clip(&why) }
    }

    /// The entity of this name.
    fn entity(&self, line: u32, field: &str, family: Family, name: &str) -> Result<EntityId, ImportError> {
        EntityId::new(family, name).map_err(|error| self.wrong(line, field, error.to_string()))
    }
}
