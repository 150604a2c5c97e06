//! A sample and its whole chain.

use hafs_proto::SampleId;
use hafs_proto::people::SampleDetail;

use super::price::price;
use super::read::get;
use crate::db::Tx;
use crate::error::StoreError;
use crate::tables::{attempts, checks, claims, decisions, reviews, seeds, verdicts};

/// A sample with the seed and the attempt that it was made from, every check, every verdict, the
/// decision and the price.
///
/// # Errors
/// [`StoreError::Missing`] when it or a link of its chain is not there.
pub fn detail(tx: &mut dyn Tx, id: SampleId) -> Result<SampleDetail, StoreError> {
    let sample = get(tx, id)?;
    Ok(SampleDetail {
        seed: seeds::get(tx, sample.lineage.seed)?,
        attempt: attempts::get(tx, sample.lineage.attempt)?,
        checks: checks::of_sample(tx, id)?,
        claims: claims::of_sample(tx, id)?,
        verdicts: verdicts::of_sample(tx, id)?,
        decision: decisions::latest(tx, id)?,
        price: price(tx, &sample)?,
        reviews: reviews::of_sample(tx, id)?,
        tags: reviews::tags(tx, id)?,
        sample,
    })
}
