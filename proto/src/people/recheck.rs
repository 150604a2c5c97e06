//! Looking again, with newer rules and tools, at samples that were decided before; and who vouches for a check.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::id::{RecheckId, RunId, WorkerId};
use crate::name::{CheckName, Domain};
use crate::time::Timestamp;

/// How far a check that a worker reported is believed beyond its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Repetition {
    /// It was not drawn: the worker's checks were confirmed so often that few are repeated.
    NotDrawn,
    /// It was drawn, but no other trusted worker has the tool.
    NobodyElse,
    /// Another worker was asked to repeat it and has not answered, or could not.
    Asked,
    /// Another worker found the same with the same tool.
    Confirmed,
    /// Another worker has repeated it with another version of the tool, which neither confirms nor contradicts.
    OtherTool,
    /// It, or its repetition, could not run, so there was nothing to compare.
    NotComparable,
    /// Another worker found something else with the same tool.
    Contradicted,
    /// It is itself the repetition of another worker's check.
    Repeats,
}

impl Repetition {
    /// The word used in JSON and in the library.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotDrawn => "not_drawn",
            Self::NobodyElse => "nobody_else",
            Self::Asked => "asked",
            Self::Confirmed => "confirmed",
            Self::OtherTool => "other_tool",
            Self::NotComparable => "not_comparable",
            Self::Contradicted => "contradicted",
            Self::Repeats => "repeats",
        }
    }
}

/// Who reported one of a sample's checks, and who vouches for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimView {
    /// Which of the sample's checks, counted from 0.
    pub check: u32,
    /// Who reported it.
    pub worker: WorkerId,
    /// Whether somebody else has repeated it.
    pub repetition: Repetition,
    /// Whether it does not count any more, because its worker was contradicted.
    pub void: bool,
}

/// Samples in which state are looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecheckState {
    /// Accepted ones.
    #[default]
    Accepted,
    /// Those set aside, unless a quarantine holds them.
    Quarantined,
    /// All that were decided: accepted, rejected, set aside.
    All,
}

impl RecheckState {
    /// The word used in JSON and in the library.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Quarantined => "quarantined",
            Self::All => "all",
        }
    }
}

/// Which samples are looked at again, and with what: what fits every part that is given.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecheckSelection {
    /// In this state.
    #[serde(default)]
    pub state: RecheckState,
    /// Of this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// Of this domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<Domain>,
    /// With this gate or validator alone; with all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckName>,
    /// With a check that this worker reported and that does not count any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_by: Option<WorkerId>,
}

/// Asks for a recheck.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecheckRequest {
    /// What is meant.
    #[serde(default)]
    pub selection: RecheckSelection,
    /// Why, for the audit log.
    pub reason: BoundedText<512>,
}

/// What a recheck would look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecheckPreview {
    /// Samples that are meant.
    pub samples: u64,
    /// Of these, accepted now.
    pub accepted: u64,
}

/// Where a recheck stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecheckStage {
    /// Samples are gone through; a coordinator that is restarted goes on with it.
    Running,
    /// Workers have checks of it to make.
    Waiting,
    /// Nothing of it is under way.
    Done,
}

impl RecheckStage {
    /// The word used in JSON and in the library.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Done => "done",
        }
    }
}

/// A recheck and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecheckView {
    /// Its id.
    pub id: RecheckId,
    /// What is meant; samples that came later are not.
    pub selection: RecheckSelection,
    /// Why.
    pub reason: BoundedText<512>,
    /// Who asked for it.
    pub by: BoundedText<128>,
    /// When.
    pub created_at: Timestamp,
    /// Where it stands.
    pub stage: RecheckStage,
    /// When nothing of it was under way any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Samples that were meant when it was begun.
    pub meant: u64,
    /// Samples gone through.
    pub samples: u64,
    /// Outcomes of gates that are new or different and were recorded.
    pub gates: u64,
    /// Checks that workers were asked for.
    pub asked: u64,
    /// Of these, still under way.
    pub open: u64,
    /// Of these, given up or called off.
    pub lost: u64,
    /// Checks that no worker could be asked for.
    pub unasked: u64,
    /// Samples of which something else was decided.
    pub changed: u64,
}
