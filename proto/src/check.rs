//! Checks: named deterministic tests of a sample.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::hash::ContentHash;
use crate::name::CheckName;
use crate::reason::Reason;

/// Which text of a sample a finding points into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// What the model is asked.
    Instruction,
    /// The material that goes with the instruction.
    Input,
    /// What the model should answer.
    Output,
}

/// A byte range of a text, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Its code.
    pub reason: Reason,
    /// What was found, for people; never holds a secret that was found.
    pub message: BoundedText<1024>,
    /// The text it was found in.
    pub field: Field,
    /// Where in that text, if it can be pointed at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

/// What a check found. There is no fifth case and no default: a check that did not run is [`Outcome::Unchecked`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// It ran and found nothing wrong.
    Pass,
    /// It ran and found something wrong.
    Fail {
        /// What; never empty.
        findings: Vec<Finding>,
    },
    /// It ran and has nothing to say about this sample.
    NotApplicable,
    /// It could not run. Never counts as a pass.
    Unchecked {
        /// Why not.
        why: BoundedText<1024>,
    },
}

/// Who ran a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckedBy {
    /// The coordinator itself.
    Coordinator,
    /// A worker; its word is a claim.
    Worker,
}

/// One check of one sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Which check.
    pub name: CheckName,
    /// Version of its rules; results of different versions are not comparable.
    pub version: u32,
    /// Who ran it.
    pub by: CheckedBy,
    /// What it found.
    pub outcome: Outcome,
    /// The host tool that it asked, when it asked one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<ToolUse>,
}

/// Which program of a machine spoke, behind which walls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolUse {
    /// The program and its version, as it says them.
    pub version: BoundedText<160>,
    /// Hash of its bytes and of all that it says about itself.
    pub hash: ContentHash,
    /// The walls around it: `bubblewrap+landlock`, `bubblewrap`, `landlock`, `job-object`.
    pub sandbox: BoundedText<32>,
    /// What it said beside the outcome, for people: warnings, lints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<BoundedText<256>>,
}

impl Outcome {
    /// A pass when `findings` is empty, a failure otherwise.
    #[must_use]
    pub fn from_findings(findings: Vec<Finding>) -> Self {
        if findings.is_empty() { Self::Pass } else { Self::Fail { findings } }
    }

    /// The outcome's word, as in metrics and JSON.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail { .. } => "fail",
            Self::NotApplicable => "not_applicable",
            Self::Unchecked { .. } => "unchecked",
        }
    }
}

impl Finding {
    /// A finding that cannot be pointed at.
    #[must_use]
    pub fn new(reason: Reason, field: Field, message: &str) -> Self {
        Self { reason, message: BoundedText::clipped(message), field, span: None }
    }

    /// The same finding with its place. Texts are limited to far less than 4 GiB, so the range fits.
    #[must_use]
    pub fn at(mut self, range: std::ops::Range<usize>) -> Self {
        self.span = match (u32::try_from(range.start), u32::try_from(range.end)) {
            (Ok(start), Ok(end)) => Some(Span { start, end }),
            _ => None,
        };
        self
    }
}
