//! Where a seed came from, precisely enough to find it again.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::name::SourceName;

/// The origin of a seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The configured source.
    pub source: SourceName,
    /// What to look up there, for people: `3f2a9c1 src/main.rs`, `docs/guide.md:10-42`.
    pub locator: BoundedText<1024>,
    /// Samples whose group is the same never stand on two sides of a split: the source and the file that the
    /// seed is about.
    pub group: BoundedText<1024>,
    /// The commit, where the source has commits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<BoundedText<128>>,
    /// The path inside the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<BoundedText<1024>>,
    /// First and last line, from 1, where the seed is a part of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<(u32, u32)>,
    /// The licence found at the source (an SPDX expression, or the name of the licence file).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<BoundedText<256>>,
    /// Secrets that were replaced before the text left its host.
    #[serde(default)]
    pub redactions: u32,
}
