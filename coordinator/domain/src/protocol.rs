//! Which version and which features of the protocol a worker and this coordinator use with each other.

use std::ops::RangeInclusive;

use hafs_proto::BoundedText;
use hafs_proto::worker::{PROTOCOL, feature};

/// The versions that this coordinator speaks.
pub const SPOKEN: RangeInclusive<u32> = PROTOCOL..=PROTOCOL;

/// The highest version that both speak.
#[must_use]
pub fn version(theirs: &[u32], ours: RangeInclusive<u32>) -> Option<u32> {
    theirs.iter().copied().filter(|version| ours.contains(version)).max()
}

/// The features that both know, in our order. A feature that we do not know is not an error: the worker is newer.
#[must_use]
pub fn features(theirs: &[BoundedText<64>]) -> Vec<BoundedText<64>> {
    let both = feature::ALL.iter().filter(|ours| theirs.iter().any(|their| their.as_str() == **ours));
    both.map(|feature| BoundedText::clipped(feature)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_common_version_is_spoken_and_without_one_nothing_is() {
        assert_eq!(version(&[1, 2, 3], 1..=2), Some(2));
        assert_eq!(version(&[3, 1], 1..=2), Some(1));
        assert_eq!(version(&[3], 1..=2), None);
        assert_eq!(version(&[], SPOKEN), None);
    }

    #[test]
    fn features_of_a_newer_worker_are_passed_over_and_an_older_one_has_none() {
        let words = |words: &[&str]| words.iter().map(|word| BoundedText::clipped(word)).collect::<Vec<_>>();
        assert_eq!(features(&words(&["teleport", "rotate", "instance"])), words(&["instance", "rotate"]));
        assert_eq!(features(&[]), words(&[]));
    }
}
