//! Comparing a sample with all that the library holds.

use std::cmp::Ordering;

use hafs_domain::likeness::{self, Likeness};
use hafs_library::tables::duplicates::{self, Signature};
use hafs_library::{StoreError, Tx};
use hafs_proto::{Check, Sample, SampleId, Score};
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

/// The most similar sample that shares a band.
fn nearest(tx: &mut dyn Tx, sample: &Sample, signature: Option<&Signature>) -> Result<Likeness, StoreError> {
    let Some(signature) = signature else { return Ok(Likeness::Unlike) };
    let nearest = likenesses(tx, sample.id, signature)?.into_iter().max_by(|(_, a), (_, b)| by_score(*a, *b));
    Ok(nearest.map_or(Likeness::Unlike, |(other, score)| Likeness::Similar(other, score)))
}

/// The samples that are most like a stored one, the most similar first, at most `most`.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn most_similar(
    tx: &mut dyn Tx,
    sample: SampleId,
    most: usize,
) -> Result<Vec<(SampleId, Score)>, StoreError> {
    let Some(signature) = duplicates::get(tx, sample)? else { return Ok(Vec::new()) };
    let mut found = likenesses(tx, sample, &signature)?;
    found.sort_by(|(_, a), (_, b)| by_score(*b, *a));
    found.truncate(most);
    Ok(found)
}

fn by_score(a: Score, b: Score) -> Ordering {
    a.get().total_cmp(&b.get())
}

/// How like the samples are that share a band. A signature of another version says nothing.
fn likenesses(
    tx: &mut dyn Tx,
    sample: SampleId,
    signature: &Signature,
) -> Result<Vec<(SampleId, Score)>, StoreError> {
    let Ok(own) = near::Signature::from_bytes(&signature.bytes) else { return Ok(Vec::new()) };
    let likeness = |bytes: &[u8]| {
        let other = near::Signature::from_bytes(bytes).ok()?;
        Score::new(own.jaccard_estimate(&other))
    };
    let candidates = duplicates::near(tx, signature, sample)?;
    Ok(candidates.into_iter().filter_map(|near| Some((near.sample, likeness(&near.bytes)?))).collect())
}
