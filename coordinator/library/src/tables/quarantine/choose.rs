//! Which samples and verdicts are meant.

use hafs_proto::people::Selection;
use hafs_proto::{SampleId, VerdictId};

use super::record::Place;
use crate::db::{Filter, Tx, one};
use crate::error::StoreError;

/// The conditions of a selection on samples `s`.
fn on_samples(selection: &Selection) -> Filter {
    let mut filter = Filter::default();
    filter.and_if("s.worker = ?", selection.worker);
    filter.and_if("s.teacher = ?", selection.teacher.as_ref());
    of_source(&mut filter, selection);
    filter.and_if("s.created_at >= ?", selection.since);
    filter.and_if("s.created_at < ?", selection.until);
    filter
}

/// The conditions of a selection on verdicts `v` about samples `s`.
fn on_verdicts(selection: &Selection) -> Filter {
    let mut filter = Filter::default();
    filter.and_if("v.worker = ?", selection.worker);
    filter.and_if("v.judge = ?", selection.teacher.as_ref());
    of_source(&mut filter, selection);
    filter.and_if("v.created_at >= ?", selection.since);
    filter.and_if("v.created_at < ?", selection.until);
    filter
}

fn of_source(filter: &mut Filter, selection: &Selection) {
    let condition = "EXISTS (SELECT 1 FROM seed WHERE seed.id = s.seed AND seed.source = ?)";
    filter.and_if(condition, selection.source.as_ref());
}

/// The next samples that are meant, in the order of their ids.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn samples_after(
    tx: &mut dyn Tx,
    selection: &Selection,
    place: &Place,
    limit: u32,
) -> Result<Vec<SampleId>, StoreError> {
    let mut filter = on_samples(selection);
    filter.and("s.id > ?", place.arg());
    let sql = format!("SELECT s.id FROM sample s{} ORDER BY s.id LIMIT {limit}", filter.clause());
    tx.query(&sql, filter.args())?.iter().map(|row| row.get("id")).collect()
}

/// The next verdicts that are meant, in the order of their ids, with the samples that they are about.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn verdicts_after(
    tx: &mut dyn Tx,
    selection: &Selection,
    place: &Place,
    limit: u32,
) -> Result<Vec<(VerdictId, SampleId)>, StoreError> {
    let mut filter = on_verdicts(selection);
    filter.and("v.id > ?", place.arg());
    let sql = format!(
        "SELECT v.id, v.sample FROM verdict v JOIN sample s ON s.id = v.sample{} ORDER BY v.id LIMIT {limit}",
        filter.clause()
    );
    tx.query(&sql, filter.args())?.iter().map(|row| Ok((row.get("id")?, row.get("sample")?))).collect()
}

/// What a selection means, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Preview {
    /// Samples.
    pub samples: u64,
    /// Of these, accepted.
    pub accepted: u64,
    /// Verdicts.
    pub verdicts: u64,
}

/// The samples that a selection means, with those that were derived from them: what the conditions are on is `s`.
pub(crate) fn members(selection: &Selection) -> (String, Filter) {
    let filter = on_samples(selection);
    let what = "id, state, run, domain, created_at";
    let columns = |table: &str| what.replace(", ", &format!(", {table}."));
    let sql = format!(
        "SELECT s.{} FROM sample s{clause} UNION SELECT c.{} FROM sample c JOIN sample s ON s.id = c.parent{clause}",
        columns("s"),
        columns("c"),
        clause = filter.clause(),
    );
    (sql, filter)
}

/// Counts what a selection means now. Changes nothing.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn preview(tx: &mut dyn Tx, selection: &Selection) -> Result<Preview, StoreError> {
    let (members, filter) = members(selection);
    let sql = format!(
        "SELECT COUNT(*) AS samples, CAST(COALESCE(SUM(CASE WHEN m.state = 'accepted' THEN 1 ELSE 0 END), 0) AS BIGINT) \
         AS accepted FROM ({members}) AS m"
    );
    let row = one(tx, &sql, filter.args())?.ok_or_else(|| StoreError::encode("a count gave no row"))?;
    let judged = on_verdicts(selection);
    let sql =
        format!("SELECT COUNT(*) AS n FROM verdict v JOIN sample s ON s.id = v.sample{}", judged.clause());
    let verdicts = crate::db::scalar(tx, &sql, judged.args())?;
    Ok(Preview { samples: row.get("samples")?, accepted: row.get("accepted")?, verdicts })
}
