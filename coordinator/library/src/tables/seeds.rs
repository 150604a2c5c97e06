//! Seeds: mined input, each content once.

use hafs_proto::people::Page;
use hafs_proto::{ContentHash, Domain, Seed, SeedDraft, SeedId, SeedKind, SourceName, Timestamp};

use super::PageRequest;
use crate::db::{Filter, Row, Tx, args, json, one, scalar};
use crate::error::StoreError;
use crate::seal::seal;

pub(crate) const COLUMNS: &str = "id, content_hash, kind, domain, source, group_key, title, text, context, \
     provenance, created_at, seal";

/// What became of a seed that was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// It is new.
    New(SeedId),
    /// Its content was known already, as this seed.
    Known(SeedId),
}

/// Which seeds to list.
#[derive(Debug, Clone, Default)]
pub struct SeedFilter {
    /// Of this kind.
    pub kind: Option<SeedKind>,
    /// From this source.
    pub source: Option<SourceName>,
    /// Of this domain.
    pub domain: Option<Domain>,
}

/// Stores a seed if its content is new.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn insert(tx: &mut dyn Tx, id: SeedId, draft: &SeedDraft, at: Timestamp) -> Result<Inserted, StoreError> {
    let seed = Seed { id, content_hash: draft.content_hash(), created_at: at, draft: draft.clone() };
    let sql = "INSERT INTO seed (id, content_hash, kind, domain, source, group_key, created_at, title, provenance, \
               context, text, seal, rewrites) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
               ON CONFLICT (content_hash) DO NOTHING";
    let origin = &draft.provenance;
    let args = args![
        id,
        seed.content_hash,
        draft.kind.word(),
        &draft.domain,
        &origin.source,
        &origin.group,
        at,
        &draft.title,
        json(origin)?,
        json(&draft.context)?,
        &draft.text,
        seal(&seed)?,
        rewrites(draft),
    ];
    if tx.exec(sql, args)? == 1 {
        return Ok(Inserted::New(id));
    }
    let row = one(tx, "SELECT id FROM seed WHERE content_hash = ?1", args![seed.content_hash])?;
    row.ok_or_else(|| StoreError::missing("seed", seed.content_hash))?.get("id").map(Inserted::Known)
}

/// A seed.
///
/// # Errors
/// [`StoreError::Missing`] when there is none.
pub fn get(tx: &mut dyn Tx, id: SeedId) -> Result<Seed, StoreError> {
    let row = one(tx, &format!("SELECT {COLUMNS} FROM seed WHERE id = ?1"), args![id])?;
    seed(&row.ok_or_else(|| StoreError::missing("seed", id))?)
}

/// The seed with this content, if there is one.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn find(tx: &mut dyn Tx, content: ContentHash) -> Result<Option<Seed>, StoreError> {
    let row = one(tx, &format!("SELECT {COLUMNS} FROM seed WHERE content_hash = ?1"), args![content])?;
    row.map(|row| seed(&row)).transpose()
}

/// One page of seeds, newest first.
///
/// # Errors
/// [`StoreError::Refused`] when the cursor is not one of this list.
pub fn page(tx: &mut dyn Tx, wanted: &SeedFilter, page: &PageRequest) -> Result<Page<Seed>, StoreError> {
    let mut filter = Filter::default();
    filter.and_if("kind = ?", wanted.kind.map(SeedKind::word));
    filter.and_if("source = ?", wanted.source.as_ref());
    filter.and_if("domain = ?", wanted.domain.as_ref());
    page.apply::<SeedId>(&mut filter, "id")?;
    let sql = format!("SELECT {COLUMNS} FROM seed{}{}", filter.clause(), page.tail("id"));
    let rows = tx.query(&sql, filter.args())?;
    let seeds = rows.iter().map(seed).collect::<Result<Vec<_>, _>>()?;
    Ok(page.cut(seeds, |seed| seed.id))
}

/// How many seeds a source has given.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn count(tx: &mut dyn Tx, source: &SourceName) -> Result<u64, StoreError> {
    scalar(tx, "SELECT COUNT(*) AS n FROM seed WHERE source = ?1", args![source])
}

/// What a seed's routine can be rewritten for, in words; empty for all that is no routine.
pub(crate) fn rewrites(draft: &SeedDraft) -> &str {
    draft.context.get("rewrites").map_or("", |words| words.as_str())
}

pub(crate) fn seed(row: &Row) -> Result<Seed, StoreError> {
    let draft = SeedDraft {
        kind: row.word("kind")?,
        domain: row.get("domain")?,
        title: row.get("title")?,
        text: row.get("text")?,
        context: row.json("context")?,
        provenance: row.json("provenance")?,
    };
    Ok(Seed {
        id: row.get("id")?,
        content_hash: row.get("content_hash")?,
        created_at: row.get("created_at")?,
        draft,
    })
}
