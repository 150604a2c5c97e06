//! Asking a graph.

use std::collections::BTreeSet;

use hafs_proto::graph::{Claim, EntityId};
use hafs_proto::people::{EntityView, GraphSource, GraphView, KindCount, Page, RelationCount, SourcedFact};
use hafs_proto::{GraphName, limits};

use super::row::fact;
use crate::db::{Filter, Row, Tx, args, scalar};
use crate::error::StoreError;

/// Facts that are shown of one entity.
pub const MAX_ENTITY_FACTS: u32 = 200;
/// Graphs of one library that are listed.
const MAX_GRAPHS: u32 = 1_000;
/// Entities that one name is looked up to.
const MAX_NAMESAKES: u32 = 100;

/// A fact's columns with those of its source.
const SOURCED: &str = "SELECT f.claim, f.subject, f.word, f.object, f.value, f.certainty, f.line, f.note, f.seq, f.source, \
                       s.importer, s.version, s.hash FROM graph_fact f JOIN graph_source s ON s.graph = f.graph AND \
                       s.source = f.source";

fn sourced(row: &Row) -> Result<SourcedFact, StoreError> {
    Ok(SourcedFact {
        source: row.get("source")?,
        importer: row.get("importer")?,
        version: row.get("version")?,
        hash: row.get("hash")?,
        fact: fact(row)?,
    })
}

/// The names of all graphs.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn graphs(tx: &mut dyn Tx) -> Result<Vec<GraphName>, StoreError> {
    let sql = format!("SELECT DISTINCT graph FROM graph_source ORDER BY graph LIMIT {MAX_GRAPHS}");
    tx.query(&sql, &[])?.iter().map(|row| row.get("graph")).collect()
}

/// A graph as a whole.
///
/// # Errors
/// [`StoreError::Missing`] when there is none.
pub fn view(tx: &mut dyn Tx, graph: &GraphName) -> Result<GraphView, StoreError> {
    let sources: u64 = scalar(tx, "SELECT COUNT(*) AS n FROM graph_source WHERE graph = ?1", args![graph])?;
    if sources == 0 {
        return Err(StoreError::missing("graph", graph));
    }
    let sql = "SELECT claim, word, COUNT(*) AS n FROM graph_fact WHERE graph = ?1 GROUP BY claim, word ORDER BY claim, word";
    let (mut nodes, mut edges, mut names) = (Vec::new(), Vec::new(), 0);
    for row in tx.query(sql, args![graph])? {
        let n: u64 = row.get("n")?;
        match row.get::<String>("claim")?.as_str() {
            "node" => nodes.push(KindCount { kind: row.word("word")?, nodes: n }),
            "edge" => edges.push(RelationCount { relation: row.word("word")?, edges: n }),
            _ => names += n,
        }
    }
    Ok(GraphView { graph: graph.clone(), sources, nodes, names, edges })
}

/// One page of a graph's sources by path; the cursor is the last path.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn sources(
    tx: &mut dyn Tx,
    graph: &GraphName,
    after: Option<&str>,
    limit: u32,
) -> Result<Page<GraphSource>, StoreError> {
    let limit = limit.clamp(1, limits::PAGE_ITEMS);
    let sql = format!(
        "SELECT source, importer, version, hash, facts, facts_hash, at FROM graph_source WHERE graph = ?1 AND \
         source > ?2 ORDER BY source LIMIT {}",
        limit + 1
    );
    let rows = tx.query(&sql, args![graph, after.unwrap_or("")])?;
    let read = |row: &Row| {
        Ok(GraphSource {
            source: row.get("source")?,
            importer: row.get("importer")?,
            version: row.get("version")?,
            hash: row.get("hash")?,
            facts_hash: row.get("facts_hash")?,
            facts: row.get("facts")?,
            at: row.get("at")?,
        })
    };
    let items = rows.iter().map(read).collect::<Result<Vec<GraphSource>, StoreError>>()?;
    Ok(cut(items, limit, |last| last.source.as_str().to_owned()))
}

/// The entities that have a name, by how it is looked up.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn named(tx: &mut dyn Tx, graph: &GraphName, folded: &str) -> Result<BTreeSet<EntityId>, StoreError> {
    let sql = format!(
        "SELECT DISTINCT subject FROM graph_fact WHERE graph = ?1 AND folded = ?2 ORDER BY subject LIMIT {MAX_NAMESAKES}"
    );
    tx.query(&sql, args![graph, folded])?.iter().map(|row| row.get("subject")).collect()
}

