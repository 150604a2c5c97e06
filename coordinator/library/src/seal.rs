//! Seals: hashes of the facts of a row, so that `verify` can name a row that was changed behind our back.
//!
//! A seal covers the JSON form of the row's value as the library hands it out, without what may change later
//! (a sample's state). Adding a field to such a value keeps old seals whole if the field is left out when absent.

use hafs_proto::ContentHash;
use serde::Serialize;

use crate::error::StoreError;

/// The seal of a value.
pub(crate) fn seal(facts: &impl Serialize) -> Result<ContentHash, StoreError> {
    serde_json::to_vec(facts).map(|json| ContentHash::of(&json)).map_err(StoreError::encode)
}
