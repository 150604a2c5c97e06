//! Functions, classes and the like.

use std::collections::BTreeMap;

use hafs_proto::SeedKind;

use super::class::{Class, classify, is_signed_by_generator};
use super::strand::{Splitter, TextFile, Wanted};
use crate::dissect::{self, Unit};
use crate::draft::{Find, Place};
use crate::error::HarvestError;
use crate::skip::Skip;
use crate::text::decode::is_minified;

/// Lines of the shortest unit that says something.
const SHORTEST: u32 = 3;
/// Lines of the longest unit that a small model can explain.
const LONGEST: u32 = 120;

/// Takes code in languages with a grammar.
pub(crate) struct CodeSplitter;

impl Splitter for CodeSplitter {
    fn name(&self) -> &'static str {
        "code"
    }

    fn wants(&self, path: &str) -> Wanted {
        match classify(path) {
            Class::Code(_) => Wanted::Yes,
            Class::Prose(_) | Class::OtherCode | Class::Junk(_) => Wanted::No,
        }
    }

    fn counts_files(&self) -> bool {
        true
    }

    fn refuses(&self, text: &str) -> Option<Skip> {
        if is_signed_by_generator(text) {
            Some(Skip::Generated)
        } else {
            is_minified(text).then_some(Skip::Minified)
        }
    }

    fn split(&self, file: &TextFile<'_>) -> Result<Vec<Result<Find, Skip>>, HarvestError> {
        let Class::Code(language) = classify(file.path) else { return Ok(Vec::new()) };
        Ok(match dissect::units(language, file.text) {
            Ok(units) => units.into_iter().map(|unit| find(file, language, unit)).collect(),
            Err(skip) => vec![Err(skip)],
        })
    }
}

fn find(file: &TextFile<'_>, language: &'static str, unit: Unit) -> Result<Find, Skip> {
    let (first, last) = unit.lines;
    match last.saturating_sub(first) + 1 {
        0..SHORTEST => return Err(Skip::UnitTooShort),
        SHORTEST..=LONGEST => {}
        _ => return Err(Skip::UnitTooLong),
    }
    let mut context = BTreeMap::from([
        ("path", file.path.to_owned()),
        ("name", unit.name.clone()),
        ("unit", unit.kind.to_owned()),
        ("signature", unit.signature),
    ]);
    let rewrites = dissect::rewrites(language, &unit.text);
    for (key, value) in [("doc", unit.doc), ("rewrites", rewrites)] {
        if !value.is_empty() {
            context.insert(key, value);
        }
    }
    Ok(Find {
        kind: SeedKind::CodeUnit,
        language,
        title: unit.name,
        text: unit.text,
        context,
        place: Place { lines: Some(unit.lines), ..file.place.clone() },
    })
}
