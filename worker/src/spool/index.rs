//! What is in the segments, and which of them are worth keeping. No I/O.

use std::collections::BTreeMap;

/// Bytes of lines that are not needed any more, over which a segment is moved.
const MOST_WASTE: u64 = 64 * 1024 * 1024;

/// Where the line of an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) segment: u64,
    pub(super) at: u64,
    pub(super) len: u64,
}

/// What a segment holds.
#[derive(Debug, Default, Clone, Copy)]
struct Usage {
    /// Of its file.
    bytes: u64,
    /// Of lines that are needed.
    live_bytes: u64,
    /// Lines that are needed.
    live: usize,
}

/// The entries by key, and the segments.
#[derive(Debug, Default)]
pub(super) struct Index {
    places: BTreeMap<String, Place>,
    segments: BTreeMap<u64, Usage>,
}

impl Index {
    pub(super) fn place(&self, key: &str) -> Option<Place> {
        self.places.get(key).copied()
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.places.keys().cloned().collect()
    }

    pub(super) fn keys_in(&self, segment: u64) -> Vec<String> {
        self.places.iter().filter(|(_, place)| place.segment == segment).map(|(key, _)| key.clone()).collect()
    }

    /// An entry was written; one of the same key before it is not needed any more.
    pub(super) fn put(&mut self, key: String, place: Place) {
        let usage = self.segments.entry(place.segment).or_default();
        usage.live += 1;
        usage.live_bytes += place.len;
        if let Some(old) = self.places.insert(key, place) {
            self.release(old);
        }
    }

    /// An entry is not needed any more.
    pub(super) fn remove(&mut self, key: &str) -> Option<Place> {
        let place = self.places.remove(key)?;
        self.release(place);
        Some(place)
    }

    fn release(&mut self, place: Place) {
        if let Some(usage) = self.segments.get_mut(&place.segment) {
            usage.live -= 1;
            usage.live_bytes -= place.len;
        }
    }

    /// So many bytes were added to a segment's file.
    pub(super) fn grow(&mut self, segment: u64, bytes: u64) {
        self.segments.entry(segment).or_default().bytes += bytes;
    }

    /// Keeps a segment although no entry in it is needed: it holds something that could not be set aside.
    pub(super) fn pin(&mut self, segment: u64) {
        self.segments.entry(segment).or_default().live += 1;
    }

    pub(super) fn holds(&self, segment: u64) -> bool {
        self.segments.contains_key(&segment)
    }

    /// Takes out the segments in which nothing is needed any more.
    pub(super) fn take_dead(&mut self) -> Vec<u64> {
        self.segments.extract_if(.., |_, usage| usage.live == 0).map(|(number, _)| number).collect()
    }

    /// The segment that should be emptied, if too much space is held by lines that nobody needs: the one with most
    /// of them, but not the `current` one.
    pub(super) fn wasteful(&self, current: Option<u64>) -> Option<u64> {
        let waste = |usage: &Usage| usage.bytes.saturating_sub(usage.live_bytes);
        let sealed = self.segments.iter().filter(|(number, _)| Some(**number) != current);
        let (worst, _) = sealed.max_by_key(|(_, usage)| waste(usage))?;
        (self.segments.values().map(waste).sum::<u64>() > MOST_WASTE).then_some(*worst)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_segment_is_dead_when_its_last_entry_is_gone_and_never_before(
            puts in prop::collection::vec((0_u8..20, 0_u64..4), 1..60),
            gone in prop::collection::vec(0_u8..20, 0..40),
        ) {
            let mut index = Index::default();
            for (at, (key, segment)) in (0_u64..).zip(puts) {
                index.put(key.to_string(), Place { segment, at, len: 10 });
            }
            for key in gone {
                index.remove(&key.to_string());
            }
            for segment in index.take_dead() {
                prop_assert!(index.keys_in(segment).is_empty());
            }
            for segment in 0..4 {
                prop_assert_eq!(index.holds(segment), !index.keys_in(segment).is_empty());
            }
        }
    }

    #[test]
    fn a_straggler_does_not_keep_its_neighbours_for_ever() {
        let mut index = Index::default();
        for segment in 1..=40 {
            index.put(format!("straggler {segment}"), Place { segment, at: 0, len: 100 });
            index.grow(segment, 2 * 1024 * 1024 + segment);
            let expected = (segment > 32).then_some(segment - 1);
            assert_eq!(index.wasteful(Some(segment)), expected, "{segment}");
        }
    }
}
