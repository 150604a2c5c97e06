//! Calls that the coordinator did not answer as hoped, and what to make of it.

use std::time::Duration;

use hafs_proto::{Problem, ProblemType};

/// Why a call to the coordinator gave no answer of its own kind.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CallTrouble {
    /// The coordinator could not be reached, did not answer in time, or answered with something else.
    #[error("could not reach the coordinator: {0}")]
    Away(String),
    /// The coordinator answered with a problem document.
    #[error("the coordinator answered: {0}")]
    Problem(Box<Problem>),
}

/// What a trouble means for the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The connection is lost.
    Away,
    /// Try the same again later.
    Later(Option<Duration>),
    /// The coordinator does not know this worker (any more): register again.
    Unknown,
    /// The credential is not valid: stop.
    Revoked,
    /// Another process uses the credential: finish and leave.
    Superseded,
    /// The program is too old or too new: stop.
    Incompatible,
    /// The request itself is wrong; the same one will never be right.
    Wrong,
}

impl CallTrouble {
    /// What to make of it.
    #[must_use]
    pub fn meaning(&self) -> Meaning {
        match self {
            Self::Away(_) => Meaning::Away,
            Self::Problem(problem) => problem_meaning(problem),
        }
    }
}

fn problem_meaning(problem: &Problem) -> Meaning {
    let hint = problem.retry_after_ms.map(Duration::from_millis);
    match problem.kind() {
        Some(ProblemType::Unauthenticated | ProblemType::Forbidden) => Meaning::Revoked,
        Some(ProblemType::Superseded) => Meaning::Superseded,
        Some(ProblemType::UpgradeNeeded) => Meaning::Incompatible,
        Some(ProblemType::NotFound | ProblemType::Conflict) => Meaning::Unknown,
        Some(
            ProblemType::RequestTimeout
            | ProblemType::Misdirected
            | ProblemType::TooManyRequests
            | ProblemType::Internal
            | ProblemType::Draining
            | ProblemType::Rebuilding
            | ProblemType::Overloaded
            | ProblemType::DiskFull,
        ) => Meaning::Later(hint),
        Some(
            ProblemType::MalformedRequest
            | ProblemType::MethodNotAllowed
            | ProblemType::StaleLease
            | ProblemType::TooLarge
            | ProblemType::UnsupportedMediaType
            | ProblemType::Invalid
            | ProblemType::KeyReused,
        ) => Meaning::Wrong,
        // A kind that this program does not know yet: the status decides.
        None => status_meaning(problem.status, hint),
    }
}

const fn status_meaning(status: u16, hint: Option<Duration>) -> Meaning {
    match status {
        401 | 403 => Meaning::Revoked,
        404 => Meaning::Unknown,
        426 => Meaning::Incompatible,
        408 | 425 | 429 | 500..=599 => Meaning::Later(hint),
        _ => Meaning::Wrong,
    }
}

/// A coordinator's answer, or why there is none.
pub type Answered<T> = Result<T, CallTrouble>;
