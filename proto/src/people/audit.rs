//! The audit log as people see it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::hash::ContentHash;
use crate::time::Timestamp;

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditEntry {
    /// Its number, from 1 without gaps.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who: the id of a credential or worker, or the part of the coordinator that acted by itself.
    pub actor: String,
    /// What was done: `token.revoke`.
    pub action: String,
    /// To what: an id.
    pub object: String,
    /// What else is to be known.
    pub detail: String,
    /// The hash of the entry before it; the log's root for the first.
    pub previous: ContentHash,
    /// The hash of this entry, which covers all of the above.
    pub hash: ContentHash,
}

/// One thing that is wrong with the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditDefect {
    /// The entry at which it shows.
    pub seq: u64,
    /// What is wrong.
    pub what: String,
}

/// What became of following the chain from its root to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditReport {
    /// Whether nothing is wrong.
    pub sound: bool,
    /// Entries found.
    pub entries: u64,
    /// The end of the chain: `NUMBER:HASH`. Noted elsewhere, it proves later that nothing up to it was touched.
    pub head: String,
    /// The head that somebody had noted and asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What is wrong, at most a thousand.
    pub defects: Vec<AuditDefect>,
}
