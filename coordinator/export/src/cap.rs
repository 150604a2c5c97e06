//! The share that one identity's unverified samples may have.
//!
//! Few poisoned samples are enough to spoil a model, so a limit on what anybody can slip in must not depend on how much
//! of it was found. Which samples stay is drawn by hashes of their ids and the export's seed: the same export keeps the
//! same ones, and who makes samples cannot choose which.

use std::collections::{BTreeMap, BTreeSet};

use hafs_proto::{ContentHash, SampleId};

/// A sample and the identity that it counts for; none when it is verified.
pub(crate) type Counted<'a> = (SampleId, Option<&'a str>);

/// The samples that must be left out so that no identity has more than `share` thousandths of what is left.
pub(crate) fn surplus(samples: &[Counted<'_>], share: u32, seed: u64) -> BTreeSet<SampleId> {
    let mut of: BTreeMap<&str, Vec<SampleId>> = BTreeMap::new();
    for (sample, identity) in samples {
        if let Some(identity) = identity {
            of.entry(identity).or_default().push(*sample);
        }
    }
    let verified = samples.iter().filter(|(_, identity)| identity.is_none()).count() as u64;
    let sizes: Vec<u64> = of.values().map(|samples| samples.len() as u64).collect();
    let kept = kept(verified, sizes, share);
    let over = of.into_values().zip(kept).flat_map(|(mut samples, kept)| {
        samples.sort_by_key(|sample| (lot(seed, *sample), *sample));
        samples.split_off(usize::try_from(kept).unwrap_or(usize::MAX).min(samples.len()))
    });
    over.collect()
}

/// The most that each identity may keep: the greatest numbers that no share of the whole exceeds. Each round lowers some
/// number until none is too great, so it ends.
fn kept(verified: u64, mut sizes: Vec<u64>, share: u32) -> Vec<u64> {
    loop {
        let whole: u64 = verified + sizes.iter().sum::<u64>();
        let most = whole.saturating_mul(u64::from(share)) / 1_000;
        if sizes.iter().all(|size| *size <= most) {
            return sizes;
        }
        sizes.iter_mut().for_each(|size| *size = (*size).min(most));
    }
}

fn lot(seed: u64, sample: SampleId) -> ContentHash {
    ContentHash::of_parts(["unverified share", &seed.to_string(), &sample.to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn id(n: u64) -> SampleId {
        Uuid::from_u128(u128::from(n)).into()
    }

    fn left(samples: &[Counted<'_>], out: &BTreeSet<SampleId>) -> BTreeMap<Option<String>, u64> {
        let mut left = BTreeMap::new();
        for (_, identity) in samples.iter().filter(|(sample, _)| !out.contains(sample)) {
            *left.entry(identity.map(str::to_owned)).or_default() += 1;
        }
        left
    }

    #[test]
    fn a_tenth_of_a_hundred_verified_samples_leaves_room_for_eleven_of_one_stranger() {
        let samples: Vec<Counted<'_>> = (0..200).map(|n| (id(n), (n >= 100).then_some("cred_1"))).collect();
        let out = surplus(&samples, 100, 7);
        assert_eq!(out.len(), 89, "11 of 111 are just below a tenth");
        assert_eq!(surplus(&samples, 100, 7), out, "the same seed keeps the same ones");
        assert_ne!(surplus(&samples, 100, 8), out);
        assert!(surplus(&samples, 1_000, 7).is_empty());
        assert_eq!(surplus(&samples, 0, 7).len(), 100);
    }

    #[test]
    fn strangers_alone_leave_nothing_unless_their_shares_fit() {
        let of = |identities: u64| -> Vec<String> { (0..identities).map(|n| format!("cred_{n}")).collect() };
        for (identities, left_out) in [(1, 60), (2, 60), (4, 0)] {
            let names = of(identities);
            let samples: Vec<Counted<'_>> = (0..60)
                .map(|n| {
                    (id(n), names.get(usize::try_from(n % identities).expect("small")).map(String::as_str))
                })
                .collect();
            assert_eq!(surplus(&samples, 250, 1).len(), left_out, "{identities} identities");
        }
    }

    proptest! {
        #[test]
        fn no_identity_exceeds_its_share_and_nothing_verified_is_left_out(
            owners in proptest::collection::vec(0_u8..6, 0..200), share in 0_u32..=1_000, seed: u64,
        ) {
            let names: Vec<String> = (0..6).map(|n| format!("cred_{n}")).collect();
            let samples: Vec<Counted<'_>> = (0_u64..)
                .zip(&owners)
                .map(|(n, owner)| (id(n), (*owner > 1).then(|| names[usize::from(*owner)].as_str())))
                .collect();
            let out = surplus(&samples, share, seed);
            let left = left(&samples, &out);
            let whole: u64 = left.values().sum();
            for (identity, count) in left.iter().filter(|(identity, _)| identity.is_some()) {
                prop_assert!(count * 1_000 <= whole * u64::from(share), "{:?} has {} of {}", identity, count, whole);
            }
            let verified = samples.iter().filter(|(_, identity)| identity.is_none()).count() as u64;
            prop_assert_eq!(left.get(&None).copied().unwrap_or(0), verified);
        }
    }
}
