//! The facts of one source.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::claim::Fact;
use crate::bounded::BoundedText;
use crate::hash::ContentHash;
use crate::name::GeneratorName;

/// Facts of one source; a larger file is handed in as several.
pub const MAX_FACTS: usize = 20_000;

/// All that one source says, as one importer read it. It takes the place of what the source said before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceFacts {
    /// Its path from the root that was read, with `/`.
    pub source: BoundedText<512>,
    /// What read it: `asm65816`, `cpp`, `symbols`.
    pub importer: GeneratorName,
    /// The version of the importer; raised whenever it reads the same file otherwise.
    pub version: u32,
    /// Hash of the file's bytes.
    pub hash: ContentHash,
    /// Its facts in canonical order, at most [`MAX_FACTS`].
    pub facts: Vec<Fact>,
}

impl SourceFacts {
    /// Brings the facts into their one order, each of them once.
    pub fn settle(&mut self) {
        self.facts.sort();
        self.facts.dedup();
    }

    /// Whether the facts are in their one order, each of them once.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.facts.windows(2).all(|pair| pair[0] < pair[1])
    }
}
