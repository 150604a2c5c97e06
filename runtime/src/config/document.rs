//! The configuration file as a tree whose every value knows its line.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value as Json, json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::{Mistake, Origin, clip};

/// Tables inside tables that are looked at; no key lies deeper.
const DEPTH: usize = 4;

/// Keys and what they hold.
#[derive(Debug, Default)]
pub(super) struct Table(pub BTreeMap<String, Entry>);

/// What a key holds, and where that was said.
#[derive(Debug)]
pub(super) struct Entry {
    pub origin: Origin,
    pub content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    /// A text, number, flag, or list of these.
    Value(Json),
    /// `[name]`.
    Table(Table),
    /// `[[name]]`, each with the place where it begins.
    Tables(Vec<(Origin, Table)>),
}

/// Reads a TOML document. What cannot be read is added to `mistakes`.
pub(super) fn parse(text: &str, file: &Path, mistakes: &mut Vec<Mistake>) -> Table {
    let mut reading = Reading { file, lines: line_starts(text), mistakes };
    let (document, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return reading.table(document.get_ref(), "", DEPTH);
    }
    for error in errors {
        let origin = reading.origin(error.span().map_or(0, |span| span.start));
        let reason = format!("is not TOML: {}", error.message());
        reading.mistakes.push(Mistake {
            origin,
            key: String::new(),
            value: None,
            reason,
            remedy: String::new(),
        });
    }
    Table::default()
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

struct Reading<'a> {
    file: &'a Path,
    lines: Vec<usize>,
    mistakes: &'a mut Vec<Mistake>,
}

impl Reading<'_> {
    fn origin(&self, at: usize) -> Origin {
        let line = self.lines.partition_point(|start| *start <= at);
        Origin::File { path: self.file.to_owned(), line }
    }

    fn table(&mut self, table: &DeTable<'_>, path: &str, depth: usize) -> Table {
        let mut entries = BTreeMap::new();
        for (name, value) in table {
            let origin = self.origin(name.span().start);
            let name = name.get_ref().to_string();
            let path = if path.is_empty() { clip(&name) } else { format!("{path}.{}", clip(&name)) };
            match self.content(value, &path, depth) {
                Ok(content) => drop(entries.insert(name, Entry { origin, content })),
                Err(reason) => {
                    let reason = reason.to_owned();
                    self.mistakes.push(Mistake {
                        origin,
                        key: path,
                        value: None,
                        reason,
                        remedy: String::new(),
                    });
                }
            }
        }
        Table(entries)
    }

    fn content(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        path: &str,
        depth: usize,
    ) -> Result<Content, &'static str> {
        let Some(depth) = depth.checked_sub(1) else { return Ok(Content::Value(Json::Null)) };
        match value.get_ref() {
            DeValue::Table(table) => Ok(Content::Table(self.table(table, path, depth))),
            DeValue::Array(items)
                if !items.is_empty() && items.iter().all(|item| item.get_ref().is_table()) =>
            {
                let tables =
                    items.iter().filter_map(|item| Some((item.span().start, item.get_ref().as_table()?)));
                Ok(Content::Tables(
                    tables.map(|(at, table)| (self.origin(at), self.table(table, path, depth))).collect(),
                ))
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_) => json_of(value.get_ref()).map(Content::Value),
        }
    }
}

fn json_of(value: &DeValue<'_>) -> Result<Json, &'static str> {
    match value {
        DeValue::String(text) => Ok(json!(text)),
        DeValue::Boolean(flag) => Ok(json!(flag)),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map(|number| json!(number))
            .map_err(|_| "does not fit into 64 bits"),
        DeValue::Float(number) => match number.as_str().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(json!(number)),
            _ => Err("must be a finite number"),
        },
        DeValue::Array(items) => items.iter().map(|item| json_of(item.get_ref())).collect(),
        DeValue::Datetime(_) => Err("is a date, which no key takes"),
        DeValue::Table(_) => Err("mixes tables with other items"),
    }
}
