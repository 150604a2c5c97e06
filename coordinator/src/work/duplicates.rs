//! Comparing a sample with all that the library holds.

use hafs_domain::likeness::{self, Likeness};
use hafs_library::tables::duplicates::{self, Signature};
use hafs_library::{StoreError, Tx};
use hafs_proto::{Check, Sample, Score};
use hafs_quality::near;

/// Looks for the same and for nearly the same text among accepted and undecided samples of all runs.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn check(
    tx: &mut dyn Tx,
    sample: &Sample,
    signature: Option<&Signature>,
    threshold: Score,
) -> Result<Check, StoreError> {
    let likeness = match duplicates::exact(tx, sample.canon_hash, sample.id)? {
        Some(other) => Likeness::Same(other),
        None => nearest(tx, sample, signature)?,
    };
    Ok(likeness::check(likeness, threshold))
}

/// The most similar sample that shares a band. A signature of another version says nothing.
fn nearest(tx: &mut dyn Tx, sample: &Sample, signature: Option<&Signature>) -> Result<Likeness, StoreError> {
    let Some(signature) = signature else { return Ok(Likeness::Unlike) };
    let Ok(own) = near::Signature::from_bytes(&signature.bytes) else { return Ok(Likeness::Unlike) };
    let likeness = |bytes: &[u8]| {
        let other = near::Signature::from_bytes(bytes).ok()?;
        Score::new(own.jaccard_estimate(&other))
    };
    let candidates = duplicates::near(tx, signature, sample.id)?;
    let nearest = candidates
        .into_iter()
        .filter_map(|near| Some((near.sample, likeness(&near.bytes)?)))
        .max_by(|(_, a), (_, b)| a.get().total_cmp(&b.get()));
    Ok(nearest.map_or(Likeness::Unlike, |(other, score)| Likeness::Similar(other, score)))
}
