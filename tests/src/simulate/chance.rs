//! Numbers that look random and follow from a seed.

/// A generator.
///
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014 (`SplitMix64`).
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `bound`.
    pub(super) const fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Between 0 and 1, without the ends.
    fn share(&mut self) -> f64 {
        let top = u32::try_from(self.next() >> 32).unwrap_or(u32::MAX);
        (f64::from(top) + 0.5) / (f64::from(u32::MAX) + 1.0)
    }

    /// Exponentially distributed with this mean, in whole milliseconds.
    pub(super) fn exponential(&mut self, mean_ms: f64) -> u64 {
        std::time::Duration::from_secs_f64(-self.share().ln() * mean_ms / 1_000.0)
            .as_millis()
            .try_into()
            .unwrap_or(u64::MAX)
    }

    /// Between half of the mean and one and a half of it.
    pub(super) const fn around(&mut self, mean_ms: u64) -> u64 {
        mean_ms / 2 + self.below(mean_ms + 1)
    }
}
