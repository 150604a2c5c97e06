//! Teachers as people see them: limits, what is left, and whether they may be asked.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::money::MicroUsd;
use crate::name::TeacherName;
use crate::quota::{KeyName, Limits};
use crate::time::Timestamp;

/// Whether a teacher may be asked with one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TeacherStanding {
    /// It is asked.
    Open,
    /// Its limits are used up; it is asked again when they are not.
    Waiting,
    /// Its provider fails; it is asked again after a pause, with one task first.
    Pausing,
    /// Its provider refuses the key or wants money: someone has to act, then resume it.
    Locked,
}

impl TeacherStanding {
    /// Every standing.
    pub const ALL: &'static [Self] = &[Self::Open, Self::Waiting, Self::Pausing, Self::Locked];

    /// The word used in JSON and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Pausing => "pausing",
            Self::Locked => "locked",
        }
    }
}

/// A teacher with one key, as the whole fleet uses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeacherView {
    /// The teacher.
    pub teacher: TeacherName,
    /// Which of its provider's keys: a short hash, never the key.
    pub key: KeyName,
    /// Whether it may be asked.
    pub standing: TeacherStanding,
    /// Why not, if it may not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<BoundedText<512>>,
    /// When it is asked again, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The limits that are kept, configured or learned from the provider.
    pub limits: Limits,
    /// Calls that its limits allow at this moment; absent where nothing is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<u64>,
    /// Calls under way.
    pub in_flight: u64,
    /// What its provider has cost today (UTC), all of its teachers together.
    pub spent_today: MicroUsd,
}

/// Lets a teacher be asked again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResumeTeacher {
    /// The teacher.
    pub teacher: TeacherName,
}
