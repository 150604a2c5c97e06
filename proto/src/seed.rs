//! Seeds: mined input.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::hash::ContentHash;
use crate::id::SeedId;
use crate::limits;
use crate::name::Domain;
use crate::provenance::Provenance;
use crate::time::Timestamp;

/// What a seed is; generators say which kinds they take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeedKind {
    /// One commit: its message and its diff.
    Commit,
    /// A TODO or FIXME with the code around it.
    Todo,
    /// A section of a document.
    DocSection,
    /// A function, method, class or similar.
    CodeUnit,
    /// A routine to be written, with the reference that it is held to.
    Routine,
}

impl SeedKind {
    /// Every kind.
    pub const ALL: &'static [Self] =
        &[Self::Commit, Self::Todo, Self::DocSection, Self::CodeUnit, Self::Routine];

    /// The word used in JSON, metrics and the library.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Todo => "todo",
            Self::DocSection => "doc_section",
            Self::CodeUnit => "code_unit",
            Self::Routine => "routine",
        }
    }
}

/// A seed as a worker hands it in: without id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedDraft {
    /// What it is.
    pub kind: SeedKind,
    /// What it is about: the language of code, `docs`, or what the source's configuration says.
    pub domain: Domain,
    /// One line for people: a commit's subject, a heading, a function's name.
    pub title: BoundedText<512>,
    /// The text itself: a diff, a section, a function.
    pub text: BoundedText<{ limits::SEED_TEXT_BYTES }>,
    /// More that generators may use, by name: `message`, `language`, `heading_path`, `signature`,
    /// `routine`.
    #[serde(default, deserialize_with = "crate::map::unique", skip_serializing_if = "BTreeMap::is_empty")]
    pub context: BTreeMap<String, BoundedText<{ limits::SEED_CONTEXT_BYTES }>>,
    /// Where it came from.
    pub provenance: Provenance,
}

impl SeedDraft {
    /// Identity of the content: the same text of the same kind and source is one seed, wherever it is found.
    #[must_use]
    pub fn content_hash(&self) -> ContentHash {
        ContentHash::of_parts([
            self.kind.word(),
            self.domain.as_str(),
            self.provenance.source.as_str(),
            &self.title,
            &self.text,
        ])
    }
}

/// A seed as the library holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// Its id.
    pub id: SeedId,
    /// Identity of its content.
    pub content_hash: ContentHash,
    /// When it was first mined.
    pub created_at: Timestamp,
    /// The rest.
    pub draft: SeedDraft,
}
