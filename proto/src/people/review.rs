//! What people decide about samples, beside and above the rule.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::id::{ReviewId, SampleId};
use crate::name::Tag;
use crate::reason::Reason;
use crate::sample::{Body, Instruction, Sample};
use crate::score::Score;
use crate::time::Timestamp;

/// What a person does with a sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReviewAct {
    /// It is good, whatever judges say.
    Accept {
        /// Also if checks have failed it or could not run; the data sets that hold it say so.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        despite_checks: bool,
    },
    /// It is not good.
    Reject {
        /// Every reason that applies, at least one.
        reasons: Vec<Reason>,
    },
    /// These texts stand in its place: they become a sample of their own, and go through checks and judges as it did.
    Edit {
        /// What the model is asked.
        instruction: Instruction,
        /// The material that goes with it; may be empty.
        input: Body,
        /// What the model should answer.
        output: Body,
    },
    /// It carries this tag.
    Tag {
        /// The tag.
        tag: Tag,
    },
    /// It does not carry this tag any more.
    Untag {
        /// The tag.
        tag: Tag,
    },
}

impl ReviewAct {
    /// The word used in JSON, in the library and, after `sample.`, in the audit log.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Accept { .. } => "accept",
            Self::Reject { .. } => "reject",
            Self::Edit { .. } => "edit",
            Self::Tag { .. } => "tag",
            Self::Untag { .. } => "untag",
        }
    }
}

/// Asks for an act. Sent again with the same id it changes nothing more and gets the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewRequest {
    /// Minted by whoever asks; the act's idempotency key.
    pub id: ReviewId,
    /// Why; needed but for tags.
    #[serde(default)]
    pub why: BoundedText<512>,
    /// What to do.
    pub act: ReviewAct,
}

/// An act as it was carried out. The texts of an edit stand in the sample that it has made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewView {
    /// Its id.
    pub id: ReviewId,
    /// The sample.
    pub sample: SampleId,
    /// The word of the act: `accept`, `reject`, `edit`, `tag` or `untag`.
    pub act: BoundedText<16>,
    /// Who: the id of a credential, as in the audit log.
    pub by: BoundedText<64>,
    /// Why.
    pub why: BoundedText<512>,
    /// When.
    pub at: Timestamp,
    /// The word of the sample's state before the act.
    pub before: BoundedText<16>,
    /// The word of the sample's state after it; for an edit, that of the sample that it has made.
    pub after: BoundedText<16>,
    /// The tag that was put on or taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<Tag>,
    /// The reasons of a rejection.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// Whether it was accepted although checks had failed it or could not run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub despite_checks: bool,
    /// The sample that an edit has made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<SampleId>,
}

/// A sample that wants a person's look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitingSample {
    /// The sample.
    pub sample: Sample,
    /// How little is certain about it: 1 where nothing could decide it, 0.5 where two of four judges agreed.
    pub doubt: Score,
    /// Where the doubt comes from.
    pub why: BoundedText<1024>,
}
