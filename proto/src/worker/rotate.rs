//! Rotation: a worker gives its credential a new secret.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::hash::ContentHash;

/// Gives the worker's credential a new secret, which the worker has drawn and stored before it asks. Only the
/// secret's hash travels, so repeating the call after a lost answer, a crash or a power cut is harmless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateRequest {
    /// Hash of the new secret, as `BearerToken::secret_hash` computes it.
    pub secret_hash: ContentHash,
}

/// The new secret is in force, on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateReply {
    /// The secret before it is taken for this much longer.
    pub previous_valid_ms: u64,
}
