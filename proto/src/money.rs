//! Money as integer micro-dollars, so that sums are exact.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Millionths of a US dollar; never negative. One dollar is `MicroUsd(1_000_000)`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, ToSchema,
)]
#[serde(transparent)]
pub struct MicroUsd(pub u64);

impl MicroUsd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The price of `tokens` at `per_million` micro-dollars for a million tokens, rounded up: a budget may be
    /// underspent by rounding, never overspent.
    #[must_use]
    pub fn for_tokens(tokens: u64, per_million: Self) -> Self {
        let exact = u128::from(tokens) * u128::from(per_million.0);
        Self(u64::try_from(exact.div_ceil(1_000_000)).unwrap_or(u64::MAX))
    }
}

impl Add for MicroUsd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for MicroUsd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for MicroUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_prices_round_up_and_sums_are_exact() {
        assert_eq!(MicroUsd::for_tokens(1, MicroUsd(2_500_000)), MicroUsd(3));
        assert_eq!(MicroUsd::for_tokens(1_000_000, MicroUsd(2_500_000)), MicroUsd(2_500_000));
        assert_eq!([MicroUsd(1), MicroUsd(2)].into_iter().sum::<MicroUsd>().to_string(), "$0.000003");
    }
}
