//! Check: host tools. This version of the worker brings none; pure checks are the coordinator's own work.

use hafs_proto::task::CheckSpec;

use super::{failed, missing};
use crate::agent::Work;

/// Sends the task elsewhere. An unknown check is never "passed".
pub(super) fn run(spec: &CheckSpec) -> Work {
    failed(missing("check", &spec.check))
}
