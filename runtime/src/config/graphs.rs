//! `[[graphs]]`: which samples are held to which knowledge graph.

use hafs_proto::{Domain, GraphName};
use serde_json::json;

use super::rules::{Rulebook, Rules};
use super::section::{Item, section};

section! {
    /// A knowledge graph of the library, made by `hafs-factory graph build`, that samples are held to: every name, address
    /// and link that they have must be in it. A sample that names nothing of the kind is not concerned.
    Graph = "graphs", many = true {
        /// The graph's name.
        name: GraphName = null | "alttp", Operation;
        /// Domains whose samples are held to it.
        domains: Vec<Domain> = null | ["asm"], Operation;
        /// Whether a sample that names what the graph lacks is rejected; otherwise that is recorded.
        rejects: bool = false, Operation;
    }
}

impl Rules for Graph {
    fn rules(&self, book: &mut Rulebook<'_>) {
        book.demand(
            !self.domains.is_empty(),
            ("domains", json!([])),
            &[],
            ("must name at least one domain".to_owned(), "remove the whole section if it is not to be used"),
        );
    }
}

impl Item for Graph {
    fn label(&self) -> String {
        self.name.to_string()
    }
}
