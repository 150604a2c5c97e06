//! Collecting the seeds of one strand for one page.

use hafs_proto::{SeedDraft, limits};

use crate::skip::{Skip, Skips};

/// Bytes of a page's texts: with JSON around and inside them it still fits a batch of the protocol.
const PAGE_BYTES: usize = limits::BATCH_BYTES / 2;

/// What still fits into a page, or into one strand's share of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    seeds: usize,
    bytes: usize,
}

impl Room {
    /// The room of an empty page; `limit` seeds, but at least one and no more than the protocol allows.
    pub(crate) fn of_page(limit: usize) -> Self {
        Self { seeds: limit.clamp(1, limits::HARVEST_SEEDS), bytes: PAGE_BYTES }
    }

    /// An equal share for each of `takers`.
    pub(crate) fn share(self, takers: usize) -> Self {
        let takers = takers.max(1);
        Self { seeds: self.seeds.div_ceil(takers), bytes: self.bytes.div_ceil(takers) }
    }

    /// Whether nothing more fits.
    pub(crate) fn is_used_up(self) -> bool {
        self.seeds == 0 || self.bytes == 0
    }

    /// Takes the place of one seed.
    pub(crate) fn give(&mut self, seed: &SeedDraft) {
        let context: usize = seed.context.iter().map(|(key, value)| key.len() + value.len()).sum();
        self.seeds = self.seeds.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(seed.title.len() + seed.text.len() + context);
    }
}

/// What one strand gives to a page.
#[derive(Debug)]
pub(crate) struct Batch {
    room: Room,
    seeds: Vec<SeedDraft>,
    skipped: Skips,
}

impl Batch {
    /// An empty batch that takes what fits into `room`.
    pub(crate) fn new(room: Room) -> Self {
        Self { room, seeds: Vec::new(), skipped: Skips::default() }
    }

    /// Whether it takes no more seeds.
    pub(crate) fn is_full(&self) -> bool {
        self.room.is_used_up()
    }

    /// Takes a seed, or counts why there is none.
    pub(crate) fn add(&mut self, found: Result<SeedDraft, Skip>) {
        match found {
            Ok(seed) => {
                self.room.give(&seed);
                self.seeds.push(seed);
            }
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
    use hafs_proto::{BoundedText, Provenance, SeedKind};

    use super::*;

    fn seed(text: &str) -> SeedDraft {
        SeedDraft {
            kind: SeedKind::DocSection,
            domain: "docs".parse().expect("a domain"),
            title: BoundedText::clipped(""),
            text: BoundedText::clipped(text),
            context: [("before".to_owned(), BoundedText::clipped(text))].into(),
            provenance: Provenance {
                source: "notes".parse().expect("a name"),
                locator: BoundedText::clipped("a.md"),
                group: BoundedText::clipped("notes/a.md"),
                revision: None,
                path: None,
                lines: None,
                license: None,
                redactions: 0,
            },
        }
    }

    #[test]
    fn a_batch_is_full_when_its_seeds_or_its_bytes_are_used_up() {
        let mut few = Batch::new(Room { seeds: 1, bytes: 1_000 });
        few.add(Err(Skip::Binary));
        assert!(!few.is_full(), "what is passed over takes no room");
        few.add(Ok(seed("")));
        assert!(few.is_full());
        let mut heavy = Batch::new(Room { seeds: 9, bytes: 1_000 });
        heavy.add(Ok(seed(&"x".repeat(400))));
        assert!(!heavy.is_full());
        heavy.add(Ok(seed(&"x".repeat(400))));
        assert!(heavy.is_full());
    }

    #[test]
    fn a_page_has_room_for_at_least_one_seed_and_no_more_than_the_protocol_allows() {
        assert!(!Room::of_page(0).share(4).is_used_up());
        assert_eq!(Room::of_page(usize::MAX).seeds, limits::HARVEST_SEEDS);
    }

    #[test]
    fn lists_take_turns_until_all_are_empty() {
        assert_eq!(take_turns(vec![vec![1, 4, 6], vec![], vec![2], vec![3, 5]]), [1, 2, 3, 4, 5, 6]);
    }
}
