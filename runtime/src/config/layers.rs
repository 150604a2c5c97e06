//! Environment variables and flags, laid over the file.
//!
//! `HAFS_<SECTION>__<KEY>` sets a key of a section, `HAFS_<SECTION>__<NAME>__<KEY>` one of a named item (in its
//! name, everything but letters and digits is written `_`). Flags name the same keys as `section.key` and
//! `section.name.key`.

use serde_json::{Value as Json, json};

use super::SECTIONS;
use super::document::{Content, Entry, Table};
use super::mistake::{Origin, clip};
use super::reader::{Report, label, section_suggestion, suggestion};
use super::schema::{Key, Kind, SectionSpec};
use crate::env::Environment;

/// A key set by a flag of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The whole key: `coordinator.listen`, `providers.ollama.base_url`.
    pub key: String,
    /// The value as typed; list items are separated by commas.
    pub value: String,
    /// The flag, for messages: `--listen`.
    pub flag: String,
}

/// One value to be laid over the file.
struct Layer<'a> {
    path: String,
    section: String,
    item: Option<String>,
    key: String,
    text: &'a str,
    origin: Origin,
}

/// Lays all variables `HAFS_…__…` over the tree.
pub(super) fn lay_environment(root: &mut Table, env: &Environment, report: &mut Report) {
    for (name, text) in env.iter() {
        let Some(rest) = name.strip_prefix("HAFS_").filter(|rest| rest.contains("__")) else { continue };
        let rest = rest.to_lowercase();
        let parts: Vec<&str> = rest.split("__").collect();
        let origin = Origin::Env { name: clip(name) };
        lay_parts(root, &parts, text, origin, report);
    }
}

/// Lays all flags over the tree.
pub(super) fn lay_flags(root: &mut Table, flags: &[Override], report: &mut Report) {
    for flag in flags {
        // An item's name may have points, a section's and a key's have not.
        let (section, rest) = flag.key.split_once('.').unwrap_or((&flag.key, ""));
        let parts = match rest.rsplit_once('.') {
            Some((item, key)) => vec![section, item, key],
            None => vec![section, rest],
        };
        lay_parts(root, &parts, &flag.value, Origin::Flag { name: clip(&flag.flag) }, report);
    }
}

fn lay_parts(root: &mut Table, parts: &[&str], text: &str, origin: Origin, report: &mut Report) {
    let path = clip(&parts.join("."));
    let (section, item, key) = match *parts {
        [section, key] => (section, None, key),
        [section, item, key] => (section, Some(item.to_owned()), key),
        _ => {
            report.origins.insert(path.clone(), origin);
            return report.blame(&path, None, "is not a key", "a key is `section.key` or `section.name.key`");
        }
    };
    let layer = Layer { path, section: section.to_owned(), item, key: key.to_owned(), text, origin };
    if let Err((reason, remedy)) = layer.lay(root) {
        report.origins.insert(layer.path.clone(), layer.origin);
        report.blame(&layer.path, None, reason, remedy);
    }
}

/// Why a value cannot be laid over the file, and what to do.
type Refusal = (String, String);

impl Layer<'_> {
    fn lay(&self, root: &mut Table) -> Result<(), Refusal> {
        let spec = SECTIONS.iter().find(|section| section.name == self.section);
        let spec = spec.ok_or_else(|| ("is in no section".to_owned(), section_suggestion(&self.section)))?;
        let key =
            spec.key(&self.key).ok_or_else(|| ("is not a key".to_owned(), suggestion(spec, &self.key)))?;
        let value = read(self.text, key)?;
        let table = self.table(root, spec)?;
        table
            .0
            .insert(self.key.clone(), Entry { origin: self.origin.clone(), content: Content::Value(value) });
        Ok(())
    }

    fn table<'t>(&self, root: &'t mut Table, spec: &SectionSpec) -> Result<&'t mut Table, Refusal> {
        match (spec.many, &self.item) {
            (false, None) => self.plain(root),
            (true, Some(item)) => named(root, spec.name, item),
            (false, Some(_)) => {
                Err(("is not a key".to_owned(), format!("`{}` has no named items", spec.name)))
            }
            (true, None) => {
                Err(("is not a key".to_owned(), format!("say which: `{0}.NAME.{1}`", spec.name, self.key)))
            }
        }
    }

    fn plain<'t>(&self, root: &'t mut Table) -> Result<&'t mut Table, Refusal> {
        let empty = || Entry { origin: self.origin.clone(), content: Content::Table(Table::default()) };
        match &mut root.0.entry(self.section.clone()).or_insert_with(empty).content {
            Content::Table(table) => Ok(table),
            Content::Value(_) | Content::Tables(_) => Err((
                "cannot be set".to_owned(),
                format!("what the file has as `{0}` is no section `[{0}]`", self.section),
            )),
        }
    }
}

fn named<'t>(root: &'t mut Table, section: &str, item: &str) -> Result<&'t mut Table, Refusal> {
    let unknown = || {
        ("is of an item that the file has not".to_owned(), format!("add it to the file as `[[{section}]]`"))
    };
    match root.0.get_mut(section).map(|entry| &mut entry.content) {
        Some(Content::Tables(tables)) => tables
            .iter_mut()
            .map(|(_, table)| table)
            .find(|table| label(table).is_some_and(|name| plain(&name) == plain(item)))
            .ok_or_else(unknown),
        Some(Content::Value(_) | Content::Table(_)) | None => Err(unknown()),
    }
}

/// A name as it can stand in a variable.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}

/// A value as people type it on a command line, by what the key takes.
fn read(text: &str, key: &Key) -> Result<Json, Refusal> {
    let refused = || (format!("must be {}, not `{}`", (key.form)(), clip(text)), String::new());
    match key.kind {
        Kind::Text => Ok(json!(text)),
        Kind::Flag => text.parse::<bool>().map(Json::from).map_err(|_| refused()),
        Kind::Number => match serde_json::from_str(text) {
            Ok(Json::Number(number)) => Ok(Json::Number(number)),
            _ => Err(refused()),
        },
        Kind::List if text.trim_start().starts_with('[') => serde_json::from_str(text).map_err(|_| refused()),
        Kind::List => {
            Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Json::from).collect())
        }
    }
}
