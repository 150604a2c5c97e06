//! What to do, for each kind of task.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::TaskKind;
use crate::bounded::BoundedText;
use crate::id::{SampleId, SeedId, WorkerId};
use crate::limits;
use crate::name::{CheckName, Domain, GeneratorName, SourceName, TeacherName};
use crate::provenance::Provenance;
use crate::route::Route;
use crate::sample::{Body, Instruction};
use crate::seed::Seed;

/// How a teacher is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// At once.
    #[default]
    Now,
    /// In a batch, for half the price, answered within a day.
    Batch,
}

impl Lane {
    /// Whether it is asked at once. By reference, as serde wants it.
    #[must_use]
    pub const fn is_now(&self) -> bool {
        matches!(self, Self::Now)
    }

    /// What asking this teacher in this way needs of a worker.
    #[must_use]
    pub const fn route(self, teacher: TeacherName) -> Route {
        match self {
            Self::Now => Route::Teacher(teacher),
            Self::Batch => Route::Batch(teacher),
        }
    }
}

/// What to do. The variant is the task's kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TaskSpec {
    /// Mine a source.
    Harvest(HarvestSpec),
    /// Turn a seed into candidates.
    Generate(Box<GenerateSpec>),
    /// Run a check that needs a tool.
    Check(CheckSpec),
    /// Ask a judge.
    Judge(JudgeSpec),
    /// Compute embeddings.
    Embed(EmbedSpec),
    /// Derive candidates from an accepted sample.
    Augment(AugmentSpec),
}

/// One page of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HarvestSpec {
    /// The source, by the name that the worker's configuration gives it.
    pub source: SourceName,
    /// Where the page before ended; absent for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<BoundedText<1024>>,
    /// Seeds wanted, at most `limits::HARVEST_SEEDS`.
    pub limit: u32,
}

/// One prompt to one teacher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GenerateSpec {
    /// The seed, whole: a worker needs nothing else.
    pub seed: Seed,
    /// The generator that renders the prompt and reads the reply.
    pub generator: GeneratorName,
    /// The teacher to ask.
    pub teacher: TeacherName,
    /// 0 for the first try of this seed, n for its n-th repair.
    pub round: u32,
    /// What went wrong before with this generator, to be told to the teacher.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<BoundedText<512>>,
    /// Longest reply in tokens.
    pub max_tokens: u32,
    /// Seed of the teacher's sampling.
    pub sampling_seed: u64,
    /// Whether it may wait for a batch.
    #[serde(default, skip_serializing_if = "Lane::is_now")]
    pub lane: Lane,
}

/// The texts of a sample, for tasks that look at one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleTexts {
    /// The sample.
    pub id: SampleId,
    /// Its domain.
    pub domain: Domain,
    /// What the model is asked.
    pub instruction: Instruction,
    /// The material that goes with it.
    pub input: Body,
    /// What the model should answer.
    pub output: Body,
}

/// One check of one sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckSpec {
    /// The check.
    pub check: CheckName,
    /// The sample.
    pub sample: SampleTexts,
    /// Where its seed comes from, for validators that have the source themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Box<Provenance>>,
    /// The worker that is to make it, where it repeats the check of another one. Workers are not told: whoever lies must
    /// not know when somebody looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<WorkerId>,
}

/// One judge's look at one sample. It does not say who wrote the sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JudgeSpec {
    /// The sample.
    pub sample: SampleTexts,
    /// The material that the sample was made from, for judging whether it is grounded.
    pub source_text: BoundedText<{ limits::SEED_TEXT_BYTES }>,
    /// The rubric.
    pub rubric: GeneratorName,
    /// The judge.
    pub judge: TeacherName,
    /// Longest reply in tokens.
    pub max_tokens: u32,
    /// Seed of the teacher's sampling.
    pub sampling_seed: u64,
    /// Whether it may wait for a batch.
    #[serde(default, skip_serializing_if = "Lane::is_now")]
    pub lane: Lane,
}

/// One text to embed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmbedItem {
    /// The sample that the text belongs to.
    pub sample: SampleId,
    /// The text.
    pub text: Body,
}

/// A batch of texts to embed with one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmbedSpec {
    /// The model.
    pub model: TeacherName,
    /// The texts.
    pub items: Vec<EmbedItem>,
}

/// How to derive a sample from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AugmentMethod {
    /// The same question in other words; the answer stays.
    Paraphrase,
}

/// One derivation from one accepted sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AugmentSpec {
    /// The sample to start from.
    pub sample: SampleTexts,
    /// The seed that it was made from; the new sample shares it and so its split group.
    pub seed: SeedId,
    /// How.
    pub method: AugmentMethod,
    /// The teacher to ask.
    pub teacher: TeacherName,
    /// Longest reply in tokens.
    pub max_tokens: u32,
    /// Seed of the teacher's sampling.
    pub sampling_seed: u64,
    /// Whether it may wait for a batch.
    #[serde(default, skip_serializing_if = "Lane::is_now")]
    pub lane: Lane,
}

impl TaskSpec {
    /// The kind of work.
    #[must_use]
    pub const fn kind(&self) -> TaskKind {
        match self {
            Self::Harvest(_) => TaskKind::Harvest,
            Self::Generate(_) => TaskKind::Generate,
            Self::Check(_) => TaskKind::Check,
            Self::Judge(_) => TaskKind::Judge,
            Self::Embed(_) => TaskKind::Embed,
            Self::Augment(_) => TaskKind::Augment,
        }
    }

    /// The model that every call of the task is made to; none for a task that calls none.
    #[must_use]
    pub const fn teacher(&self) -> Option<&TeacherName> {
        match self {
            Self::Generate(spec) => Some(&spec.teacher),
            Self::Judge(spec) => Some(&spec.judge),
            Self::Embed(spec) => Some(&spec.model),
            Self::Augment(spec) => Some(&spec.teacher),
            Self::Harvest(_) | Self::Check(_) => None,
        }
    }

    /// How its teacher is asked; tasks without one are done at once.
    #[must_use]
    pub const fn lane(&self) -> Lane {
        match self {
            Self::Generate(spec) => spec.lane,
            Self::Judge(spec) => spec.lane,
            Self::Augment(spec) => spec.lane,
            Self::Harvest(_) | Self::Check(_) | Self::Embed(_) => Lane::Now,
        }
    }

    /// What the work needs of a worker.
    #[must_use]
    pub fn route(&self) -> Route {
        match self {
            Self::Harvest(spec) => Route::Source(spec.source.clone()),
            Self::Generate(spec) => spec.lane.route(spec.teacher.clone()),
            Self::Check(spec) => match spec.witness {
                None => Route::Check(spec.check.clone()),
                Some(worker) => Route::Witness(worker, spec.check.clone()),
            },
            Self::Judge(spec) => spec.lane.route(spec.judge.clone()),
            Self::Embed(spec) => Route::Embed(spec.model.clone()),
            Self::Augment(spec) => spec.lane.route(spec.teacher.clone()),
        }
    }
}
