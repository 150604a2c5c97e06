//! What is recorded of every call to a teacher: paid calls are rows, whatever came of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::hash::ContentHash;
use crate::money::MicroUsd;
use crate::name::TeacherName;
use crate::reason::Reason;

/// Why a teacher stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// It had finished.
    Complete,
    /// The token limit; the reply is not whole.
    Length,
    /// It refused.
    Refusal,
    /// The provider's filter.
    Filter,
    /// The call failed; there may be no reply at all.
    Error,
}

/// Tokens by class. `input` counts every prompt token, cached or not; `output` counts every generated token,
/// reasoning or not. What a provider does not say is zero and `reported` is false.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Prompt tokens.
    pub input: u64,
    /// Of these, read from a cache.
    #[serde(default)]
    pub cached_input: u64,
    /// Generated tokens.
    pub output: u64,
    /// Of these, reasoning that is not part of the reply.
    #[serde(default)]
    pub reasoning: u64,
    /// Whether the provider reported the numbers (otherwise they are zero or an estimate).
    pub reported: bool,
}

/// One call to a teacher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallRecord {
    /// Whom we asked.
    pub teacher: TeacherName,
    /// The model id that the provider says it served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_model: Option<BoundedText<256>>,
    /// The provider's own id of the call, by which its support can find it; only to coordinators that know the
    /// feature `trials`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<BoundedText<128>>,
    /// Why it stopped.
    pub stop: StopReason,
    /// Tokens.
    pub usage: Usage,
    /// From the first byte sent to the last byte read, in milliseconds.
    pub latency_ms: u64,
    /// The price by the configured table; zero for local models.
    pub cost: MicroUsd,
    /// Hash of the rendered prompt and the settings.
    pub prompt_hash: ContentHash,
    /// Hash of the reply's text, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_hash: Option<ContentHash>,
    /// The beginning of a reply that could not be used, so that a paid answer can be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_excerpt: Option<BoundedText<8192>>,
    /// What went wrong, if something did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<CallError>,
}

/// What went wrong with a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallError {
    /// Its code.
    pub reason: Reason,
    /// The provider's HTTP status, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// For people; keys are redacted.
    pub message: BoundedText<2048>,
}
