//! Ids: UUIDs of version 7, so that they sort by the time at which they were minted.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use hafs_proto::{ContentHash, Timestamp};
use uuid::Uuid;

use crate::clock::Clock;
use crate::entropy::{self, EntropyError};

/// Bits of a version-7 UUID after the 48-bit time: 12 before and 62 after the variant.
const RANDOM_BITS: u32 = 74;

/// Mints ids. Each is greater than all before it from the same generator, also within one millisecond and
/// when the clock goes backwards.
///
/// Randomness is drawn once from the operating system and stretched with keyed BLAKE3, so minting cannot fail.
pub struct IdGen {
    clock: Box<dyn Clock>,
    key: [u8; 32],
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    minted: u64,
    last: u128,
}

impl IdGen {
    /// A generator that takes its time from `clock`.
    ///
    /// # Errors
    /// [`EntropyError`] when the operating system has no randomness.
    pub fn new(clock: impl Clock + 'static) -> Result<Self, EntropyError> {
        Ok(Self::with_key(clock, entropy::bytes()?))
    }

    /// A generator whose ids depend on `seed` and `clock` alone.
    #[cfg(feature = "test-util")]
    #[must_use]
    pub fn seeded(clock: impl Clock + 'static, seed: u64) -> Self {
        Self::with_key(clock, *ContentHash::of(&seed.to_le_bytes()).as_bytes())
    }

    fn with_key(clock: impl Clock + 'static, key: [u8; 32]) -> Self {
        Self { clock: Box::new(clock), key, state: Mutex::default() }
    }

    /// Mints an id of the type that the caller expects.
    pub fn mint<T: From<Uuid>>(&self) -> T {
        let now = self.clock.now();
        // A panic elsewhere cannot leave the two numbers in a state that repeats an id.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let random = ContentHash::keyed(&self.key, &state.minted.to_le_bytes());
        state.last = next(state.last, now, random.as_bytes());
        state.minted += 1;
        T::from(layout(state.last))
    }
}

impl fmt::Debug for IdGen {
    /// Shows the clock only: with the key, ids could be foretold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdGen").field("clock", &self.clock).finish_non_exhaustive()
    }
}

/// The 122 free bits of the next id: the time and fresh random bits, or a random step beyond the last id if
/// that is not greater already. A step that overflows its millisecond borrows from the next.
/// Source: RFC 9562, section 6.2, methods 2 and 3.
fn next(last: u128, now: Timestamp, random: &[u8; 32]) -> u128 {
    let part = |at: usize| random[at..at + 8].iter().fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
    let millis = u128::try_from(now.as_millis()).unwrap_or(0);
    let fresh = (millis << RANDOM_BITS) | (((part(0) << 64) | part(8)) & ((1 << RANDOM_BITS) - 1));
    let step = 1 + (part(16) >> 32);
    fresh.max(last + step)
}

/// Puts version and variant between the free bits.
/// Source: RFC 9562, section 5.7.
fn layout(free: u128) -> Uuid {
    let millis_and_a = free >> 62;
    let (millis, a) = ((millis_and_a >> 12) & 0xffff_ffff_ffff, millis_and_a & 0xfff);
    let b = free & ((1 << 62) - 1);
    Uuid::from_u128((millis << 80) | (0x7 << 76) | (a << 64) | (0b10 << 62) | b)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use hafs_proto::{SampleId, TaskId};

    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn ids_rise_also_within_a_millisecond_and_when_the_clock_goes_backwards() {
        let clock = ManualClock::default();
        let ids = IdGen::seeded(clock.clone(), 1);
        let mut last = ids.mint::<TaskId>();
        for round in 0..2_000_u64 {
            match round % 500 {
                100 => clock.advance(Duration::from_millis(1)),
                300 => clock.set(Timestamp::EPOCH),
                _ => {}
            }
            let id = ids.mint();
            assert!(id > last, "{id} after {last}");
            last = id;
        }
    }

    #[test]
    fn an_id_is_a_uuid_of_version_7_that_carries_its_time() {
        let clock = ManualClock::default();
        let uuid = IdGen::seeded(clock.clone(), 7).mint::<SampleId>().uuid();
        assert_eq!((uuid.get_version_num(), uuid.get_variant()), (7, uuid::Variant::RFC4122));
        let millis = i64::try_from(uuid.as_u128() >> 80).expect("48 bits");
        assert_eq!(millis, clock.now().as_millis());
    }

    #[test]
    fn one_seed_gives_one_sequence_and_the_system_gives_another_each_time() {
        let sequence = |ids: &IdGen| (0..3).map(|_| ids.mint::<TaskId>()).collect::<Vec<_>>();
        let seeded = |seed| sequence(&IdGen::seeded(ManualClock::default(), seed));
        assert_eq!(seeded(3), seeded(3));
        assert_ne!(seeded(3), seeded(4));
        let fresh = || sequence(&IdGen::new(ManualClock::default()).expect("randomness"));
        assert_ne!(fresh(), fresh());
    }

    #[test]
    fn threads_never_get_the_same_id() {
        let ids = IdGen::seeded(ManualClock::default(), 5);
        let minted: Vec<Vec<TaskId>> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| (0..1_000).map(|_| ids.mint()).collect())).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        assert_eq!(minted.into_iter().flatten().collect::<BTreeSet<_>>().len(), 4_000);
    }
}
