//! What a name means: the names of a graph in memory, for looking many of them up.

use std::collections::{BTreeMap, BTreeSet};

use hafs_proto::graph::{Claim, EntityId, Family, NodeKind};

use crate::address::{Place, Region, Spelled};
use crate::fold::fold;

/// Names that have to share a stem before it is the graph's own: `Link_` of `Link_Main`, `Link_Run`, `Link_Stop`.
const STEM_NAMES: u32 = 3;
/// Letters of a stem.
const STEM_CHARS: usize = 3;
/// The shortest name that is looked for with one letter wrong.
/// Source: the project's guide on grounding: edit distance of 1 on 6 characters or more.
const NEAR_CHARS: usize = 6;

/// The names of a graph.
#[derive(Debug, Clone, Default)]
pub struct Lexicon {
    names: BTreeMap<String, BTreeSet<EntityId>>,
    folded: BTreeMap<String, BTreeSet<String>>,
    stems: BTreeMap<String, u32>,
    scopes: BTreeSet<String>,
    /// Addresses that entities are said to have.
    addresses: BTreeMap<EntityId, BTreeSet<Place>>,
    files: BTreeSet<String>,
    defines: bool,
}

impl Lexicon {
    /// Takes in what a fact says of names.
    pub fn add(&mut self, claim: &Claim) {
        match claim {
            Claim::Node(node) => {
                self.name(&node.id, node.id.name());
                self.address(&node.id, node.kind, node.value);
                match node.id.family() {
                    Family::File => {
                        self.files.insert(node.id.name().to_owned());
                    }
                    Family::Cpp | Family::Rust | Family::Python if node.kind == NodeKind::Class => {
                        self.scopes.insert(node.id.name().to_owned());
                    }
                    Family::Asm => self.defines |= node.id.name().starts_with('!'),
                    Family::Cpp
                    | Family::Rust
                    | Family::Python
                    | Family::Mem
                    | Family::Document
                    | Family::Concept
                    | Family::Project => {}
                }
            }
            Claim::Name(name) => self.name(&name.id, &name.name),
            Claim::Edge(_) => {}
        }
    }

    fn name(&mut self, id: &EntityId, name: &str) {
        let spoken =
            matches!(id.family(), Family::Asm | Family::Mem | Family::Cpp | Family::Rust | Family::Python);
        // Files are looked up by path; documents and ideas are called by words that mean other things too.
        if !spoken {
            return;
        }
        let mut rest = name;
        loop {
            if self.names.entry(rest.to_owned()).or_default().insert(id.clone()) {
                self.folded.entry(fold(rest)).or_default().insert(rest.to_owned());
            }
            match rest.split_once("::") {
                Some((_, behind)) => rest = behind,
                None => break,
            }
        }
        if id.family() == Family::Asm
            && let Some(stem) = stem(name)
        {
            *self.stems.entry(stem.to_owned()).or_default() += 1;
        }
    }

    fn address(&mut self, id: &EntityId, kind: NodeKind, value: Option<u32>) {
        // A constant's value is no place of its own.
        let value = value.filter(|value| *value <= 0xff_ffff && kind != NodeKind::Constant);
        if let Some(place) = Place::of_entity(id).or(value.map(Place::of)) {
            self.addresses.entry(id.clone()).or_default().insert(place);
        }
    }

    /// Whether it has no name at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// How many names it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// What a name means: by its spelling, else by its letters alone, else as an address.
    #[must_use]
    pub fn resolve(&self, text: &str) -> Vec<EntityId> {
        if let Some(spelled) = Spelled::read(text) {
            let entity = spelled.place().entity();
            return if self.names.contains_key(entity.name()) { vec![entity] } else { Vec::new() };
        }
        if let Some(ids) = self.names.get(text) {
            return ids.iter().cloned().collect();
        }
        let spellings = self.folded.get(&fold(text)).into_iter().flatten();
        let ids: BTreeSet<EntityId> =
            spellings.filter_map(|name| self.names.get(name)).flatten().cloned().collect();
        ids.into_iter().collect()
    }

    /// Whether the graph has this very spelling.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    /// Whether the graph has this spelling, sigils and case apart.
    #[must_use]
    pub fn has_like(&self, name: &str) -> bool {
        self.folded.contains_key(&fold(name))
    }

    /// Whether a path is one of the graph's files; none when it has no files.
    #[must_use]
    pub fn is_file(&self, path: &str) -> Option<bool> {
        let ends =
            |file: &String| file == path || file.strip_suffix(path).is_some_and(|head| head.ends_with('/'));
        (!self.files.is_empty()).then(|| self.files.contains(path) || self.files.iter().any(ends))
    }

    /// Whether a name that the graph does not have is one that it would have, if there were such a thing: a define where
    /// defines are used, a register's address, a name with a stem or in a type that are the graph's own, or one that
    /// differs from a known name by a letter.
    #[must_use]
    pub fn claims(&self, name: &str) -> bool {
        if let Some(spelled) = Spelled::read(name) {
            return spelled.place().region() == Region::Register && self.has("INIDISP");
        }
        if name.starts_with('!') {
            return self.defines;
        }
        if let Some((scope, _)) = name.rsplit_once("::") {
            return self.scopes.contains(scope);
        }
        let own = stem(name).and_then(|stem| self.stems.get(stem)).is_some_and(|names| *names >= STEM_NAMES);
        own || self.nearest(name).is_some()
    }

    /// The known name that differs from this one by a letter: added, left out, changed, or changed places with the next.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let wanted = fold(name);
        if wanted.chars().count() < NEAR_CHARS {
            return None;
        }
        let close = |known: &&String| {
            known.len().abs_diff(wanted.len()) <= 1
                && known.chars().count() >= NEAR_CHARS
                && strsim::osa_distance(known, &wanted) == 1
                && !numbered(known, &wanted)
        };
        // Nearly every slip leaves the first letter or all behind the first; the first is looked for where it is cheap.
        let first = wanted.chars().next().map(String::from).unwrap_or_default();
        let near = self.folded.range(first.clone()..).take_while(|(known, _)| known.starts_with(&first));
        let found = near.map(|(known, _)| known).find(close)?;
        self.folded.get(found)?.first().map(String::as_str)
    }

    /// The places that entities are said to lie at.
    #[must_use]
    pub fn places(&self, ids: &[EntityId]) -> BTreeSet<Place> {
        ids.iter().filter_map(|id| self.addresses.get(id)).flatten().copied().collect()
    }
}

/// Names that differ by a digit are two things, not one written wrongly: `JOY1L`, `JOY2L`.
fn numbered(a: &str, b: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    letters(a) == letters(b)
}

/// The part of a name before its first underscore.
fn stem(name: &str) -> Option<&str> {
    let (stem, rest) = name.split_once('_')?;
    let fits =
        stem.len() >= STEM_CHARS && !rest.is_empty() && stem.starts_with(|c: char| c.is_ascii_alphabetic());
    fits.then_some(stem)
}
