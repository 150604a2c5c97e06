//! Taking in sources: each takes the place of what it said before, and no other is touched.

use hafs_proto::graph::{Fact, SourceFacts};
use hafs_proto::people::{GraphBatch, GraphChange};
use hafs_proto::{ContentHash, GraphName, Timestamp};

use super::row::{COLUMNS, WIDTH, values};
use crate::db::{Tx, Value, args, one, scalar, tuples};
use crate::error::StoreError;
use crate::seal::seal;
use crate::tables::versions::{self, Topic};

/// Rows of one statement; SQLite takes 32,766 values at once, PostgreSQL 65,535.
const ROWS: usize = 500;

/// Takes in a batch. Facts must be in canonical order. `fold` says how names are looked up.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn apply(
    tx: &mut dyn Tx,
    graph: &GraphName,
    batch: &GraphBatch,
    fold: fn(&str) -> String,
    now: Timestamp,
) -> Result<GraphChange, StoreError> {
    let mut change = GraphChange::default();
    for source in &batch.gone {
        change.removed += u64::from(forget(tx, graph, source)?);
    }
    for source in &batch.sources {
        let facts_hash = hash_of(&source.facts)?;
        if is_same(tx, graph, source, facts_hash)? {
            change.unchanged += 1;
            continue;
        }
        forget(tx, graph, &source.source)?;
        insert(tx, graph, source, (facts_hash, now))?;
        facts(tx, graph, source, fold)?;
        change.stored += 1;
        change.facts += u64::try_from(source.facts.len()).map_err(StoreError::encode)?;
    }
    if change.stored + change.removed > 0 {
        versions::changed(tx, Topic::Graphs)?;
    }
    Ok(change)
}

/// The hash of facts in canonical order.
///
/// # Errors
/// [`StoreError`] when they cannot be written as JSON, which does not happen.
pub fn hash_of(facts: &[Fact]) -> Result<ContentHash, StoreError> {
    seal(&facts)
}

/// The facts that a graph has.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn size(tx: &mut dyn Tx, graph: &GraphName) -> Result<u64, StoreError> {
    let sql = "SELECT CAST(COALESCE(SUM(facts), 0) AS BIGINT) AS n FROM graph_source WHERE graph = ?1";
    scalar(tx, sql, args![graph])
}

fn is_same(
    tx: &mut dyn Tx,
    graph: &GraphName,
    source: &SourceFacts,
    facts_hash: ContentHash,
) -> Result<bool, StoreError> {
    let sql = "SELECT importer FROM graph_source WHERE graph = ?1 AND source = ?2 AND importer = ?3 AND version = ?4 \
               AND hash = ?5 AND facts_hash = ?6";
    let args =
        args![graph, source.source.as_str(), &source.importer, source.version, source.hash, facts_hash];
    Ok(one(tx, sql, args)?.is_some())
}

fn forget(tx: &mut dyn Tx, graph: &GraphName, source: &str) -> Result<bool, StoreError> {
    tx.exec("DELETE FROM graph_fact WHERE graph = ?1 AND source = ?2", args![graph, source])?;
    Ok(tx.exec("DELETE FROM graph_source WHERE graph = ?1 AND source = ?2", args![graph, source])? > 0)
}

fn insert(
    tx: &mut dyn Tx,
    graph: &GraphName,
    source: &SourceFacts,
    (facts_hash, now): (ContentHash, Timestamp),
) -> Result<(), StoreError> {
    let sql = "INSERT INTO graph_source (graph, source, importer, version, hash, facts, facts_hash, at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let count = i64::try_from(source.facts.len()).map_err(StoreError::encode)?;
    let args = args![
        graph,
        source.source.as_str(),
        &source.importer,
        source.version,
        source.hash,
        count,
        facts_hash,
        now
    ];
    tx.exec(sql, args).map(drop)
}

fn facts(
    tx: &mut dyn Tx,
    graph: &GraphName,
    source: &SourceFacts,
    fold: fn(&str) -> String,
) -> Result<(), StoreError> {
    for (nth, facts) in source.facts.chunks(ROWS).enumerate() {
        let mut args: Vec<Value> = Vec::with_capacity(facts.len() * WIDTH);
        for (at, fact) in facts.iter().enumerate() {
            args.extend(values((graph, &source.source), nth * ROWS + at, fact, fold)?);
        }
        let sql = format!("INSERT INTO graph_fact ({COLUMNS}) VALUES {}", tuples(facts.len(), WIDTH));
        tx.exec(&sql, &args)?;
    }
    Ok(())
}
