//! Facts that are being collected: each claim once, with its first line.

use std::collections::BTreeMap;

use hafs_proto::graph::{
    Certainty, Claim, EdgeClaim, EntityId, Fact, MAX_FACTS, NameClaim, NodeClaim, NodeKind, Relation,
    SourceFacts,
};
use hafs_proto::{BoundedText, ContentHash, GeneratorName};

use crate::address::Place;

/// Facts of one file; more are counted and left out.
const MOST: usize = 2_000_000;

/// Facts of one file.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    claims: BTreeMap<Claim, u32>,
    left_out: u64,
}

/// What read a file, and which file.
#[derive(Debug, Clone)]
pub struct Origin<'a> {
    /// The file's path from the root that was read.
    pub path: &'a str,
    /// What read it.
    pub importer: &'a str,
    /// The version of the importer.
    pub version: u32,
    /// Hash of the file's bytes.
    pub hash: ContentHash,
}

impl Facts {
    /// Says something; the first line stays.
    pub fn claim(&mut self, line: u32, claim: Claim) {
        if self.claims.len() >= MOST && !self.claims.contains_key(&claim) {
            self.left_out += 1;
            return;
        }
        let first = self.claims.entry(claim).or_insert(line);
        *first = line.min(*first);
    }

    /// Says that something exists.
    pub fn node(&mut self, line: u32, id: &EntityId, kind: NodeKind, value: Option<u32>) {
        self.told(line, id, (kind, value), "");
    }

    /// Says that something exists, and what the source says of it.
    pub fn told(&mut self, line: u32, id: &EntityId, (kind, value): (NodeKind, Option<u32>), text: &str) {
        let text = BoundedText::clipped(text.trim());
        self.claim(line, Claim::Node(NodeClaim { id: id.clone(), kind, value, text }));
    }

    /// Says how something is also called.
    pub fn name(&mut self, line: u32, id: &EntityId, name: &str) {
        if let Ok(name) = BoundedText::new(name)
            && !name.is_empty()
        {
            self.claim(line, Claim::Name(NameClaim { id: id.clone(), name }));
        }
    }

    /// Says how something stands to another.
    pub fn edge(&mut self, line: u32, (from, to): (&EntityId, &EntityId), relation: Relation) {
        self.edge_as(line, (from, to), relation, Certainty::Exact);
    }

    /// The same, and how sure that is.
    pub fn edge_as(
        &mut self,
        line: u32,
        (from, to): (&EntityId, &EntityId),
        relation: Relation,
        certainty: Certainty,
    ) {
        let edge = EdgeClaim { from: from.clone(), relation, to: to.clone(), certainty };
        self.claim(line, Claim::Edge(edge));
    }

    /// Says that a name is another word for a place of memory, which then exists.
    pub fn denotes(&mut self, line: u32, (id, name): (&EntityId, &str), place: Place) {
        let memory = place.entity();
        self.node(line, &memory, place.kind(), Some(place.address()));
        self.name(line, &memory, name);
        self.edge(line, (id, &memory), Relation::Denotes);
    }

    /// Facts that were too many.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Whether nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }

    /// The claims in canonical order, each with its line.
    pub fn claims(&self) -> impl Iterator<Item = (&Claim, u32)> {
        self.claims.iter().map(|(claim, line)| (claim, *line))
    }

    /// The sources that hold them: one, or several numbered ones when one cannot hold them all. Nothing for a path that
    /// no source can have.
    #[must_use]
    pub fn sources(self, origin: &Origin<'_>) -> Vec<SourceFacts> {
        let facts: Vec<Fact> = self.claims.into_iter().map(|(claim, line)| Fact { claim, line }).collect();
        let pieces = facts.chunks(MAX_FACTS).enumerate();
        pieces.filter_map(|(nth, facts)| piece(origin, nth, facts)).collect()
    }
}

fn piece(origin: &Origin<'_>, nth: usize, facts: &[Fact]) -> Option<SourceFacts> {
    let path = if nth == 0 { origin.path.to_owned() } else { format!("{}#{}", origin.path, nth + 1) };
    let importer: GeneratorName = origin.importer.parse().ok()?;
    let mut source = SourceFacts {
        source: BoundedText::new(path).ok()?,
        importer,
        version: origin.version,
        hash: origin.hash,
        facts: facts.to_vec(),
    };
    source.settle();
    Some(source)
}
