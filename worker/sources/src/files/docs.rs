//! Sections of documents.

use std::collections::BTreeMap;

use hafs_proto::SeedKind;

use super::class::{Class, classify, is_signed_by_generator};
use super::strand::{Splitter, TextFile, Wanted};
use crate::dissect::{self, Section};
use crate::draft::{Find, Place};
use crate::error::HarvestError;
use crate::skip::Skip;
use crate::text::{paragraphs, prose};

/// Bytes of the longest section: about what a model with a context of 8,192 tokens can answer about.
const SECTION_BYTES: usize = 16 * 1024;

/// Takes documents, and counts the files that nobody takes.
pub(crate) struct DocSplitter;

impl Splitter for DocSplitter {
    fn name(&self) -> &'static str {
        "docs"
    }

    fn wants(&self, path: &str) -> Wanted {
        match classify(path) {
            Class::Prose(_) => Wanted::Yes,
            Class::Code(_) => Wanted::No,
            Class::OtherCode => Wanted::Skip(Skip::NoGrammar),
            Class::Junk(skip) => Wanted::Skip(skip),
        }
    }

    fn counts_files(&self) -> bool {
        true
    }

    fn refuses(&self, text: &str) -> Option<Skip> {
        is_signed_by_generator(text).then_some(Skip::Generated)
    }

    fn split(&self, file: &TextFile<'_>) -> Result<Vec<Result<Find, Skip>>, HarvestError> {
        let markdown = classify(file.path) == Class::Prose("markdown");
        let sections = if markdown { dissect::sections(file.text) } else { paragraphs::sections(file.text) };
        Ok(sections.into_iter().map(|section| find(file, section, markdown)).collect())
    }
}

fn find(file: &TextFile<'_>, section: Section, markdown: bool) -> Result<Find, Skip> {
    prose::judge(&section.text)?;
    if section.text.len() > SECTION_BYTES {
        return Err(Skip::TooLong);
    }
    let path = section.heading_path.join(" > ");
    let title = section.heading_path.last().cloned().unwrap_or_else(|| first_line(&section.text));
    let mut context = BTreeMap::from([("path", file.path.to_owned())]);
    if !path.is_empty() {
        context.insert("heading_path", path);
    }
    Ok(Find {
        kind: SeedKind::DocSection,
        language: if markdown { "markdown" } else { "text" },
        title,
        text: section.text,
        context,
        place: Place { lines: Some(section.lines), ..file.place.clone() },
    })
}

fn first_line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}
