//! Errors of the library and of the queue as problems.

use hafs_library::StoreError;
use hafs_proto::{Problem, ProblemType};
use hafs_queue::QueueError;

use super::problem::ProblemResponse;

impl From<StoreError> for ProblemResponse {
    fn from(error: StoreError) -> Self {
        let detail = error.to_string();
        match &error {
            StoreError::Overloaded { .. } => {
                Self::from(Problem::new(ProblemType::Overloaded, detail).retry_after(1_000))
            }
            StoreError::DiskFull { .. } => {
                Self::from(Problem::new(ProblemType::DiskFull, detail).retry_after(10_000))
            }
            StoreError::Unavailable { .. } | StoreError::Unknown { .. } => {
                Self::from(Problem::new(ProblemType::Overloaded, detail).retry_after(1_000))
            }
            StoreError::Closed => Self::from(Problem::new(ProblemType::Draining, detail).retry_after(2_000)),
            StoreError::Missing { .. } => Self::new(ProblemType::NotFound, detail),
            StoreError::Refused { .. } => Self::new(ProblemType::Invalid, detail),
            StoreError::Panicked
            | StoreError::Poisoned { .. }
            | StoreError::Io { .. }
            | StoreError::Locked { .. }
            | StoreError::Newer { .. }
            | StoreError::Unusable { .. }
            | StoreError::Migration { .. }
            | StoreError::Constraint { .. }
            | StoreError::Statement { .. }
            | StoreError::Column { .. }
            | StoreError::Copy { .. } => Self::internal(&error),
        }
    }
}

impl From<QueueError> for ProblemResponse {
    fn from(error: QueueError) -> Self {
        match error {
            QueueError::Rebuilding => {
                Self::from(Problem::new(ProblemType::Rebuilding, error.to_string()).retry_after(500))
            }
            QueueError::TooMany { .. } => Self::new(ProblemType::TooLarge, error.to_string()),
            QueueError::OldGeneration { .. } => Self::internal(&error),
            QueueError::Unavailable { .. } => {
                tracing::error!(error = %error, "the queue's server did not serve a call");
                let detail = "the queue's server cannot be reached; try again in a moment";
                Self::from(Problem::new(ProblemType::Rebuilding, detail).retry_after(2_000))
            }
        }
    }
}
