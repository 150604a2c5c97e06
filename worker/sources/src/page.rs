//! Collecting the seeds of one strand for one page.

use hafs_proto::SeedDraft;

use crate::skip::{Skip, Skips};

/// What one strand gives to a page.
#[derive(Debug)]
pub(crate) struct Batch {
    wanted: usize,
    seeds: Vec<SeedDraft>,
    skipped: Skips,
}

impl Batch {
    /// An empty batch that takes at most `wanted` seeds.
    pub(crate) fn new(wanted: usize) -> Self {
        Self { wanted, seeds: Vec::new(), skipped: Skips::default() }
    }

    /// Whether it takes no more seeds.
    pub(crate) fn is_full(&self) -> bool {
        self.seeds.len() >= self.wanted
    }

    /// Takes a seed, or counts why there is none.
    pub(crate) fn add(&mut self, found: Result<SeedDraft, Skip>) {
        match found {
            Ok(seed) => self.seeds.push(seed),
            Err(skip) => self.skipped.add(skip),
        }
    }

    /// Counts something that was passed over.
    pub(crate) fn skip(&mut self, skip: Skip) {
        self.skipped.add(skip);
    }

    /// The seeds, and the counts added to `skipped`.
    pub(crate) fn into_seeds(self, skipped: &mut Skips) -> Vec<SeedDraft> {
        skipped.merge(self.skipped);
        self.seeds
    }
}

/// One list from several, taking turns, so that the start of a page already shows every kind.
pub(crate) fn take_turns<T>(lists: Vec<Vec<T>>) -> Vec<T> {
    let mut turns: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    let mut mixed = Vec::new();
    loop {
        let before = mixed.len();
        mixed.extend(turns.iter_mut().filter_map(Iterator::next));
        if mixed.len() == before {
            return mixed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_take_turns_until_all_are_empty() {
        assert_eq!(take_turns(vec![vec![1, 4, 6], vec![], vec![2], vec![3, 5]]), [1, 2, 3, 4, 5, 6]);
    }
}
