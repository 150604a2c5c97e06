//! How far a worker is believed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far a worker is believed. What leads from one state to another is decided by the coordinator's rule, or by
/// people with a reason.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TrustState {
    /// Nothing of it was confirmed yet. Its samples count as unverified.
    #[default]
    New,
    /// Some of it was confirmed, or it has lost trust that it had. Its samples count as unverified.
    Probation,
    /// Enough of it was confirmed by others.
    Trusted,
    /// It gets no tasks; what it still hands in is taken and set aside.
    Suspended,
}

impl TrustState {
    /// Every state.
    pub const ALL: &'static [Self] = &[Self::New, Self::Probation, Self::Trusted, Self::Suspended];

    /// The word used in JSON, in the library and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Probation => "probation",
            Self::Trusted => "trusted",
            Self::Suspended => "suspended",
        }
    }
}
