//! Verdicts: judges' opinions by rubric.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::id::{AttemptId, ReviewId, SampleId, TaskId, VerdictId, WorkerId};
use crate::name::{GeneratorName, TeacherName};
use crate::reason::Reason;
use crate::score::Score;
use crate::time::Timestamp;

/// A judge's answer to one criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CriterionVerdict {
    /// Met.
    Pass,
    /// Not met.
    Fail,
    /// Does not apply to this sample.
    Na,
}

/// One line of a rubric, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// The criterion's name in the rubric.
    pub id: BoundedText<64>,
    /// Met or not.
    pub verdict: CriterionVerdict,
    /// The judge's words.
    #[serde(default)]
    pub why: BoundedText<1024>,
}

/// The rubric that a judge was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RubricRef {
    /// Its name.
    pub name: GeneratorName,
    /// Its version.
    pub version: u32,
}

/// An opinion as a worker hands it in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Opinion {
    /// The rubric.
    pub rubric: RubricRef,
    /// Share of the rubric that the sample meets, from 0 to 1.
    pub score: Score,
    /// Line by line.
    pub criteria: Vec<Criterion>,
}

/// An opinion as the library holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Its id.
    pub id: VerdictId,
    /// The sample judged.
    pub sample: SampleId,
    /// The task that asked for it.
    pub task: TaskId,
    /// The attempt that answered.
    pub attempt: AttemptId,
    /// The worker that ran it.
    pub worker: WorkerId,
    /// The judge.
    pub judge: TeacherName,
    /// The opinion.
    pub opinion: Opinion,
    /// When the library received it.
    pub created_at: Timestamp,
}

/// What was decided about a sample, by which rule, from what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The sample.
    pub sample: SampleId,
    /// Version of the rule, so that a decision can be replayed.
    pub rule: u32,
    /// Whether it was accepted.
    pub accepted: bool,
    /// Judges that agreed that it is good.
    pub agree: u32,
    /// Judges that gave an opinion.
    pub of: u32,
    /// Every reason that applies; empty when accepted.
    pub reasons: Vec<Reason>,
    /// When.
    pub at: Timestamp,
    /// The act of the person who decided it, above the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewId>,
}
