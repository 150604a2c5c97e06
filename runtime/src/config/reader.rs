//! Takes the keys of a section out of the tree, and collects every mistake instead of ending at the first.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value as Json;

use super::document::{Content, Entry, Table};
use super::mistake::{Mistake, Origin, clip, closest};
use super::rules::Rulebook;
use super::schema::{Bound, Key, SectionSpec, prose};
use super::section::{Item, Section};
use super::value::{Rejection, Setting, Surroundings};
use super::{SECTIONS, legacy};
use crate::paths::Places;

/// Items of a list of sections at most.
const ITEMS: usize = 256;

/// What came of reading.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// What keeps the configuration from being used.
    pub mistakes: Vec<Mistake>,
    /// What does not.
    pub warnings: Vec<Mistake>,
    /// Where each value comes from that is not a default, by its whole key.
    pub origins: BTreeMap<String, Origin>,
}

impl Report {
    /// Adds a mistake about the value at `path`.
    pub fn blame(
        &mut self,
        path: &str,
        value: Option<&Json>,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.mistakes.push(Mistake {
            origin: self.origins.get(path).cloned().unwrap_or_default(),
            key: path.to_owned(),
            value: value.filter(|value| !value.is_null()).map(|value| clip(&value.to_string())),
            reason: reason.into(),
            remedy: remedy.into(),
        });
    }
}

/// One section while its keys are taken.
pub(super) struct Reader<'a> {
    spec: SectionSpec,
    path: String,
    origin: Origin,
    table: Option<&'a Table>,
    places: &'a Places,
    report: &'a mut Report,
}

/// Reads the section `[name]`, which may be absent.
pub(super) fn section<S: Section>(root: &Table, places: &Places, report: &mut Report) -> Option<S> {
    let path = S::SPEC.name.to_owned();
    let (origin, table) = match root.0.get(S::SPEC.name) {
        Some(Entry { origin, content: Content::Table(table) }) => (origin.clone(), Some(table)),
        Some(Entry { origin, content: Content::Value(_) | Content::Tables(_) }) => {
            report.origins.insert(path.clone(), origin.clone());
            report.blame(&path, None, "must be a section", format!("write `[{path}]` on a line of its own"));
            (origin.clone(), None)
        }
        None => (Origin::Default, None),
    };
    Reader { spec: S::SPEC, path, origin, table, places, report }.finish()
}

/// Reads the sections `[[name]]`.
pub(super) fn sections<S: Item>(root: &Table, places: &Places, report: &mut Report) -> Vec<S> {
    items(root.0.get(S::SPEC.name), S::SPEC.name, places, report)
}

fn items<S: Item>(entry: Option<&Entry>, path: &str, places: &Places, report: &mut Report) -> Vec<S> {
    let Some(Entry { origin, content }) = entry else { return Vec::new() };
    let tables = match content {
        Content::Tables(tables) => tables,
        // `providers = []` is the way to say that there are none.
        Content::Value(Json::Array(none)) if none.is_empty() => return Vec::new(),
        Content::Value(_) | Content::Table(_) => {
            report.origins.insert(path.to_owned(), origin.clone());
            report.blame(path, None, "must be a list of sections", format!("write `[[{path}]]` before each"));
            return Vec::new();
        }
    };
    if tables.len() > ITEMS {
        report.blame(path, None, format!("has more than {ITEMS} items"), "split the work over several runs");
        return Vec::new();
    }
    let mut items: Vec<S> = Vec::new();
    for (at, (origin, table)) in tables.iter().enumerate() {
        let path = format!("{path}.{}", label(table).unwrap_or_else(|| (at + 1).to_string()));
        let reader = Reader {
            spec: S::SPEC,
            path: path.clone(),
            origin: origin.clone(),
            table: Some(table),
            places,
            report,
        };
        let Some(item) = reader.finish::<S>() else { continue };
        if items.iter().any(|other| other.label() == item.label()) {
            report.blame(
                &format!("{path}.name"),
                None,
                "is the name of two items",
                "give each a name of its own",
            );
        }
        items.push(item);
    }
    items
}

/// The name of an item as it is written.
pub(super) fn label(table: &Table) -> Option<String> {
    match table.0.get("name").map(|entry| &entry.content) {
        Some(Content::Value(Json::String(name))) => Some(clip(name)),
        _ => None,
    }
}

