//! Chance that can be had again: numbers that follow from a seed, which the test prints.

use std::time::Duration;

use hafs_proto::ContentHash;

/// The variable that names the seed.
pub const SEED: &str = "HAFS_TEST_SEED";

/// The seed that the variable names, or the usual one. The test has to print it.
#[must_use]
pub fn seed() -> u64 {
    std::env::var(SEED).ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_122)
}

/// A number below `below` that follows from the seed, from what it is about and from how often that was asked.
#[must_use]
pub fn drawn(seed: u64, about: &str, nth: u64, below: u64) -> u64 {
    let hash = ContentHash::of_parts([seed.to_string().as_str(), about, &nth.to_string()]);
    let [a, b, c, d, ..] = *hash.as_bytes();
    u64::from(u32::from_le_bytes([a, b, c, d])) % below.max(1)
}

/// One number after the other.
#[derive(Debug)]
pub struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    /// The same numbers for the same seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, thrown: 0 }
    }

    /// The next number below `below`.
    pub fn below(&mut self, below: u64) -> u64 {
        self.thrown += 1;
        drawn(self.seed, "dice", self.thrown, below)
    }

    /// The next place in a list of so many.
    pub fn index(&mut self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).unwrap_or(0)
    }

    /// The next time, in milliseconds from `from` and below `to`.
    pub fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }
}
