//! Bearer tokens.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::id::CredentialId;
use crate::network::Network;
use crate::time::Timestamp;

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Register one worker (join tokens only).
    Join,
    /// The worker protocol.
    Work,
    /// Read runs, seeds, tasks, samples, workers and events.
    Read,
    /// Start, pause and cancel runs; retry tasks.
    Run,
    /// Write data sets.
    Export,
    /// Make and revoke tokens, pause and drain workers.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: &'static [Self] =
        &[Self::Join, Self::Work, Self::Read, Self::Run, Self::Export, Self::Admin];

    /// The word used in JSON and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Work => "work",
            Self::Read => "read",
            Self::Run => "run",
            Self::Export => "export",
            Self::Admin => "admin",
        }
    }
}

/// Asks for a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTokenRequest {
    /// For people.
    pub name: BoundedText<64>,
    /// What it allows. `join` stands alone.
    pub scopes: Vec<Scope>,
    /// How long it is valid, in seconds; join tokens at most 7 days.
    pub ttl_s: u64,
    /// How often a join token can be used.
    #[serde(default = "once")]
    pub uses: u32,
    /// Where a join token may be used from; absent: from anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
}

const fn once() -> u32 {
    1
}

/// A token, shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatedToken {
    /// Its public half.
    pub id: CredentialId,
    /// The whole, to be kept secret.
    pub token: BoundedText<256>,
    /// Until when it is valid.
    pub expires_at: Timestamp,
    /// For join tokens, where the coordinator knows how it is reached: the line's link, with address and pin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<BoundedText<1024>>,
}

/// What can be shown of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenView {
    /// Its public half.
    pub id: CredentialId,
    /// For people.
    pub name: BoundedText<64>,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Revoked since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// Uses left, for join tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_left: Option<u32>,
    /// Where it may be used from, for join tokens with a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
}
