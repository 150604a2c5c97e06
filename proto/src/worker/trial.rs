//! What a worker knows of its teachers beside that they are there: the feature `trials`. A provider that lists a model
//! may refuse the key, serve another model or know no structured output; one small call tells.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::name::TeacherName;
use crate::teacher::CallRecord;
use crate::time::Timestamp;

/// A call that was made only to see whether the teacher can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeacherTrial {
    /// When it was made, by the worker's clock. A trial is kept over restarts, so it may have been before this process.
    pub at: Timestamp,
    /// Whether the reply had the form that was asked for.
    pub structured: bool,
    /// The call: what it cost, how long it took, which model was served, what went wrong.
    pub call: CallRecord,
}

/// What a worker knows of a teacher of its configuration, offered or not. Registered only with coordinators that know the
/// feature `trials`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeacherFacts {
    /// The teacher.
    pub teacher: TeacherName,
    /// The family of its model: models of one family share what they were trained on. Absent when nobody has said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<BoundedText<64>>,
    /// What came of trying it; absent when it was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<TeacherTrial>,
    /// Why it is not offered; absent when it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<BoundedText<512>>,
}