/// An entity; none when nothing says that it exists or has a name.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn entity(tx: &mut dyn Tx, graph: &GraphName, id: &EntityId) -> Result<Option<EntityView>, StoreError> {
    let text = id.to_string();
    let sql = format!(
        "{SOURCED} WHERE f.graph = ?1 AND f.subject = ?2 AND f.claim <> 'edge' ORDER BY f.source, f.seq LIMIT {MAX_ENTITY_FACTS}"
    );
    let rows = tx.query(&sql, args![graph, text.as_str()])?;
    let facts = rows.iter().map(sourced).collect::<Result<Vec<_>, _>>()?;
    if facts.is_empty() {
        return Ok(None);
    }
    let sql = "SELECT COUNT(*) AS n FROM graph_fact WHERE graph = ?1 AND claim = 'edge' AND (subject = ?2 OR object = ?2)";
    let edges = scalar(tx, sql, args![graph, text.as_str()])?;
    Ok(Some(EntityView { id: id.clone(), facts, edges }))
}

/// One page of the edges at an entity, in canonical order.
///
/// # Errors
/// [`StoreError::Refused`] when the cursor is not one of this list.
pub fn neighbours(
    tx: &mut dyn Tx,
    graph: &GraphName,
    id: &EntityId,
    (cursor, limit): (Option<&str>, u32),
) -> Result<Page<SourcedFact>, StoreError> {
    let mut filter = Filter::default();
    filter.and("f.graph = ?", graph);
    filter.always("f.claim = 'edge'");
    let end = filter.arg(id.to_string());
    filter.always(&format!("(f.subject = {end} OR f.object = {end})"));
    page(tx, filter, (cursor, limit))
}

/// One page of all that a graph says, in canonical order: by source, then in the source's order.
///
/// # Errors
/// [`StoreError::Refused`] when the cursor is not one of this list.
pub fn export(
    tx: &mut dyn Tx,
    graph: &GraphName,
    (cursor, limit): (Option<&str>, u32),
) -> Result<Page<SourcedFact>, StoreError> {
    let mut filter = Filter::default();
    filter.and("f.graph = ?", graph);
    page(tx, filter, (cursor, limit))
}

fn page(
    tx: &mut dyn Tx,
    mut filter: Filter,
    (cursor, limit): (Option<&str>, u32),
) -> Result<Page<SourcedFact>, StoreError> {
    let limit = limit.clamp(1, limits::PAGE_ITEMS);
    if let Some(cursor) = cursor {
        let refused = || StoreError::refused("the cursor is not one of this list".to_owned());
        let (seq, source) = cursor.split_once(':').ok_or_else(refused)?;
        let seq: i64 = seq.parse().map_err(|_| refused())?;
        let (source, seq) = (filter.arg(source), filter.arg(seq));
        filter.always(&format!("(f.source > {source} OR (f.source = {source} AND f.seq > {seq}))"));
    }
    let sql = format!("{SOURCED}{} ORDER BY f.source, f.seq LIMIT {}", filter.clause(), limit + 1);
    let rows = tx.query(&sql, filter.args())?;
    let read = |row: &Row| Ok((row.get::<i64>("seq")?, sourced(row)?));
    let items = rows.iter().map(read).collect::<Result<Vec<(i64, SourcedFact)>, StoreError>>()?;
    let page = cut(items, limit, |(seq, last)| format!("{seq}:{}", last.source));
    Ok(Page { items: page.items.into_iter().map(|(_, fact)| fact).collect(), next_cursor: page.next_cursor })
}

fn cut<T>(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Page<T> {
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = if more { items.last().map(cursor) } else { None };
    Page { items, next_cursor }
}

/// Hands every claim that a thing exists or has a name to `each`: what a lexicon is made of.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn names(tx: &mut dyn Tx, graph: &GraphName, each: &mut dyn FnMut(&Claim)) -> Result<(), StoreError> {
    let sql = "SELECT claim, subject, word, object, value, certainty, line, note FROM graph_fact WHERE graph = ?1 AND \
               folded IS NOT NULL ORDER BY source, seq";
    tx.query_each(sql, args![graph], &mut |row| {
        each(&fact(row)?.claim);
        Ok(())
    })
}
