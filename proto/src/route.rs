//! Routes: the canonical form of what a task needs of a worker.

use std::fmt;

use thiserror::Error;

use crate::id::WorkerId;
use crate::name::{CheckName, SourceName, TeacherName};

/// What a task needs of a worker, and what a worker offers. Matching is equality, so its cost does not grow
/// with the number of tasks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Route {
    /// A configured source on the worker: `source/my-repo`.
    Source(SourceName),
    /// A teacher that can generate and judge: `teacher/ollama/qwen2.5-coder:14b`.
    Teacher(TeacherName),
    /// A model that gives embeddings: `embed/embedded/all-minilm-l6-v2`.
    Embed(TeacherName),
    /// A host tool or validator: `check/ca65`.
    Check(CheckName),
    /// A teacher, asked in batches that take up to a day: `batch/openai/gpt-5.2`.
    Batch(TeacherName),
    /// A check that one worker is to make, because it repeats another's: `witness/worker_<hex>/ca65`. The coordinator
    /// adds it to what that worker offers; a worker that offers it itself is not heard.
    Witness(WorkerId, CheckName),
}

/// Why a text is not a route.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is not a route: expected `source/NAME`, `teacher/PROVIDER/MODEL`, `batch/PROVIDER/MODEL`, `embed/PROVIDER/MODEL` or `check/NAME`"
)]
pub struct RouteError(String);

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(name) => write!(f, "source/{name}"),
            Self::Teacher(name) => write!(f, "teacher/{name}"),
            Self::Batch(name) => write!(f, "batch/{name}"),
            Self::Embed(name) => write!(f, "embed/{name}"),
            Self::Check(name) => write!(f, "check/{name}"),
            Self::Witness(worker, name) => write!(f, "witness/{worker}/{name}"),
        }
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Route {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Self, RouteError> {
        let error = || RouteError(text.chars().take(80).collect());
        let (class, rest) = text.split_once('/').ok_or_else(error)?;
        match class {
            "source" => rest.parse().map(Self::Source).map_err(|_| error()),
            "teacher" => rest.parse().map(Self::Teacher).map_err(|_| error()),
            "batch" => rest.parse().map(Self::Batch).map_err(|_| error()),
            "embed" => rest.parse().map(Self::Embed).map_err(|_| error()),
            "check" => rest.parse().map(Self::Check).map_err(|_| error()),
            "witness" => {
                let (worker, name) = rest.split_once('/').ok_or_else(error)?;
                let worker = worker.parse().map_err(|_| error())?;
                name.parse().map(|name| Self::Witness(worker, name)).map_err(|_| error())
            }
            _ => Err(error()),
        }
    }
}

impl Route {
    /// The teacher that is asked, now or in a batch.
    #[must_use]
    pub const fn teacher(&self) -> Option<&TeacherName> {
        match self {
            Self::Teacher(name) | Self::Batch(name) => Some(name),
            Self::Source(_) | Self::Embed(_) | Self::Check(_) | Self::Witness(..) => None,
        }
    }
}

crate::id::text_form!(Route, "^(source|teacher|batch|embed|check|witness)/.+$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_survives_its_text_form() {
        for text in [
            "source/repo",
            "teacher/ollama/qwen2.5-coder:14b",
            "batch/openai/gpt-5.2",
            "embed/embedded/minilm",
            "check/ca65",
            "witness/worker_0190b2f67c1a7e3f8d2b4c5a6e7f8091/ca65",
        ] {
            assert_eq!(text.parse::<Route>().map(|route| route.to_string()), Ok(text.to_owned()));
        }
        for bad in ["", "source", "source/", "gpu/x", "teacher/x", "witness/ca65"] {
            assert!(bad.parse::<Route>().is_err(), "{bad}");
        }
    }
}
