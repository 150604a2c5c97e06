//! What teachers and generators have come to of late. Each count is of the newest rows of a span, so that its price does
//! not rise with the library.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::progress::ReasonCount;
use crate::money::MicroUsd;
use crate::name::{Domain, GeneratorName, TeacherName};

/// What a teacher did in the last day: of the newest 20,000 calls, samples and verdicts of all teachers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeacherRecord {
    /// The teacher.
    pub teacher: TeacherName,
    /// Calls, as author and as judge.
    pub calls: u64,
    /// Those that came to nothing.
    pub failed: u64,
    /// How long a call took on average, in milliseconds.
    pub latency_ms: u64,
    /// The longest call, in milliseconds.
    pub slowest_ms: u64,
    /// Prompt tokens.
    pub input_tokens: u64,
    /// Generated tokens.
    pub output_tokens: u64,
    /// What the calls cost.
    pub cost: MicroUsd,
    /// Its samples that are accepted.
    pub accepted: u64,
    /// Its samples that are rejected.
    pub rejected: u64,
    /// Its verdicts that went with what became of the sample.
    pub agreed: u64,
    /// Its verdicts that went against it.
    pub disagreed: u64,
}

impl TeacherRecord {
    /// A teacher that did nothing.
    #[must_use]
    pub const fn of(teacher: TeacherName) -> Self {
        Self {
            teacher,
            calls: 0,
            failed: 0,
            latency_ms: 0,
            slowest_ms: 0,
            input_tokens: 0,
            output_tokens: 0,
            cost: MicroUsd(0),
            accepted: 0,
            rejected: 0,
            agreed: 0,
            disagreed: 0,
        }
    }
}

/// What a generator made of a domain in a run: of the run's newest 5,000 accepted and 5,000 rejected samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Yield {
    /// The domain.
    pub domain: Domain,
    /// The generator.
    pub generator: GeneratorName,
    /// Samples that are accepted.
    pub accepted: u64,
    /// Samples that are rejected.
    pub rejected: u64,
    /// Why, most frequent first.
    pub reasons: Vec<ReasonCount>,
}
