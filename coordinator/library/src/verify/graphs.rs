//! Graphs: the facts of every source are those that its hash was taken of.

use hafs_proto::GraphName;
use hafs_proto::graph::Fact;

use super::findings::Findings;
use crate::db::{Tx, args};
use crate::error::StoreError;
use crate::tables::graph;

const REMEDY: &str = "build the graph again from its files: `hafs-factory graph build`";

/// Every source of every graph.
pub(super) fn check(tx: &mut dyn Tx, findings: &mut Findings) -> Result<(), StoreError> {
    for name in graph::graphs(tx)? {
        let mut after: Option<String> = None;
        loop {
            let page = graph::sources(tx, &name, after.as_deref(), hafs_proto::limits::PAGE_ITEMS)?;
            for source in &page.items {
                findings.looked("graph_source");
                let facts = facts(tx, &name, &source.source)?;
                let same = u64::try_from(facts.len()).ok() == Some(source.facts);
                if !same || graph::hash_of(&facts)? != source.facts_hash {
                    let id = format!("{name} {}", source.source);
                    findings.add("graph_source", id, "its facts are not those that were stored", REMEDY);
                }
            }
            after = page.next_cursor;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(())
}

fn facts(tx: &mut dyn Tx, graph: &GraphName, source: &str) -> Result<Vec<Fact>, StoreError> {
    let sql = "SELECT claim, subject, word, object, value, certainty, line, note FROM graph_fact WHERE graph = ?1 AND \
               source = ?2 ORDER BY seq";
    tx.query(sql, args![graph, source])?.iter().map(graph::fact).collect()
}
