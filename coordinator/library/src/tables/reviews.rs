//! What people did with samples: one row for each act, and the tags that are on.

use hafs_proto::people::ReviewView;
use hafs_proto::verdict::Decision;
use hafs_proto::{ContentHash, Domain, ReviewId, RunId, Sample, SampleId, Tag};

use super::{decisions, samples};
use crate::db::{Filter, Row, Tx, args, json, one};
use crate::error::StoreError;
use crate::seal::seal;

pub(crate) const COLUMNS: &str = "id, sample, act, actor, why, at, body_hash, state_before, state_after, tag, reasons, \
     despite_checks, successor, seal";

/// What is known of an act that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// It is asked for for the first time.
    New,
    /// It was carried out: as this.
    Done(Box<ReviewView>),
    /// Its id was used by another act.
    KeyReused,
}

/// Looks an act up.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn look(tx: &mut dyn Tx, id: ReviewId, body: ContentHash) -> Result<Asked, StoreError> {
    let Some(row) = one(tx, &format!("SELECT {COLUMNS} FROM review WHERE id = ?1"), args![id])? else {
        return Ok(Asked::New);
    };
    let same = row.get::<ContentHash>("body_hash")? == body;
    Ok(if same { Asked::Done(Box::new(review(&row)?)) } else { Asked::KeyReused })
}

/// Stores an act.
///
/// # Errors
/// [`StoreError::Constraint`] when its id is taken, or its sample was edited already and it is an edit.
pub fn insert(tx: &mut dyn Tx, act: &ReviewView, body: ContentHash) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO review ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
    );
    let args = args![
        act.id,
        act.sample,
        &act.act,
        &act.by,
        &act.why,
        act.at,
        body,
        &act.before,
        &act.after,
        act.tag.as_ref(),
        json(&act.reasons)?,
        act.despite_checks,
        act.successor,
        facts(act, body)?,
    ];
    tx.exec(&sql, args).map(drop)
}

/// The seal of an act: all of it.
pub(crate) fn facts(act: &ReviewView, body: ContentHash) -> Result<ContentHash, StoreError> {
    seal(&(act, body))
}

/// What people did with a sample, oldest first, at most a thousand acts; of one that an edit has made, that edit too.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn of_sample(tx: &mut dyn Tx, sample: SampleId) -> Result<Vec<ReviewView>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM review WHERE sample = ?1 OR successor = ?1 ORDER BY at, id LIMIT 1000"
    );
    tx.query(&sql, args![sample])?.iter().map(review).collect()
}

/// An act.
///
/// # Errors
/// [`StoreError::Missing`] when there is none.
pub fn get(tx: &mut dyn Tx, id: ReviewId) -> Result<ReviewView, StoreError> {
    let row = one(tx, &format!("SELECT {COLUMNS} FROM review WHERE id = ?1"), args![id])?;
    review(&row.ok_or_else(|| StoreError::missing("review", id))?)
}

/// The sample that stands in the place of one that was edited.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn successor(tx: &mut dyn Tx, sample: SampleId) -> Result<Option<SampleId>, StoreError> {
    let sql = "SELECT successor FROM review WHERE sample = ?1 AND act = 'edit'";
    one(tx, sql, args![sample])?.map(|row| row.get("successor")).transpose()
}

/// Whether an edit has made a sample.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn has_made(tx: &mut dyn Tx, sample: SampleId) -> Result<bool, StoreError> {
    Ok(one(tx, "SELECT id FROM review WHERE successor = ?1", args![sample])?.is_some())
}

/// Whether a person has the last word about a sample: it was decided by one, or edited. The rule leaves it alone then.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn is_bound(tx: &mut dyn Tx, sample: SampleId) -> Result<bool, StoreError> {
    let decided = decisions::latest(tx, sample)?.is_some_and(|decision| decision.review.is_some());
    Ok(decided || successor(tx, sample)?.is_some())
}

/// Puts a tag on a sample. Whether it is news.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such sample.
pub fn tag(tx: &mut dyn Tx, sample: SampleId, tag: &Tag) -> Result<bool, StoreError> {
    let sql = "INSERT INTO sample_tag (sample, tag) VALUES (?1, ?2) ON CONFLICT (sample, tag) DO NOTHING";
    Ok(tx.exec(sql, args![sample, tag])? == 1)
}

/// Takes a tag off a sample. Whether it was on.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn untag(tx: &mut dyn Tx, sample: SampleId, tag: &Tag) -> Result<bool, StoreError> {
    let sql = "DELETE FROM sample_tag WHERE sample = ?1 AND tag = ?2";
    Ok(tx.exec(sql, args![sample, tag])? == 1)
}

/// The tags of a sample, in the order of the alphabet.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn tags(tx: &mut dyn Tx, sample: SampleId) -> Result<Vec<Tag>, StoreError> {
    let sql = "SELECT tag FROM sample_tag WHERE sample = ?1 ORDER BY tag";
    tx.query(sql, args![sample])?.iter().map(|row| row.get("tag")).collect()
}

/// Samples that may want a person's look, with the latest decision about each: the newest that the rule has set aside,
/// and the newest that judges were not of one mind about; at most `most` of either. No person has decided them, and no
/// quarantine holds them.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn uncertain(
    tx: &mut dyn Tx,
    run: Option<RunId>,
    domain: Option<&Domain>,
    most: u32,
) -> Result<Vec<(Sample, Option<Decision>)>, StoreError> {
    let of = |mut filter: Filter| {
        filter.and_if("s.run = ?", run);
        filter.and_if("s.domain = ?", domain);
        filter.always("NOT EXISTS (SELECT 1 FROM review r WHERE r.sample = s.id AND r.act = 'edit')");
        filter
            .always("NOT EXISTS (SELECT 1 FROM quarantine_sample q WHERE q.sample = s.id AND q.lifted = 0)");
        filter
    };
    let mut aside = Filter::default();
    aside.always("s.state = 'quarantined'");
    let aside = of(aside);
    let sql = format!("SELECT s.id FROM sample s{} ORDER BY s.id DESC LIMIT {most}", aside.clause());
    let mut rows = tx.query(&sql, aside.args())?;
    let mut split = Filter::default();
    split.always("d.review IS NULL AND d.agree > 0 AND d.agree < d.asked");
    split.always("d.seq = (SELECT MAX(x.seq) FROM decision x WHERE x.sample = d.sample)");
    split.always("s.state IN ('accepted', 'rejected')");
    let split = of(split);
    let sql = format!(
        "SELECT s.id FROM decision d JOIN sample s ON s.id = d.sample{} ORDER BY d.sample DESC LIMIT {most}",
        split.clause()
    );
    rows.extend(tx.query(&sql, split.args())?);
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let id: SampleId = row.get("id")?;
        found.push((samples::get(tx, id)?, decisions::latest(tx, id)?));
    }
    Ok(found)
}

pub(crate) fn review(row: &Row) -> Result<ReviewView, StoreError> {
    Ok(ReviewView {
        id: row.get("id")?,
        sample: row.get("sample")?,
        act: row.get("act")?,
        by: row.get("actor")?,
        why: row.get("why")?,
        at: row.get("at")?,
        before: row.get("state_before")?,
        after: row.get("state_after")?,
        tag: row.get("tag")?,
        reasons: row.json("reasons")?,
        despite_checks: row.get("despite_checks")?,
        successor: row.get("successor")?,
    })
}
