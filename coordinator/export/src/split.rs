//! Splits: which group goes to training, validation or test.

use std::collections::BTreeMap;

use hafs_proto::ContentHash;
use hafs_proto::people::SplitRatios;
use serde::{Deserialize, Serialize};

/// One of the three splits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// For training.
    Train,
    /// For choosing among models during training.
    Val,
    /// For measuring the chosen model, once.
    Test,
}

impl Split {
    /// Every split.
    pub const ALL: [Self; 3] = [Self::Train, Self::Val, Self::Test];

    /// The word used in JSON and as file name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        }
    }

    /// The name that the Hugging Face libraries use.
    #[must_use]
    pub const fn hub_name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "validation",
            Self::Test => "test",
        }
    }

    const fn share(self, ratios: &SplitRatios) -> u32 {
        match self {
            Self::Train => ratios.train,
            Self::Val => ratios.val,
            Self::Test => ratios.test,
        }
    }
}

/// A split that is being filled. Room is counted in thousandths of a sample, so that shares are exact.
struct Bin {
    split: Split,
    room: i128,
}

impl Bin {
    fn take(&mut self, group: Group, chosen: &mut BTreeMap<ContentHash, Split>) {
        self.room -= group.thousandths();
        chosen.insert(group.name, self.split);
    }
}

#[derive(Clone, Copy)]
struct Group {
    name: ContentHash,
    samples: u64,
}

impl Group {
    fn thousandths(self) -> i128 {
        i128::from(self.samples) * 1_000
    }
}

/// Assigns every group to a split so that the splits come close to their shares of the samples.
///
/// A hash of seed and group decides the order of the groups. First each split with a share gets one group: the
/// first in order that fits its share, or else the smallest. Then each group in order goes to the split that
/// lacks most. When there are fewer groups than splits with a share, the splits with the smallest shares stay
/// empty; [`starved`] names them.
pub(crate) fn assign(
    groups: &BTreeMap<ContentHash, u64>,
    ratios: &SplitRatios,
    seed: u64,
) -> BTreeMap<ContentHash, Split> {
    let mut waiting = in_seeded_order(groups, seed);
    let mut bins = bins(ratios, groups);
    let mut chosen = BTreeMap::new();
    for bin in bins.iter_mut().rev() {
        if let Some(at) = first_choice(&waiting, bin.room) {
            bin.take(waiting.remove(at), &mut chosen);
        }
    }
    for group in waiting {
        // The first of equals, so the split with the larger share; `max_by_key` would give the last.
        if let Some(bin) = bins.iter_mut().rev().max_by_key(|bin| bin.room) {
            bin.take(group, &mut chosen);
        }
    }
    chosen
}

/// The splits that have a share but none of the samples.
pub(crate) fn starved(samples: &BTreeMap<Split, u64>, ratios: &SplitRatios) -> Vec<Split> {
    let empty = |split: &Split| samples.get(split).is_none_or(|count| *count == 0);
    Split::ALL.into_iter().filter(|split| split.share(ratios) > 0 && empty(split)).collect()
}

/// The splits that can be filled, largest share first.
fn bins(ratios: &SplitRatios, groups: &BTreeMap<ContentHash, u64>) -> Vec<Bin> {
    let total: u64 = groups.values().sum();
    let mut splits = Split::ALL.to_vec();
    splits.retain(|split| split.share(ratios) > 0);
    splits.sort_by_key(|split| std::cmp::Reverse(split.share(ratios)));
    splits.truncate(groups.len());
    let room = |split: Split| i128::from(split.share(ratios)) * i128::from(total);
    splits.into_iter().map(|split| Bin { split, room: room(split) }).collect()
}

fn in_seeded_order(groups: &BTreeMap<ContentHash, u64>, seed: u64) -> Vec<Group> {
    let rank = |name: &ContentHash| ContentHash::of_parts([&*seed.to_string(), &*name.to_string()]);
    let mut order: Vec<Group> =
        groups.iter().map(|(name, samples)| Group { name: *name, samples: *samples }).collect();
    order.sort_by_cached_key(|group| rank(&group.name));
    order
}

