//! What can be said of an entity.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::entity::EntityId;
use crate::bounded::BoundedText;

/// What an entity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// A label of assembly with code behind it.
    Routine,
    /// A label of assembly with data behind it, or of which no more is known.
    Symbol,
    /// A label that holds between two others, under the name of the one before.
    LocalLabel,
    /// A name with a value.
    Constant,
    /// A macro.
    Macro,
    /// An address of work memory.
    Ram,
    /// A register of the hardware.
    Register,
    /// A unit of the hardware.
    System,
    /// A function.
    Function,
    /// A function of a type.
    Method,
    /// A class, struct, union, trait or enumeration.
    Class,
    /// A file.
    File,
    /// A document.
    Document,
    /// An idea.
    Concept,
    /// A project.
    Project,
}

/// How an entity stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// It calls it and comes back.
    Calls,
    /// It goes there and does not come back.
    Jumps,
    /// It reads it.
    Reads,
    /// It writes it.
    Writes,
    /// It reads or writes it.
    Accesses,
    /// It holds it: a file what it defines, a type its methods.
    Contains,
    /// It names it: a table of pointers, a text.
    References,
    /// It points readers there.
    Links,
    /// It is another word for it.
    Denotes,
}

/// How sure an edge is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// The source decides it.
    #[default]
    Exact,
    /// It holds with the usual setting: direct page 0, data bank where low addresses are the system's.
    Assumed,
    /// The source names it, and what it means there is decided elsewhere.
    Undecided,
}

impl Certainty {
    /// Whether the source decides it.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        *self == Self::Exact
    }
}

/// Says that an entity exists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeClaim {
    /// Which.
    pub id: EntityId,
    /// What it is.
    pub kind: NodeKind,
    /// Its address on the 65816's bus, or a constant's value; at most 32 bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<u32>,
    /// What the source says of it, for people.
    #[serde(default, skip_serializing_if = "is_blank")]
    pub text: BoundedText<512>,
}

/// Says how an entity is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NameClaim {
    /// Which.
    pub id: EntityId,
    /// Another name of it.
    pub name: BoundedText<256>,
}

/// Says how an entity stands to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EdgeClaim {
    /// Which.
    pub from: EntityId,
    /// How.
    pub relation: Relation,
    /// To which.
    pub to: EntityId,
    /// How sure that is.
    #[serde(default, skip_serializing_if = "Certainty::is_exact")]
    pub certainty: Certainty,
}

/// Something said of an entity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// It exists.
    Node(NodeClaim),
    /// It has another name.
    Name(NameClaim),
    /// It stands to another one.
    Edge(EdgeClaim),
}

/// A claim and where its source makes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// What.
    pub claim: Claim,
    /// The line of the source, from 1; 0 where it has no lines.
    #[serde(default)]
    pub line: u32,
}

impl Claim {
    /// The entity that it is about.
    #[must_use]
    pub const fn subject(&self) -> &EntityId {
        match self {
            Self::Node(node) => &node.id,
            Self::Name(name) => &name.id,
            Self::Edge(edge) => &edge.from,
        }
    }
}

fn is_blank(text: &BoundedText<512>) -> bool {
    text.is_empty()
}
