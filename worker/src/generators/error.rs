//! What can go wrong before a teacher is asked.

use std::path::PathBuf;

use hafs_proto::Reason;
use thiserror::Error;

/// Why a prompt template cannot be used. The worker does not start with one.
#[derive(Debug, Error)]
pub enum PromptError {
    /// The override cannot be read.
    #[error("could not read the prompt template {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file of the override folder that overrides nothing.
    #[error("{} overrides no prompt; the names are: {known}", path.display())]
    Stranger {
        /// The file.
        path: PathBuf,
        /// Names that would.
        known: String,
    },
    /// It does not parse, or cannot be rendered.
    #[error("prompt template {file}, line {line}: {what}")]
    Bad {
        /// The file, or the name of the built-in template.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong, and the remedy.
        what: String,
    },
}

/// Why a seed or sample cannot serve a generator. Trying again cannot help.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Unfit {
    /// Its code.
    pub reason: Reason,
    /// For people; without the seed's text.
    pub message: String,
}

impl Unfit {
    pub(super) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}
