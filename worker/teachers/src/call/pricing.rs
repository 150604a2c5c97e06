//! What a call costs, by a table from the config.

use hafs_proto::{MicroUsd, Usage};

/// Prices for a million tokens of each class. All zero for local models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pricing {
    /// Prompt tokens that were not read from a cache.
    pub input: MicroUsd,
    /// Prompt tokens that were read from a cache.
    pub cached_input: MicroUsd,
    /// Generated tokens, reasoning included.
    pub output: MicroUsd,
}

impl Pricing {
    /// The cost of a call. Each class is rounded up, so that a budget is never overspent by rounding.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> MicroUsd {
        let cached = usage.cached_input.min(usage.input);
        MicroUsd::for_tokens(usage.input - cached, self.input)
            + MicroUsd::for_tokens(cached, self.cached_input)
            + MicroUsd::for_tokens(usage.output, self.output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_tokens_are_paid_at_their_own_price_and_only_once() {
        let pricing = Pricing {
            input: MicroUsd(2_000_000),
            cached_input: MicroUsd(200_000),
            output: MicroUsd(10_000_000),
        };
        let usage = Usage { input: 1_000, cached_input: 400, output: 10, reasoning: 5, reported: true };
        assert_eq!(pricing.cost(&usage), MicroUsd(1_200 + 80 + 100));
        let odd = Usage { input: 1, cached_input: 9, ..usage };
        assert_eq!(pricing.cost(&odd), MicroUsd(1 + 100), "more cached than read is read as all cached");
    }
}
