//! What a teacher may be used for with one key: limits, prices and budgets, and what its provider says is left.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::money::MicroUsd;
use crate::name::TeacherName;
use crate::teacher::Usage;

/// Tells the keys of one provider apart: a short hash of the key and of where it is used, never the key.
pub type KeyName = BoundedText<64>;

/// The limits of a teacher with one key. What is absent is not limited, or nobody has said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Calls in a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u64>,
    /// Calls in a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_day: Option<u64>,
    /// Prompt tokens in a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens_per_minute: Option<u64>,
    /// Generated tokens in a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens_per_minute: Option<u64>,
    /// Tokens of both directions in a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u64>,
}

/// Prices for a million tokens of each class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Prompt tokens that were neither read from a cache nor written into one.
    pub input: MicroUsd,
    /// Prompt tokens that were read from a cache.
    pub cached_input: MicroUsd,
    /// Prompt tokens that were written into a cache.
    pub cache_write: MicroUsd,
    /// Generated tokens, reasoning included.
    pub output: MicroUsd,
}

impl Prices {
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

    /// What a call costs at most, with so many prompt tokens and a reply of so many.
    #[must_use]
    pub fn most(&self, input: u64, output: u64) -> MicroUsd {
        let dearest = self.input.max(self.cached_input).max(self.cache_write);
        MicroUsd::for_tokens(input, dearest) + MicroUsd::for_tokens(output, self.output)
    }
}

/// The terms on which a worker can use a teacher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeacherTerms {
    /// The teacher.
    pub teacher: TeacherName,
    /// With which of its provider's keys.
    pub key: KeyName,
    /// Its limits, as far as the worker's configuration knows them.
    #[serde(default)]
    pub limits: Limits,
    /// Its prices; absent when nobody has said them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
    /// Its prices in a batch; absent when nobody has said them, or the worker hands in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<Prices>,
    /// What all teachers of its provider may cost in one day (UTC); absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_budget: Option<MicroUsd>,
}

/// What is left of one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Left {
    /// How much it is in all, for each of its windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// How much is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u64>,
    /// How long until it is full again, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset_ms: Option<u64>,
}

/// What a provider said is left of its limits, with its last answer for a teacher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The teacher.
    pub teacher: TeacherName,
    /// Calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<Left>,
    /// Prompt tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<Left>,
    /// Generated tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<Left>,
    /// Tokens of both directions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Left>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_is_paid_at_its_own_price_and_only_once() {
        let prices = Prices {
            input: MicroUsd(2_000_000),
            cached_input: MicroUsd(200_000),
            cache_write: MicroUsd(3_000_000),
            output: MicroUsd(10_000_000),
        };
        let usage = Usage { input: 1_000, cached_input: 400, output: 10, reasoning: 5, reported: true };
        assert_eq!(prices.cost(&usage, 0), MicroUsd(1_200 + 80 + 100));
        assert_eq!(prices.cost(&usage, 100), MicroUsd(1_000 + 80 + 300 + 100));
        let odd = Usage { input: 1, cached_input: 9, ..usage };
        assert_eq!(prices.cost(&odd, 7), MicroUsd(1 + 100), "more cached than read is read as all cached");
        assert_eq!(
            prices.most(1_000, 10),
            MicroUsd(3_000 + 100),
            "as if all of it were written into a cache"
        );
    }
}
