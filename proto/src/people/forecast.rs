//! What a run will cost, before it starts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::money::MicroUsd;
use crate::name::TeacherName;
use crate::quota::TeacherTerms;
use crate::run::RunSpec;

/// Asks what a run would cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForecastRequest {
    /// The run.
    pub spec: RunSpec,
    /// Terms of its teachers; one that is missing is taken as free and unlimited if it runs on hardware of one's own.
    pub terms: Vec<TeacherTerms>,
}

/// What one teacher will be asked and will cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeacherForecast {
    /// The teacher.
    pub teacher: TeacherName,
    /// Calls that generate.
    pub generate_calls: u64,
    /// Calls that judge.
    pub judge_calls: u64,
    /// Prompt tokens.
    pub input_tokens: u64,
    /// Of these, read from a cache.
    pub cached_tokens: u64,
    /// Generated tokens.
    pub output_tokens: u64,
    /// What that costs; absent when nobody has said its prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<MicroUsd>,
    /// How long its limits make it take at least, in seconds; absent where nothing is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// Whether tokens are averages of calls in the library; otherwise they are careful guesses.
    pub measured: bool,
}

/// What a run will cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Forecast {
    /// Accepted samples to reach.
    pub target: u32,
    /// Samples that will have to be made for them.
    pub generated: u64,
    /// Each teacher.
    pub teachers: Vec<TeacherForecast>,
    /// All of it; absent when a price is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<MicroUsd>,
    /// How long the limits make it take at least, in seconds; absent where nothing is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// The run's budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<MicroUsd>,
    /// What all of this rests on.
    pub assumptions: Vec<BoundedText<512>>,
}

/// What an accepted sample has cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SamplePrice {
    /// Its share of the attempt that made it, and its judges.
    pub own: MicroUsd,
    /// Its share of the run's calls that came to nothing: failed attempts, samples that were not accepted.
    pub shared: MicroUsd,
}

impl SamplePrice {
    /// Both together.
    #[must_use]
    pub fn total(self) -> MicroUsd {
        self.own + self.shared
    }
}
