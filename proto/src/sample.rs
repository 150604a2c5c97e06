//! Samples: instruction, input, output and all that is known of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::hash::ContentHash;
use crate::id::{AttemptId, RunId, SampleId, SeedId, TaskId, WorkerId};
use crate::limits;
use crate::name::{Domain, GeneratorName, TeacherName};
use crate::reason::Reason;
use crate::time::Timestamp;

/// The text of an instruction.
pub type Instruction = BoundedText<{ limits::INSTRUCTION_BYTES }>;
/// The text of an input or an output.
pub type Body = BoundedText<{ limits::BODY_BYTES }>;

/// What a generator made of one reply: the three texts of a sample, before anything has been checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// Which of the task's results this is, from 0. `(task, slot)` is unique in the library.
    pub slot: u16,
    /// What the model is asked.
    pub instruction: Instruction,
    /// The material that goes with it; may be empty.
    pub input: Body,
    /// What the model should answer.
    pub output: Body,
    /// Which call of the completion's `calls` produced it, from 0.
    pub call: u16,
}

/// The template that rendered a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateRef {
    /// Its name, such as `explain-change`.
    pub name: GeneratorName,
    /// The version that the template's file states.
    pub version: u32,
    /// Hash of the template's text, so that an override that forgot to raise its version is noticed.
    pub hash: ContentHash,
}

/// Where a sample came from: every link of the chain resolves in the library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lineage {
    /// The campaign.
    pub run: RunId,
    /// The task that produced it, with `slot` its key.
    pub task: TaskId,
    /// Which of the task's results it is.
    pub slot: u16,
    /// The attempt that produced it, with all its calls.
    pub attempt: AttemptId,
    /// The worker that ran the attempt.
    pub worker: WorkerId,
    /// The seed it was made from.
    pub seed: SeedId,
    /// The sample it was derived from, for augmentations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<SampleId>,
    /// The generator.
    pub generator: GeneratorName,
    /// The template that rendered the prompt.
    pub template: TemplateRef,
    /// The teacher asked.
    pub teacher: TeacherName,
    /// The model that the provider says it served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_model: Option<BoundedText<256>>,
    /// Hash of the rendered prompt and the settings.
    pub prompt_hash: ContentHash,
    /// The split group of the seed.
    pub group: BoundedText<1024>,
}

/// The state of a sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum SampleState {
    /// Checked, not yet decided.
    Candidate,
    /// Good.
    Accepted {
        /// Since when.
        at: Timestamp,
    },
    /// Not good.
    Rejected {
        /// Since when.
        at: Timestamp,
        /// Every reason that applies, most telling first; never empty.
        reasons: Vec<Reason>,
    },
    /// Set aside, for a reason outside the sample.
    Quarantined {
        /// Since when.
        at: Timestamp,
        /// Why.
        why: BoundedText<1024>,
    },
}

impl SampleState {
    /// The state's word, as in JSON, metrics and the library.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Accepted { .. } => "accepted",
            Self::Rejected { .. } => "rejected",
            Self::Quarantined { .. } => "quarantined",
        }
    }
}

/// A sample as the library holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Its id.
    pub id: SampleId,
    /// What it is about.
    pub domain: Domain,
    /// What the model is asked.
    pub instruction: Instruction,
    /// The material that goes with it; may be empty.
    pub input: Body,
    /// What the model should answer.
    pub output: Body,
    /// Hash of the three texts as they are.
    pub content_hash: ContentHash,
    /// Hash of their canonical form; equal for texts that differ only in case, spacing or look-alikes.
    pub canon_hash: ContentHash,
    /// Where it came from.
    pub lineage: Lineage,
    /// When the library received it.
    pub created_at: Timestamp,
    /// What was decided.
    pub state: SampleState,
}

/// The hash that [`Sample::content_hash`] holds.
#[must_use]
pub fn content_hash(instruction: &str, input: &str, output: &str) -> ContentHash {
    ContentHash::of_parts([instruction, input, output])
}
