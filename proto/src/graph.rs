//! The knowledge graph: what is claimed about the things that a domain talks of, each claim with its source.
//!
//! An **entity** is a name in a family (`asm:Link_Main`, `mem:$7E0010`). A **claim** says that it exists, how it is called,
//! or how it stands to another one. A **fact** is a claim with its line, and facts come from a **source**: one file, read
//! by one version of one importer. Nothing else is stored, so a graph is the union of its sources, whatever the order in
//! which they came.

mod claim;
mod entity;
mod source;

pub use claim::{Certainty, Claim, EdgeClaim, Fact, NameClaim, NodeClaim, NodeKind, Relation};
pub use entity::{EntityError, EntityId, Family};
pub use source::{MAX_FACTS, SourceFacts};
