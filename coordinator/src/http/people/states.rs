//! The words that lists are filtered by. A word that is none is refused: an empty list would look like an answer.

use serde::Deserialize;
use utoipa::ToSchema;

/// Where a sample stands.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SampleWord {
    /// Not decided yet.
    Candidate,
    /// Good.
    Accepted,
    /// Not good.
    Rejected,
    /// Held back.
    Quarantined,
}

impl SampleWord {
    /// As the library writes it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Quarantined => "quarantined",
        }
    }
}

/// Where a task stands in the library.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TaskWord {
    /// It waits or is worked on.
    Open,
    /// Its result is there.
    Done,
    /// Given up.
    Dead,
    /// Called off.
    Cancelled,
}

impl TaskWord {
    /// As the library writes it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }
}
