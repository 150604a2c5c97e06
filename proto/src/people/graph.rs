//! What people see of a knowledge graph, and how it is made.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::graph::{EntityId, Fact, NodeKind, Relation, SourceFacts};
use crate::hash::ContentHash;
use crate::name::{GeneratorName, GraphName};
use crate::time::Timestamp;

/// Sources that are new or have changed, and those that are gone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphBatch {
    /// Each takes the place of what it said before.
    #[serde(default)]
    pub sources: Vec<SourceFacts>,
    /// Sources that are to be forgotten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<BoundedText<512>>,
}

/// What a batch has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphChange {
    /// Sources whose facts were stored.
    pub stored: u64,
    /// Sources that said just that already.
    pub unchanged: u64,
    /// Sources that were forgotten.
    pub removed: u64,
    /// Facts of the stored sources.
    pub facts: u64,
}

/// A source as the library holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphSource {
    /// Its path.
    pub source: BoundedText<512>,
    /// What read it.
    pub importer: GeneratorName,
    /// The version of the importer.
    pub version: u32,
    /// Hash of the file's bytes.
    pub hash: ContentHash,
    /// Hash of its facts.
    pub facts_hash: ContentHash,
    /// Its facts.
    pub facts: u64,
    /// When it was stored.
    pub at: Timestamp,
}

/// Edges of one relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RelationCount {
    /// Which.
    pub relation: Relation,
    /// How many.
    pub edges: u64,
}

/// A graph as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphView {
    /// Its name.
    pub graph: GraphName,
    /// Its sources.
    pub sources: u64,
    /// Claims that something exists, by what it is; an entity of two sources counts twice.
    pub nodes: Vec<KindCount>,
    /// Other names.
    pub names: u64,
    /// Edges by relation.
    pub edges: Vec<RelationCount>,
}

/// Nodes of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KindCount {
    /// Which.
    pub kind: NodeKind,
    /// How many.
    pub nodes: u64,
}

/// A fact with all that it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SourcedFact {
    /// The source's path.
    pub source: BoundedText<512>,
    /// What read it.
    pub importer: GeneratorName,
    /// The version of the importer.
    pub version: u32,
    /// Hash of the file's bytes.
    pub hash: ContentHash,
    /// The fact.
    pub fact: Fact,
}

/// An entity with all that is said of itself: that it exists, and its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntityView {
    /// Which.
    pub id: EntityId,
    /// What is said, at most 200 facts.
    pub facts: Vec<SourcedFact>,
    /// Edges that lead from it or to it.
    pub edges: u64,
}
