//! The description of keys and sections, from which reading, template, documentation and fingerprint follow.

use serde_json::Value as Json;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Flag,
    /// A number.
    Number,
    /// A text in quotes.
    Text,
    /// A list of texts.
    List,
}

/// What a key influences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Which samples come out: part of the fingerprint.
    Results,
    /// Only where and how fast things run.
    Operation,
}

/// Limits of a number, both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Whatever the type can hold.
    Any,
    /// From the first to the second.
    Between(f64, f64),
}

/// One key of a section.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name; the field of the checked struct is called the same.
    pub name: &'static str,
    /// What it means.
    pub about: &'static str,
    /// How its value is written.
    pub kind: Kind,
    /// Whether it may be left unset although it has no default.
    pub optional: bool,
    /// What its value is, in words.
    pub form: fn() -> String,
    /// Its value when nobody sets it; `null` when there is none.
    pub default: fn() -> Json,
    /// A value to show in the template; the default if there is one.
    pub example: fn() -> Json,
    /// What it influences.
    pub effect: Effect,
    /// Its limits.
    pub bound: Bound,
}

/// One section, `[name]` or `[[name]]`.
#[derive(Debug, Clone, Copy)]
pub struct SectionSpec {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// The lists inside each of its items.
    pub lists: &'static [Self],
    /// Whether there can be several, told apart by their key `name`.
    pub many: bool,
}

impl SectionSpec {
    /// The key of this name.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// Names of all keys and lists.
    pub(super) fn words(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|key| key.name).chain(self.lists.iter().map(|list| list.name))
    }
}

/// The lines of a documentation comment without the space that each begins with.
pub(super) fn prose(about: &'static str) -> impl Iterator<Item = &'static str> {
    about.lines().map(str::trim)
}
