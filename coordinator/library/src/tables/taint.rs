//! Data sets that hold samples which do not stand any more as they did when the data set was written.

use std::collections::{BTreeMap, BTreeSet};

use hafs_proto::people::{DatasetView, ExportRequest, Selection, Taint};
use hafs_proto::{DatasetId, QuarantineId, SampleId};

use super::datasets;
use super::quarantine::members;
use crate::db::{Filter, Tx, args, scalar};
use crate::error::StoreError;

/// Samples on which a quarantine had a hand, with the quarantine, and those of which a recheck has changed something.
const TOUCHED: &str = "SELECT sample, quarantine FROM quarantine_sample \
     UNION SELECT v.sample, q.quarantine FROM quarantine_verdict q JOIN verdict v ON v.id = q.verdict \
     UNION SELECT sample, NULL AS quarantine FROM recheck_sample";
/// Whether a sample `s` of a data set, as its row `d` has it, has fallen since.
const FALLEN: &str = "s.state <> CASE WHEN d.accepted = 1 THEN 'accepted' ELSE 'rejected' END";
/// Data sets that are looked at one by one because their lists are not known.
const UNLISTED: u32 = 1_000;

/// What is to be said against each data set that is tainted.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn all(tx: &mut dyn Tx) -> Result<BTreeMap<DatasetId, Taint>, StoreError> {
    let sql = format!(
        "SELECT d.dataset, t.quarantine, d.sample FROM ({TOUCHED}) AS t JOIN sample s ON s.id = t.sample \
         JOIN dataset_sample d ON d.sample = t.sample WHERE {FALLEN}"
    );
    let mut found: BTreeMap<DatasetId, (BTreeSet<SampleId>, BTreeSet<QuarantineId>)> = BTreeMap::new();
    tx.query_each(&sql, &[], &mut |row| {
        let (samples, quarantines) = found.entry(row.get("dataset")?).or_default();
        samples.insert(row.get("sample")?);
        quarantines.extend(row.get::<Option<QuarantineId>>("quarantine")?);
        Ok(())
    })?;
    let taint = |(samples, quarantines): (BTreeSet<_>, BTreeSet<_>)| Taint {
        samples: samples.len() as u64,
        certain: true,
        quarantines: quarantines.into_iter().collect(),
    };
    let mut all: BTreeMap<_, _> = found.into_iter().map(|(id, found)| (id, taint(found))).collect();
    for (view, request) in unlisted(tx)? {
        if let Some(taint) = perhaps(tx, &view, &request)? {
            all.insert(view.id, taint);
        }
    }
    Ok(all)
}

/// Samples of a data set that have fallen, oldest first, at most a thousand.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn fallen(tx: &mut dyn Tx, dataset: DatasetId) -> Result<Vec<SampleId>, StoreError> {
    let sql = format!(
        "SELECT d.sample FROM dataset_sample d JOIN sample s ON s.id = d.sample WHERE d.dataset = ?1 AND {FALLEN} \
         ORDER BY d.sample LIMIT 1000"
    );
    tx.query(&sql, args![dataset])?.iter().map(|row| row.get("sample")).collect()
}

/// The data sets that hold samples which a quarantine of this selection would set aside.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn holding(tx: &mut dyn Tx, selection: &Selection) -> Result<Vec<DatasetView>, StoreError> {
    let (members, filter) = members(selection);
    let sql = format!(
        "SELECT DISTINCT d.dataset FROM ({members}) AS m JOIN dataset_sample d ON d.sample = m.id ORDER BY d.dataset"
    );
    let mut ids: BTreeSet<DatasetId> =
        tx.query(&sql, filter.args())?.iter().map(|row| row.get("dataset")).collect::<Result<_, _>>()?;
    for (view, request) in unlisted(tx)? {
        let (members, inner) = self::members(selection);
        let mut filter = inner.around();
        asked_for(&mut filter, "m", &view, &request);
        let sql = format!("SELECT COUNT(*) AS n FROM ({members}) AS m{}", filter.clause());
        if scalar::<u64>(tx, &sql, filter.args())? > 0 {
            ids.insert(view.id);
        }
    }
    ids.into_iter().map(|id| datasets::get(tx, id)).collect()
}

/// Data sets that an older program wrote, without a list of their samples.
fn unlisted(tx: &mut dyn Tx) -> Result<Vec<(DatasetView, ExportRequest)>, StoreError> {
    let sql = format!(
        "SELECT {} FROM dataset WHERE listed = 0 ORDER BY id DESC LIMIT {UNLISTED}",
        datasets::COLUMNS
    );
    tx.query(&sql, &[])?.iter().map(|row| Ok((datasets::dataset(row)?, row.json("request")?))).collect()
}

/// Samples `table` that a request would have found at the time.
fn asked_for(filter: &mut Filter, table: &str, view: &DatasetView, request: &ExportRequest) {
    filter.and(&format!("{table}.created_at <= ?"), view.created_at);
    if !request.runs.is_empty() {
        filter.among(&format!("{table}.run"), request.runs.iter().copied());
    }
    if !request.domains.is_empty() {
        filter.among(&format!("{table}.domain"), &request.domains);
    }
}

/// What may be said against a data set of which nobody knows what it holds: all that it may hold counts.
fn perhaps(
    tx: &mut dyn Tx,
    view: &DatasetView,
    request: &ExportRequest,
) -> Result<Option<Taint>, StoreError> {
    let mut filter = Filter::default();
    filter.always("q.lifted = 0 AND q.state_before IN ('accepted', 'rejected')");
    filter.and("q.decided_before <= ?", view.created_at);
    asked_for(&mut filter, "s", view, request);
    let sql = format!(
        "SELECT q.sample, q.quarantine FROM quarantine_sample q JOIN sample s ON s.id = q.sample{}",
        filter.clause()
    );
    let (mut samples, mut quarantines) = (BTreeSet::<SampleId>::new(), BTreeSet::<QuarantineId>::new());
    tx.query_each(&sql, filter.args(), &mut |row| {
        samples.insert(row.get("sample")?);
        quarantines.insert(row.get("quarantine")?);
        Ok(())
    })?;
    let count = samples.len() as u64;
    let taint = Taint { samples: count, certain: false, quarantines: quarantines.into_iter().collect() };
    Ok((count > 0).then_some(taint))
}
