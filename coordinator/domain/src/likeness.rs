//! When a sample is a duplicate. The comparison is a check like every other: stored with the sample, so that the
//! decision can be replayed without comparing again.

use hafs_proto::check::Field;
use hafs_proto::{Check, CheckName, CheckedBy, Finding, Outcome, Reason, SampleId, Score};

/// The check's name.
pub const NAME: &str = "duplicates";
/// Raised when the comparison or its rule changes.
pub const VERSION: u32 = 1;

/// What the library holds that is most like the sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Likeness {
    /// Nothing near.
    Unlike,
    /// The nearest sample, and how similar it is.
    Similar(SampleId, Score),
    /// A sample with the same text in canonical form.
    Same(SampleId),
}

/// What a likeness means under a threshold: the same text is an exact duplicate, one at least as similar as
/// `threshold` a near one. The finding names the other sample.
#[must_use]
pub fn check(likeness: Likeness, threshold: Score) -> Check {
    let finding = match likeness {
        Likeness::Same(other) => {
            Some(found(Reason::ExactDuplicate, other, "the same text but for case and spacing"))
        }
        Likeness::Similar(other, score) if score >= threshold => {
            Some(found(Reason::NearDuplicate, other, &format!("similarity {:.2}", score.get())))
        }
        Likeness::Similar(..) | Likeness::Unlike => None,
    };
    // Proof: the constant is a slug; a test of this file makes a check.
    let name: CheckName = NAME.parse().expect("a name");
    let outcome = Outcome::from_findings(finding.into_iter().collect());
    Check { name, version: VERSION, by: CheckedBy::Coordinator, outcome, tool: None }
}

fn found(reason: Reason, other: SampleId, likeness: &str) -> Finding {
    Finding::new(reason, Field::Output, &format!("{likeness}: see {other}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hafs_proto::ContentHash;

    fn other() -> SampleId {
        let text = format!("sample_{}", &ContentHash::of(b"other").to_string()[..32]);
        text.parse().expect("an id")
    }

    fn reasons(likeness: Likeness) -> Vec<Reason> {
        match check(likeness, Score::new(0.8).expect("a score")).outcome {
            Outcome::Fail { findings } => {
                assert!(findings.iter().all(|finding| finding.message.contains(&other().to_string())));
                findings.iter().map(|finding| finding.reason).collect()
            }
            Outcome::Pass | Outcome::NotApplicable | Outcome::Unchecked { .. } => Vec::new(),
        }
    }

    #[test]
    fn a_sample_as_similar_as_the_threshold_is_a_near_duplicate_and_the_same_text_an_exact_one() {
        let similar = |value| Likeness::Similar(other(), Score::new(value).expect("a score"));
        assert_eq!(reasons(Likeness::Unlike), []);
        assert_eq!(reasons(similar(0.79)), []);
        assert_eq!(reasons(similar(0.8)), [Reason::NearDuplicate]);
        assert_eq!(reasons(Likeness::Same(other())), [Reason::ExactDuplicate]);
    }
}
