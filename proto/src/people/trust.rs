//! The trust that a worker has, and setting it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::time::Timestamp;
use crate::trust::TrustState;

/// How far a worker is believed, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustView {
    /// The state.
    pub state: TrustState,
    /// Since when.
    pub since: Timestamp,
    /// What led to it.
    pub why: BoundedText<512>,
    /// Results in a row that others have confirmed.
    pub confirmed: u32,
}

/// Sets how far a worker is believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetTrust {
    /// The state.
    pub state: TrustState,
    /// Why; it stands in the audit log.
    pub reason: BoundedText<512>,
}
