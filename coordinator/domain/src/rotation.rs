//! When a credential gets a new secret, and which of two secrets is taken meanwhile.
//!
//! The worker draws the new secret, stores it, and only then asks; the coordinator is told its hash. So a lost answer
//! or a crash on either side loses nothing: the same request can be repeated under the old secret or the new one.

use std::time::Duration;

use hafs_proto::{ContentHash, Timestamp};

/// The secrets of one credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secrets {
    /// Hash of the one in force.
    pub current: ContentHash,
    /// Hash of the one before, and until when it is taken too.
    pub previous: Option<(ContentHash, Timestamp)>,
}

/// What becomes of the wish for a new secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// These are in force from now on.
    Renewed(Secrets),
    /// The new secret was in force already; the one before is taken until then.
    Repeated {
        /// The end of the overlap.
        until: Timestamp,
    },
    /// The secret that was shown is the one before: whoever has only that one may not shut out the other.
    Outdated,
    /// The new secret is the one before.
    Reused,
}

impl Secrets {
    /// Whether a secret with this hash is taken now. Hashes are compared in constant time.
    #[must_use]
    pub fn accepts(&self, presented: ContentHash, now: Timestamp) -> bool {
        let current = presented == self.current;
        let previous = self.previous.is_some_and(|(hash, until)| (presented == hash) & (now < until));
        current | previous
    }

    /// Decides about a new secret, for a caller who has shown a secret that [`Secrets::accepts`].
    #[must_use]
    pub fn rotate(
        &self,
        presented: ContentHash,
        next: ContentHash,
        now: Timestamp,
        overlap: Duration,
    ) -> Rotation {
        if next == self.current {
            let until = self.previous.map_or(now, |(_, until)| until);
            return Rotation::Repeated { until };
        }
        if presented != self.current {
            return Rotation::Outdated;
        }
        if self.previous.is_some_and(|(hash, _)| hash == next) {
            return Rotation::Reused;
        }
        Rotation::Renewed(Self { current: next, previous: Some((self.current, now.plus(overlap))) })
    }
}

/// Whether a secret that is in force since `since` should be replaced.
#[must_use]
pub fn is_due(since: Timestamp, now: Timestamp, longest: Duration) -> bool {
    now.since(since) >= longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OVERLAP: Duration = Duration::from_secs(600);

    fn hash(number: u8) -> ContentHash {
        ContentHash::of(&[number])
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_secs(seconds))
    }

    fn rotated() -> Secrets {
        let first = Secrets { current: hash(1), previous: None };
        match first.rotate(hash(1), hash(2), at(0), OVERLAP) {
            Rotation::Renewed(secrets) => secrets,
            other @ (Rotation::Repeated { .. } | Rotation::Outdated | Rotation::Reused) => {
                panic!("{other:?}")
            }
        }
    }

    #[test]
    fn both_secrets_are_taken_during_the_overlap_and_only_the_new_one_after_it() {
        let secrets = rotated();
        assert!(secrets.accepts(hash(1), at(599)) && secrets.accepts(hash(2), at(599)));
        assert!(!secrets.accepts(hash(1), at(600)) && secrets.accepts(hash(2), at(600)));
        assert!(!secrets.accepts(hash(3), at(1)));
    }

    #[test]
    fn a_repeated_wish_changes_nothing_whichever_secret_it_is_made_with() {
        let secrets = rotated();
        for presented in [1, 2] {
            let again = secrets.rotate(hash(presented), hash(2), at(100), OVERLAP);
            assert_eq!(again, Rotation::Repeated { until: at(600) });
        }
    }

    #[test]
    fn who_has_only_the_old_secret_cannot_shut_out_the_new_one() {
        assert_eq!(rotated().rotate(hash(1), hash(3), at(1), OVERLAP), Rotation::Outdated);
        assert_eq!(rotated().rotate(hash(2), hash(1), at(1), OVERLAP), Rotation::Reused);
    }

    #[test]
    fn a_secret_is_due_when_it_is_as_old_as_allowed() {
        assert!(!is_due(at(0), at(9), Duration::from_secs(10)));
        assert!(is_due(at(0), at(10), Duration::from_secs(10)));
    }

    proptest! {
        #[test]
        fn the_secret_in_force_is_always_taken_and_at_most_one_other(
            wishes in proptest::collection::vec((0_u8..6, 0_u8..6), 0..40), now in 0_u64..2_000,
        ) {
            let mut secrets = Secrets { current: hash(0), previous: None };
            for (step, (presented, next)) in wishes.into_iter().enumerate() {
                let moment = at(step as u64 * 50);
                if !secrets.accepts(hash(presented), moment) { continue }
                if let Rotation::Renewed(new) = secrets.rotate(hash(presented), hash(next), moment, OVERLAP) {
                    prop_assert!(new.accepts(hash(presented), moment), "the caller is not shut out");
                    secrets = new;
                }
            }
            prop_assert!(secrets.accepts(secrets.current, at(now)));
            let taken = (0..6).filter(|n| secrets.accepts(hash(*n), at(now))).count();
            prop_assert!((1..=2).contains(&taken));
        }
    }
}
