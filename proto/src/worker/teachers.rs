//! Telling the coordinator on which terms a worker's teachers can be used: the feature `limits`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::quota::TeacherTerms;

/// The terms of all teachers of a worker whose limits, prices or keys are the whole fleet's affair; they take the place
/// of those that it told before. Sent after each registration, to coordinators that know the feature `limits`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeachersRequest {
    /// One for each teacher, at most `limits::WORKER_ROUTES`.
    pub terms: Vec<TeacherTerms>,
}