impl Reader<'_> {
    fn finish<S: Section>(mut self) -> Option<S> {
        self.refuse_unknown();
        let section = S::read(&mut self)?;
        section.rules(&mut Rulebook::new(&self.path, self.report));
        Some(section)
    }

    /// Takes the value of a key: the one that is set, or else the default. A refused value is reported and
    /// replaced by the default; nothing comes out if there is none.
    pub fn take<T: Setting>(&mut self, name: &'static str) -> Option<T> {
        let key = self.spec.key(name)?;
        let path = format!("{}.{name}", self.path);
        let default = (key.default)();
        let Some(entry) = self.table.and_then(|table| table.0.get(name)) else {
            let value = T::read(&default, self.around(Path::new("")));
            return value.map_err(|rejection| self.missing(&path, key, rejection)).ok();
        };
        self.report.origins.insert(path.clone(), entry.origin.clone());
        let folder = match &entry.origin {
            Origin::File { path, .. } => path.parent().unwrap_or(Path::new("")),
            Origin::Default | Origin::Env { .. } | Origin::Flag { .. } => Path::new(""),
        };
        let (value, refused) = match &entry.content {
            Content::Value(value) => (Some(value), bounded::<T>(value, key, self.around(folder))),
            Content::Table(_) | Content::Tables(_) => (None, Err(Rejection::Form)),
        };
        match refused {
            Ok(value) => Some(value),
            Err(rejection) => {
                self.refuse(&path, value, key, rejection);
                T::read(&default, self.around(Path::new(""))).ok()
            }
        }
    }

    /// Takes the items of a list inside this section.
    pub fn list<T: Item>(&mut self, name: &'static str) -> Vec<T> {
        let entry = self.table.and_then(|table| table.0.get(name));
        items(entry, &format!("{}.{name}", self.path), self.places, self.report)
    }

    fn around<'s>(&'s self, folder: &'s Path) -> Surroundings<'s> {
        Surroundings { places: self.places, folder }
    }

    fn missing(&mut self, path: &str, key: &Key, rejection: Rejection) {
        let reason = match rejection {
            Rejection::Because(reason) => reason,
            Rejection::Form | Rejection::Hidden => format!("is required: {}", (key.form)()),
        };
        self.report.origins.entry(path.to_owned()).or_insert_with(|| self.origin.clone());
        self.report.blame(path, None, reason, example(key));
    }

    fn refuse(&mut self, path: &str, value: Option<&Json>, key: &Key, rejection: Rejection) {
        let (value, reason) = match rejection {
            Rejection::Form => (value, format!("must be {}", (key.form)())),
            Rejection::Hidden => (None, format!("must be {} (its value is not shown)", (key.form)())),
            Rejection::Because(reason) => (value, reason),
        };
        self.report.blame(path, value, reason, example(key));
    }

    fn refuse_unknown(&mut self) {
        let Some(table) = self.table else { return };
        for (name, entry) in &table.0 {
            if !self.spec.words().any(|word| word == name) {
                let path = format!("{}.{}", self.path, clip(name));
                self.report.origins.insert(path.clone(), entry.origin.clone());
                if legacy::has_no_effect(&path) {
                    self.report.blame(&path, None, legacy::NO_EFFECT, "remove it");
                    self.report.warnings.extend(self.report.mistakes.pop());
                } else {
                    self.report.blame(&path, None, "is not a key", suggestion(&self.spec, name));
                }
            }
        }
    }
}

fn bounded<T: Setting>(value: &Json, key: &Key, around: Surroundings<'_>) -> Result<T, Rejection> {
    if let (Bound::Between(least, greatest), Some(number)) = (key.bound, value.as_f64())
        && !(least..=greatest).contains(&number)
    {
        return Err(Rejection::Because(format!("must be from {least} to {greatest}")));
    }
    T::read(value, around)
}

fn example(key: &Key) -> String {
    let value = (key.example)();
    if value.is_null() { String::new() } else { format!("for example `{} = {value}`", key.name) }
}

/// What somebody who wrote an unknown key may have meant.
pub(super) fn suggestion(spec: &SectionSpec, name: &str) -> String {
    const KEYLIKE: [&str; 6] = ["key", "api_key", "token", "secret", "password", "apikey"];
    if KEYLIKE.contains(&name) && spec.key("key_env").is_some() {
        return "keys never stand in this file: name a variable with `key_env` or a file with `key_file`"
            .to_owned();
    }
    if let Some(meant) = closest(name, spec.words()) {
        return format!("did you mean `{meant}`?");
    }
    if let Some(other) = SECTIONS.iter().find(|section| section.key(name).is_some()) {
        return format!("there is one of this name in `{}`", other.name);
    }
    let words: Vec<_> = spec.words().collect();
    format!("`{}` has the keys {}", spec.name, words.join(", "))
}

/// Reports sections that do not exist.
pub(super) fn refuse_unknown_sections(root: &Table, report: &mut Report) {
    for (name, entry) in &root.0 {
        if !SECTIONS.iter().any(|section| section.name == name) {
            let path = clip(name);
            report.origins.insert(path.clone(), entry.origin.clone());
            report.blame(&path, None, "is not a section", section_suggestion(name));
        }
    }
}

/// What somebody who wrote an unknown section may have meant.
pub(super) fn section_suggestion(name: &str) -> String {
    if let Some(meant) = closest(name, SECTIONS.iter().map(|section| section.name)) {
        return format!("did you mean `{meant}`?");
    }
    if let Some(owner) = SECTIONS.iter().find(|section| section.key(name).is_some()) {
        return format!("`{name}` is a key of `{}`: write it below that section's line", owner.name);
    }
    let known = SECTIONS
        .iter()
        .map(|section| format!("`{}` ({})", section.name, first_line(section)))
        .collect::<Vec<_>>();
    format!("the sections are {}", known.join(", "))
}

fn first_line(section: &SectionSpec) -> &'static str {
    prose(section.about).next().unwrap_or_default().trim_end_matches('.')
}
