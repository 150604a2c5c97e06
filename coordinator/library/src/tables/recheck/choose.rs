//! Which samples are meant.

use hafs_proto::people::{RecheckPreview, RecheckSelection, RecheckState};
use hafs_proto::{SampleId, Timestamp};

use crate::db::{Filter, Tx, args, one};
use crate::error::StoreError;
use crate::tables::quarantine::Place;

/// The conditions of a selection on samples `s` that are older than the recheck.
fn conditions(selection: &RecheckSelection, before: Timestamp) -> Filter {
    let mut filter = Filter::default();
    match selection.state {
        RecheckState::Accepted => filter.always("s.state = 'accepted'"),
        RecheckState::Quarantined => filter.always("s.state = 'quarantined'"),
        RecheckState::All => filter.always("s.state <> 'candidate'"),
    }
    filter.and_if("s.run = ?", selection.run);
    filter.and_if("s.domain = ?", selection.domain.as_ref());
    let checked_by =
        "EXISTS (SELECT 1 FROM check_claim k WHERE k.sample = s.id AND k.worker = ? AND k.void = 1)";
    filter.and_if(checked_by, selection.checked_by);
    filter.and("s.created_at < ?", before);
    filter
}

/// Counts what a selection means now. Changes nothing.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn count(
    tx: &mut dyn Tx,
    selection: &RecheckSelection,
    before: Timestamp,
) -> Result<RecheckPreview, StoreError> {
    let filter = conditions(selection, before);
    let sql = format!(
        "SELECT COUNT(*) AS samples, CAST(COALESCE(SUM(CASE WHEN s.state = 'accepted' THEN 1 ELSE 0 END), 0) AS BIGINT) \
         AS accepted FROM sample s{}",
        filter.clause()
    );
    let row = one(tx, &sql, filter.args())?.ok_or_else(|| StoreError::encode("a count gave no row"))?;
    Ok(RecheckPreview { samples: row.get("samples")?, accepted: row.get("accepted")? })
}

/// The next samples that are meant, in the order of their ids.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn samples_after(
    tx: &mut dyn Tx,
    (selection, before): (&RecheckSelection, Timestamp),
    place: &Place,
    limit: u32,
) -> Result<Vec<SampleId>, StoreError> {
    let mut filter = conditions(selection, before);
    filter.and("s.id > ?", place.arg());
    let sql = format!("SELECT s.id FROM sample s{} ORDER BY s.id LIMIT {limit}", filter.clause());
    tx.query(&sql, filter.args())?.iter().map(|row| row.get("id")).collect()
}

/// Whether a quarantine holds a sample, so that no check can let it go.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn is_held(tx: &mut dyn Tx, sample: SampleId) -> Result<bool, StoreError> {
    let sql = "SELECT sample FROM quarantine_sample WHERE sample = ?1 AND lifted = 0 LIMIT 1";
    Ok(one(tx, sql, args![sample])?.is_some())
}
