//! A number in 0..=1.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

/// A finite number in 0..=1; 1 is best unless the field says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schema(value_type = f64, minimum = 0.0, maximum = 1.0)]
pub struct Score(f64);

/// The number that is no score.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("expected a number from 0 to 1, got {0}")]
pub struct ScoreError(f64);

impl Score {
    /// The lowest score.
    pub const ZERO: Self = Self(0.0);
    /// The highest score.
    pub const ONE: Self = Self(1.0);

    /// A score, if `value` is finite and in 0..=1. Negative zero becomes zero.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value.abs()))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Score {
    type Error = ScoreError;

    fn try_from(value: f64) -> Result<Self, ScoreError> {
        Self::new(value).ok_or(ScoreError(value))
    }
}

impl From<Score> for f64 {
    fn from(score: Score) -> Self {
        score.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_numbers_from_zero_to_one_are_scores() {
        for bad in [1.000_000_1, -0.1, f64::NAN, f64::INFINITY] {
            assert!(Score::new(bad).is_none(), "{bad}");
        }
        assert!(Score::new(-0.0).is_some_and(|zero| zero.get().is_sign_positive()));
        assert!(serde_json::from_str::<Score>("1.5").is_err());
        assert!(serde_json::from_str::<Score>("\"1\"").is_err());
    }
}