/// The first group that fits, or else the first of the smallest.
fn first_choice(waiting: &[Group], room: i128) -> Option<usize> {
    let fits = waiting.iter().position(|group| group.thousandths() <= room);
    fits.or_else(|| (0..waiting.len()).min_by_key(|at| waiting[*at].samples))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATIOS: SplitRatios = SplitRatios { train: 900, val: 50, test: 50 };

    fn groups(sizes: &[u64]) -> BTreeMap<ContentHash, u64> {
        sizes.iter().enumerate().map(|(n, size)| (ContentHash::of(&n.to_le_bytes()), *size)).collect()
    }

    fn filled(
        groups: &BTreeMap<ContentHash, u64>,
        chosen: &BTreeMap<ContentHash, Split>,
    ) -> BTreeMap<Split, u64> {
        let mut counts = BTreeMap::new();
        for (group, split) in chosen {
            *counts.entry(*split).or_default() += groups[group];
        }
        counts
    }

    #[test]
    fn with_three_groups_each_split_gets_one_and_the_giant_trains() {
        for seed in 0..50 {
            let groups = groups(&[1, 500, 2]);
            let filled = filled(&groups, &assign(&groups, &RATIOS, seed));
            assert!(starved(&filled, &RATIOS).is_empty());
            assert_eq!(filled[&Split::Train], 500);
        }
    }

    #[test]
    fn with_fewer_groups_the_largest_share_is_served_first_and_the_rest_is_named() {
        let starving = |sizes: &[u64]| {
            let groups = groups(sizes);
            starved(&filled(&groups, &assign(&groups, &RATIOS, 1)), &RATIOS)
        };
        assert_eq!(starving(&[7]), [Split::Val, Split::Test]);
        assert_eq!(starving(&[7, 7]), [Split::Test]);
        assert!(assign(&groups(&[]), &RATIOS, 1).is_empty());
    }

    #[test]
    fn a_split_without_a_share_gets_nothing() {
        let all = SplitRatios { train: 0, val: 0, test: 1_000 };
        let groups = groups(&[1, 2, 3, 4]);
        let chosen = assign(&groups, &all, 9);
        assert!(chosen.values().all(|split| *split == Split::Test));
        assert!(starved(&filled(&groups, &chosen), &all).is_empty());
    }

    #[test]
    fn another_seed_gives_other_splits() {
        let groups = groups(&[1; 100]);
        assert_ne!(assign(&groups, &RATIOS, 1), assign(&groups, &RATIOS, 2));
    }

    fn shares() -> impl Strategy<Value = SplitRatios> {
        (0..=1_000_u32).prop_flat_map(|train| {
            (0..=1_000 - train).prop_map(move |val| SplitRatios { train, val, test: 1_000 - train - val })
        })
    }

    proptest! {
        #[test]
        fn every_group_gets_exactly_one_split_and_no_share_starves_without_need(
            sizes in prop::collection::vec(1..40_u64, 0..60), ratios in shares(), seed: u64,
        ) {
            let groups = groups(&sizes);
            let chosen = assign(&groups, &ratios, seed);
            prop_assert!(chosen.keys().eq(groups.keys()));
            let wanted = Split::ALL.into_iter().filter(|split| split.share(&ratios) > 0).count();
            prop_assert_eq!(starved(&filled(&groups, &chosen), &ratios).len(), wanted.saturating_sub(groups.len()));
        }

        #[test]
        fn single_samples_meet_the_shares_within_one(count in 1_000..3_000_usize, ratios in shares(), seed: u64) {
            let groups = groups(&vec![1; count]);
            let counts = filled(&groups, &assign(&groups, &ratios, seed));
            for split in Split::ALL {
                let exact = count as f64 * f64::from(split.share(&ratios)) / 1_000.0;
                let got = counts.get(&split).copied().unwrap_or(0) as f64;
                prop_assert!((got - exact).abs() <= 1.0, "{split:?}: {got} of {exact}");
            }
        }
    }
}
