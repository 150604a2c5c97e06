//! How many samples were made when: ids begin with their time, so that a count is one range of an index.

use std::ops::Range;

use hafs_proto::{RunId, SampleId, Timestamp};
use uuid::Uuid;

use crate::db::{Tx, args, scalar};
use crate::error::StoreError;

/// Samples of a run in a state that were made within a span of time.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn made(tx: &mut dyn Tx, (run, state, when): (RunId, &str, Range<Timestamp>)) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) AS n FROM sample WHERE run = ?1 AND state = ?2 AND id >= ?3 AND id < ?4";
    scalar(tx, sql, args![run, state, first(when.start), first(when.end)])
}

/// The lowest id that is made at a time.
/// Source: RFC 9562, section 5.7: the first 48 bits of version 7 are the Unix time in milliseconds.
fn first(at: Timestamp) -> SampleId {
    let millis = u128::try_from(at.as_millis()).unwrap_or(0) & 0xffff_ffff_ffff;
    SampleId::from_uuid(Uuid::from_u128(millis << 80))
}
