//! How far each run has mined each source.

use std::collections::BTreeMap;

use hafs_proto::{BoundedText, RunId, SourceName, Timestamp};

use crate::db::{Row, Tx, args, json, one};
use crate::error::StoreError;

/// The progress of one source in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceProgress {
    /// The source.
    pub source: SourceName,
    /// Where the next page begins; absent before the first page and after the last.
    pub cursor: Option<BoundedText<1024>>,
    /// Whether the source is at its end.
    pub finished: bool,
    /// Pages mined.
    pub pages: u64,
    /// Seeds that were new.
    pub seeds: u64,
    /// Seeds that were known already.
    pub known: u64,
    /// What was passed over, by reason.
    pub skipped: BTreeMap<String, u64>,
}

/// One mined page.
#[derive(Debug, Clone)]
pub struct HarvestedPage {
    /// The run.
    pub run: RunId,
    /// The source.
    pub source: SourceName,
    /// Where the next page begins; absent when the source is at its end.
    pub next_cursor: Option<BoundedText<1024>>,
    /// Seeds that were new.
    pub seeds: u64,
    /// Seeds that were known already.
    pub known: u64,
    /// What was passed over, by reason.
    pub skipped: BTreeMap<String, u32>,
    /// When.
    pub at: Timestamp,
}

/// Adds a page to the progress of its source.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn record(tx: &mut dyn Tx, page: &HarvestedPage) -> Result<(), StoreError> {
    let before = get(tx, page.run, &page.source)?;
    let (mut skipped, pages, seeds, known) = before.map_or_else(
        || (BTreeMap::new(), 0, 0, 0),
        |before| (before.skipped, before.pages, before.seeds, before.known),
    );
    for (reason, count) in &page.skipped {
        *skipped.entry(reason.clone()).or_default() += u64::from(*count);
    }
    let sql = "INSERT INTO source_progress (run, source, cursor, finished, pages, seeds, known, skipped, updated_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (run, source) DO UPDATE SET \
               cursor = excluded.cursor, finished = excluded.finished, pages = excluded.pages, \
               seeds = excluded.seeds, known = excluded.known, skipped = excluded.skipped, \
               updated_at = excluded.updated_at";
    let total = |count: u64| i64::try_from(count).map_err(StoreError::encode);
    let args = args![
        page.run,
        &page.source,
        page.next_cursor.as_ref(),
        page.next_cursor.is_none(),
        total(pages + 1)?,
        total(seeds + page.seeds)?,
        total(known + page.known)?,
        json(&skipped)?,
        page.at,
    ];
    tx.exec(sql, args).map(drop)
}

/// The progress of one source; absent before its first page.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn get(tx: &mut dyn Tx, run: RunId, source: &SourceName) -> Result<Option<SourceProgress>, StoreError> {
    let sql = "SELECT source, cursor, finished, pages, seeds, known, skipped FROM source_progress \
               WHERE run = ?1 AND source = ?2";
    one(tx, sql, args![run, source])?.map(|row| progress(&row)).transpose()
}

/// The progress of every source of a run that has one.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn list(tx: &mut dyn Tx, run: RunId) -> Result<Vec<SourceProgress>, StoreError> {
    let sql = "SELECT source, cursor, finished, pages, seeds, known, skipped FROM source_progress \
               WHERE run = ?1 ORDER BY source";
    tx.query(sql, args![run])?.iter().map(progress).collect()
}

fn progress(row: &Row) -> Result<SourceProgress, StoreError> {
    Ok(SourceProgress {
        source: row.get("source")?,
        cursor: row.get("cursor")?,
        finished: row.get("finished")?,
        pages: row.get("pages")?,
        seeds: row.get("seeds")?,
        known: row.get("known")?,
        skipped: row.json("skipped")?,
    })
}
