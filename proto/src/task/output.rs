//! What a worker hands in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::check::Check;
use crate::hash::ContentHash;
use crate::id::{CompletionId, SampleId, TaskId};
use crate::lease::LeaseToken;
use crate::sample::{Candidate, TemplateRef};
use crate::seed::SeedDraft;
use crate::teacher::CallRecord;
use crate::verdict::Opinion;

/// The result of a task. The variant matches the task's kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum TaskOutput {
    /// One page of a source.
    Harvest {
        /// At most `limits::HARVEST_SEEDS`.
        seeds: Vec<SeedDraft>,
        /// Where the next page begins; absent when the source is at its end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_cursor: Option<BoundedText<1024>>,
        /// What was passed over, by reason (`binary`, `too_large`, `not_utf8`, `symlink`...).
        #[serde(default, deserialize_with = "crate::map::unique")]
        skipped: std::collections::BTreeMap<String, u32>,
    },
    /// Candidates from a seed.
    Generate {
        /// At least one.
        candidates: Vec<Candidate>,
        /// The template that rendered the prompt.
        template: TemplateRef,
    },
    /// A check's outcome.
    Check {
        /// The check, with `by` = worker.
        check: Check,
    },
    /// A judge's opinion.
    Judge {
        /// The opinion.
        opinion: Opinion,
    },
    /// Embeddings in the order of the task's items.
    Embed {
        /// Numbers in a vector.
        dims: u32,
        /// One vector for each item.
        vectors: Vec<EmbeddedItem>,
    },
    /// Candidates from a sample.
    Augment {
        /// At least one.
        candidates: Vec<Candidate>,
        /// The template that rendered the prompt.
        template: TemplateRef,
    },
}

/// The vector of one text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmbeddedItem {
    /// The sample.
    pub sample: SampleId,
    /// Its vector, finite numbers.
    pub vector: Vec<f32>,
}

/// A result with its proof. Spooled to disk by the worker before it is first sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Completion {
    /// Idempotency key: the same key and body get the same answer again; the same key with another body is
    /// an error.
    pub key: CompletionId,
    /// The task.
    pub task: TaskId,
    /// The proof that it was leased to this worker.
    pub token: LeaseToken,
    /// Every call to a teacher that the attempt made, in order.
    pub calls: Vec<CallRecord>,
    /// The result.
    pub output: TaskOutput,
}

impl Completion {
    /// Hash of the body, to tell a repetition from a different result under the same key.
    #[must_use]
    pub fn body_hash(&self) -> ContentHash {
        json_hash(self)
    }
}

/// Hash of a value's JSON form. Field order is the order of declaration, so it is stable.
pub(super) fn json_hash(value: &impl Serialize) -> ContentHash {
    // Proof: the types of this module hold no maps with keys that are not strings and no failing serialisers.
    ContentHash::of(&serde_json::to_vec(value).expect("plain data serialises"))
}
