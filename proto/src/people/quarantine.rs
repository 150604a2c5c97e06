//! Setting aside afterwards what somebody has produced.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::DatasetView;
use crate::bounded::BoundedText;
use crate::id::{QuarantineId, WorkerId};
use crate::name::{SourceName, TeacherName};
use crate::time::Timestamp;

/// Whose samples and verdicts are meant: what fits every part that is given. None at all is refused.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Made by this worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<WorkerId>,
    /// Written or judged by this teacher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teacher: Option<TeacherName>,
    /// Made from seeds of this source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceName>,
    /// Received at this time or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Received before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Selection {
    /// Whether no part is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Asks for a quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuarantineRequest {
    /// What is meant.
    pub selection: Selection,
    /// Why; each sample that is set aside carries it.
    pub reason: BoundedText<512>,
}

/// What a quarantine would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuarantinePreview {
    /// Samples that would be set aside.
    pub samples: u64,
    /// Of these, accepted now.
    pub accepted: u64,
    /// Verdicts that would not count any more.
    pub verdicts: u64,
    /// Data sets that hold some of the samples.
    pub tainted: Vec<DatasetView>,
}

/// Where a quarantine stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuarantineState {
    /// It takes in what a suspended worker still hands in.
    Standing,
    /// It is being carried out; a coordinator that is restarted goes on with it.
    Running,
    /// Everything that was meant is set aside.
    Done,
    /// It is being taken back.
    Lifting,
    /// It was taken back.
    Lifted,
}

impl QuarantineState {
    /// The word used in JSON and in the library.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Standing => "standing",
            Self::Running => "running",
            Self::Done => "done",
            Self::Lifting => "lifting",
            Self::Lifted => "lifted",
        }
    }

    /// Whether something is under way.
    #[must_use]
    pub const fn moves(self) -> bool {
        match self {
            Self::Running | Self::Lifting => true,
            Self::Standing | Self::Done | Self::Lifted => false,
        }
    }
}

/// A quarantine and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuarantineView {
    /// Its id.
    pub id: QuarantineId,
    /// What is meant; `until` is its own time when nobody has named an end.
    pub selection: Selection,
    /// Why.
    pub reason: BoundedText<512>,
    /// Where it stands.
    pub state: QuarantineState,
    /// Who asked for it.
    pub by: BoundedText<128>,
    /// When.
    pub created_at: Timestamp,
    /// When everything was set aside, or taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Samples that it has set aside.
    pub samples: u64,
    /// Verdicts that do not count because of it.
    pub verdicts: u64,
    /// Decisions that were drawn again because a verdict does not count any more.
    pub redrawn: u64,
    /// Samples that stay set aside although it was taken back, because the same content was accepted meanwhile.
    pub kept: u64,
    /// Data sets that hold samples of it.
    pub tainted: Vec<DatasetView>,
}
