//! The last lines of a coordinator's log, without what others wrote: for a report of trouble.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::Timestamp;

/// An event of the log as it may be passed on: numbers, ids of ours, and words of the program's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// How bad: `ERROR`, `WARN` or `INFO`.
    pub level: String,
    /// The module that says it.
    pub module: String,
    /// Where in the program's text, `FILE:LINE`, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What happened; absent where the sentence may hold words of others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its fields. A number or an id stands as it is; of a text there is only how long it is.
    pub fields: BTreeMap<String, String>,
}
