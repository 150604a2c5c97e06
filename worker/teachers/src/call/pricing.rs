//! What a call costs, by a table from the config.

use hafs_proto::MicroUsd;
pub use hafs_proto::quota::Prices as Pricing;

/// Prices as far as somebody has said them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PriceTags {
    /// As in [`Pricing`].
    pub input: Option<MicroUsd>,
    /// As in [`Pricing`].
    pub cached_input: Option<MicroUsd>,
    /// As in [`Pricing`].
    pub cache_write: Option<MicroUsd>,
    /// As in [`Pricing`].
    pub output: Option<MicroUsd>,
}

impl PriceTags {
    /// These, and where nothing is said, `table`'s.
    #[must_use]
    pub fn over(self, table: Self) -> Self {
        Self {
            input: self.input.or(table.input),
            cached_input: self.cached_input.or(table.cached_input),
            cache_write: self.cache_write.or(table.cache_write),
            output: self.output.or(table.output),
        }
    }

    /// The prices in a batch where nobody has said any: half of these, as every provider with batches has it.
    #[must_use]
    pub fn half(self) -> Self {
        let half = |price: Option<MicroUsd>| price.map(|price| MicroUsd(price.0.div_ceil(2)));
        Self {
            input: half(self.input),
            cached_input: half(self.cached_input),
            cache_write: half(self.cache_write),
            output: half(self.output),
        }
    }

    /// The prices, if prompt and reply have one. A cached token costs at most what a plain one does, and one that is
    /// written into a cache a quarter more: the dearest of the usual rules, for where nothing is said.
    #[must_use]
    pub fn pricing(self) -> Option<Pricing> {
        let (input, output) = (self.input?, self.output?);
        Some(Pricing {
            input,
            cached_input: self.cached_input.unwrap_or(input),
            cache_write: self.cache_write.unwrap_or(MicroUsd(input.0.saturating_add(input.0.div_ceil(4)))),
            output,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_that_nobody_said_is_unknown_and_never_zero() {
        let table = PriceTags { input: Some(MicroUsd(4)), ..PriceTags::default() };
        assert_eq!(table.pricing(), None);
        let own = PriceTags { output: Some(MicroUsd(9)), ..PriceTags::default() };
        let pricing = Pricing {
            input: MicroUsd(4),
            cached_input: MicroUsd(4),
            cache_write: MicroUsd(5),
            output: MicroUsd(9),
        };
        assert_eq!(own.over(table).pricing(), Some(pricing));
        assert_eq!(
            own.over(table).half().pricing().map(|half| (half.input, half.output)),
            Some((MicroUsd(2), MicroUsd(5)))
        );
    }
}
