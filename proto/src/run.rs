//! Runs: campaigns with a target, a budget and a policy. Everything that the planner and the decision rule
//! depend on stands in the [`RunSpec`], so a run can be replayed from the library alone.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::hash::ContentHash;
use crate::id::RunId;
use crate::money::MicroUsd;
use crate::name::{CheckName, Domain, GeneratorName, SourceName, TeacherName};
use crate::score::Score;
use crate::time::Timestamp;

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunSpec {
    /// A name for people; two runs may share it.
    pub name: BoundedText<128>,
    /// Accepted samples to reach; the run finishes when it has them or has no seed left to try.
    pub target: u32,
    /// Sources to mine. Each must be offered by a worker.
    pub sources: Vec<SourceName>,
    /// Generators to use; each takes the kinds of seed that it can.
    pub generators: Vec<GeneratorName>,
    /// Teachers that generate. With several, seeds are spread over them evenly.
    pub teachers: Vec<TeacherName>,
    /// Teachers that judge, cheapest first. Empty: no judge is asked and checks alone decide.
    pub judges: Vec<TeacherName>,
    /// When a sample is good.
    pub policy: Policy,
    /// Hard limit of spending; nothing is dispatched beyond it. Absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<MicroUsd>,
    /// Whether its teachers may be asked in batches, for half the price.
    #[serde(default, skip_serializing_if = "Batching::is_never")]
    pub batch: Batching,
    /// Seconds from its beginning within which it is wanted; no batch is begun that might end later. Absent: whenever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_s: Option<u64>,
    /// Failed attempts of a task before it is dead-lettered.
    pub max_attempts: u32,
    /// Longest reply of a teacher, in tokens.
    pub max_tokens: u32,
    /// Seed of every choice that the planner makes.
    pub seed: u64,
    /// Every this many decided samples the library is backed up and the progress recorded.
    pub checkpoint_interval: u32,
}

/// Whether a run's teachers are asked in batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Batching {
    /// Each call is made at once.
    #[default]
    Never,
    /// Where that is cheaper and there is time for it.
    Allowed,
    /// Nothing is asked in any other way; without a worker that hands in batches nothing is asked at all.
    Only,
}

impl Batching {
    /// Every word of it.
    pub const ALL: &'static [Self] = &[Self::Never, Self::Allowed, Self::Only];

    /// The word used in JSON and in the configuration.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Allowed => "allowed",
            Self::Only => "only",
        }
    }

    /// Whether each call is made at once. By reference, as serde wants it.
    #[must_use]
    pub const fn is_never(&self) -> bool {
        matches!(self, Self::Never)
    }
}

/// When a sample is good. A rule over stored checks and verdicts, so it can be replayed when it changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Judges that must agree (k).
    pub agree: u32,
    /// Judges asked at most (n). Asking stops as soon as k agree or k can no longer be reached.
    pub of: u32,
    /// A judge agrees when its score is at least this.
    pub min_quality_score: Score,
    /// A sample is a near-duplicate when its similarity to one of the library is at least this.
    pub diversity_threshold: Score,
    /// Whether a teacher may judge what it wrote itself, when no other judge is there.
    pub self_judge: bool,
    /// Whether a sample with an unchecked check can be accepted.
    pub allow_unchecked: bool,
    /// Shortest output in characters.
    pub min_output_chars: u32,
    /// Longest output in characters.
    pub max_output_chars: u32,
    /// Extra tries of a seed whose sample was rejected for fixable reasons only.
    pub repairs: u32,
    /// Whether the commonest rejection reasons of a generator are told to the teacher in later prompts.
    pub feedback: bool,
    /// Whether seeds are picked from the groups with the fewest accepted samples first.
    pub active_learning: bool,
    /// Augmented samples to aim for, as a share of the accepted ones.
    pub augmentation_ratio: Score,
    /// Validators that samples need beside the coordinator's own checks. One that nobody can run is unchecked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validators: Vec<Needed>,
}

/// A validator that the samples of a domain need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Needed {
    /// The validator: workers that have it offer the route `check/NAME`.
    pub check: CheckName,
    /// The domain.
    pub domain: Domain,
}

impl Policy {
    /// The validators that a sample of this domain needs, in order, each once.
    #[must_use]
    pub fn needed(&self, domain: &Domain) -> Vec<CheckName> {
        let mut needed: Vec<CheckName> = Vec::new();
        for one in self.validators.iter().filter(|one| one.domain == *domain) {
            if !needed.contains(&one.check) {
                needed.push(one.check.clone());
            }
        }
        needed
    }
}

/// The life of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Tasks are planned and handed out.
    Running,
    /// Nothing new is planned; what is under way finishes.
    Paused,
    /// The target is reached, or nothing is left to try.
    Finished,
    /// Stopped by a person.
    Cancelled,
}

impl RunState {
    /// The word used in JSON and the library.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A run as the library holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// What was asked for.
    pub spec: RunSpec,
    /// Hash of the configuration that it was started with.
    pub config_fingerprint: ContentHash,
    /// Where it stands.
    pub state: RunState,
    /// Since when it exists.
    pub created_at: Timestamp,
    /// Since when it is finished or cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Why it ended, for people: `target reached`, `no seeds left`, `budget spent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_because: Option<BoundedText<256>>,
}
