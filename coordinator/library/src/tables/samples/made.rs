//! How many samples were made when: ids begin with their time, so that a count is one range of an index.

use std::ops::Range;

use hafs_proto::{RunId, SampleId, Timestamp};

use crate::db::{Tx, args, scalar};
use crate::error::StoreError;
use crate::tables::records::first;

/// Samples of a run in a state that were made within a span of time.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn made(tx: &mut dyn Tx, (run, state, when): (RunId, &str, Range<Timestamp>)) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) AS n FROM sample WHERE run = ?1 AND state = ?2 AND id >= ?3 AND id < ?4";
    scalar(tx, sql, args![run, state, first::<SampleId>(when.start), first::<SampleId>(when.end)])
}
