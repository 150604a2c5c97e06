//! How much room the disk of the library has, and what a coordinator does no more when there is little.

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Room {
    /// Enough.
    #[default]
    Ample,
    /// Somebody should free some.
    Low,
    /// No new work: what is under way still fits.
    Scarce,
    /// Nothing but results and what belongs to them.
    Gone,
}

/// What a call makes of the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It reads, takes a result, keeps a lease, holds something back or frees something.
    Always,
    /// It writes a little.
    Change,
    /// It is new work, or the beginning of some: a claim, a run, a data set.
    Work,
}

/// A level, with the share of the disk in thousandths and the bytes below both of which it is reached: on a large disk a
/// share alone would stop the factory with a hundred gigabytes free.
const LEVELS: [(Room, u64, u64); 3] =
    [(Room::Gone, 40, 1 << 30), (Room::Scarce, 80, 4 << 30), (Room::Low, 150, 20 << 30)];

impl Room {
    /// Every level, the one with most room first.
    pub const ALL: [Self; 4] = [Self::Ample, Self::Low, Self::Scarce, Self::Gone];

    /// The room on a disk with `free` of `total` bytes free.
    #[must_use]
    pub fn of(free: u64, total: u64) -> Self {
        let below = |share: u64| u128::from(free) * 1_000 < u128::from(total) * u128::from(share);
        let reached = LEVELS.iter().find(|(_, share, bytes)| free < *bytes && below(*share));
        reached.map_or(Self::Ample, |(room, ..)| *room)
    }

    /// Whether a call is let through.
    #[must_use]
    pub const fn admits(self, wanted: Use) -> bool {
        match (self, wanted) {
            (Self::Ample | Self::Low, _) | (_, Use::Always) | (Self::Scarce, Use::Change) => true,
            (Self::Scarce, Use::Work) | (Self::Gone, Use::Change | Use::Work) => false,
        }
    }

    /// The word used in logs and messages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ample => "ample",
            Self::Low => "low",
            Self::Scarce => "scarce",
            Self::Gone => "gone",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn each_level_needs_a_small_share_and_few_bytes() {
        let disk = |free, total| Room::of(free, total);
        assert_eq!(disk(16, 100), Room::Ample);
        assert_eq!([disk(14, 100), disk(7, 100), disk(3, 100)], [Room::Low, Room::Scarce, Room::Gone]);
        assert_eq!(disk(40 * GIB, 1_000 * GIB), Room::Ample, "4 % of a large disk is room enough");
        assert_eq!(disk(3 * GIB, 1_000 * GIB), Room::Scarce);
        assert_eq!((disk(0, 100), disk(0, 0)), (Room::Gone, Room::Ample), "what has no size is not known");
    }

    #[test]
    fn results_are_taken_at_any_level_and_new_work_stops_first() {
        let stopped = |wanted| Room::ALL.into_iter().find(|room| !room.admits(wanted));
        assert_eq!(stopped(Use::Always), None);
        assert_eq!(stopped(Use::Work), Some(Room::Scarce));
        assert_eq!(stopped(Use::Change), Some(Room::Gone));
    }

    proptest! {
        #[test]
        fn less_room_never_admits_more(total in 0_u64.., one in 0_u64.., other in 0_u64..) {
            let (less, more) = (one.min(other), one.max(other));
            prop_assert!(Room::of(less, total) >= Room::of(more, total));
            for wanted in [Use::Always, Use::Change, Use::Work] {
                prop_assert!(!Room::of(less, total).admits(wanted) || Room::of(more, total).admits(wanted));
            }
        }
    }
}
