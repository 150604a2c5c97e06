//! Comparing a sample with all that the library holds, as a check like every other: stored with the sample, so
//! that a decision can be replayed.

use hafs_library::tables::duplicates::{self, Signature};
use hafs_library::{StoreError, Tx};
use hafs_proto::check::Field;
use hafs_proto::{Check, CheckName, CheckedBy, Finding, Outcome, Reason, Sample, SampleId, Score};
use hafs_quality::near;

/// Raised when the comparison changes.
const VERSION: u32 = 1;

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
    let finding = match duplicates::exact(tx, sample.canon_hash, sample.id)? {
        Some(other) => Some(found(Reason::ExactDuplicate, other, "the same text but for case and spacing")),
        None => nearest(tx, sample, signature)?.filter(|(_, likeness)| *likeness >= threshold.get()).map(
            |(other, likeness)| found(Reason::NearDuplicate, other, &format!("similarity {likeness:.2}")),
        ),
    };
    // Proof: the literal is a slug; a test of this file reads it.
    let name: CheckName = "duplicates".parse().expect("a name");
    let outcome = Outcome::from_findings(finding.into_iter().collect());
    Ok(Check { name, version: VERSION, by: CheckedBy::Coordinator, outcome })
}

fn found(reason: Reason, other: SampleId, likeness: &str) -> Finding {
    Finding::new(reason, Field::Output, &format!("{likeness}: see {other}"))
}

/// The most similar sample that shares a band. A signature of another version says nothing.
fn nearest(
    tx: &mut dyn Tx,
    sample: &Sample,
    signature: Option<&Signature>,
) -> Result<Option<(SampleId, f64)>, StoreError> {
    let Some(signature) = signature else { return Ok(None) };
    let Ok(own) = near::Signature::from_bytes(&signature.bytes) else { return Ok(None) };
    let likeness =
        |bytes: &[u8]| near::Signature::from_bytes(bytes).ok().map(|other| own.jaccard_estimate(&other));
    let candidates = duplicates::near(tx, signature, sample.id)?;
    Ok(candidates
        .into_iter()
        .filter_map(|near| Some((near.sample, likeness(&near.bytes)?)))
        .max_by(|(_, a), (_, b)| a.total_cmp(b)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checks_name_is_a_name() {
        assert!("duplicates".parse::<hafs_proto::CheckName>().is_ok());
    }
}
