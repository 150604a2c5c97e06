//! What a call costs, by a table from the config.

use hafs_proto::{MicroUsd, Usage};

/// Prices for a million tokens of each class. All zero for local models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pricing {
    /// Prompt tokens that were neither read from a cache nor written into one.
    pub input: MicroUsd,
    /// Prompt tokens that were read from a cache.
    pub cached_input: MicroUsd,
    /// Prompt tokens that were written into a cache.
    pub cache_write: MicroUsd,
    /// Generated tokens, reasoning included.
    pub output: MicroUsd,
}

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

impl Pricing {
    /// The cost of a call of which `cache_write` prompt tokens went into a cache. Each class is rounded up, so that a
    /// budget is never overspent by rounding.
    #[must_use]
    pub fn cost(&self, usage: &Usage, cache_write: u64) -> MicroUsd {
        let cached = usage.cached_input.min(usage.input);
        let written = cache_write.min(usage.input - cached);
        MicroUsd::for_tokens(usage.input - cached - written, self.input)
            + MicroUsd::for_tokens(cached, self.cached_input)
            + MicroUsd::for_tokens(written, self.cache_write)
            + MicroUsd::for_tokens(usage.output, self.output)
    }
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
    fn each_class_is_paid_at_its_own_price_and_only_once() {
        let pricing = Pricing {
            input: MicroUsd(2_000_000),
            cached_input: MicroUsd(200_000),
            cache_write: MicroUsd(3_000_000),
            output: MicroUsd(10_000_000),
        };
        let usage = Usage { input: 1_000, cached_input: 400, output: 10, reasoning: 5, reported: true };
        assert_eq!(pricing.cost(&usage, 0), MicroUsd(1_200 + 80 + 100));
        assert_eq!(pricing.cost(&usage, 100), MicroUsd(1_000 + 80 + 300 + 100));
        let odd = Usage { input: 1, cached_input: 9, ..usage };
        assert_eq!(pricing.cost(&odd, 7), MicroUsd(1 + 100), "more cached than read is read as all cached");
    }

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
    }
}
