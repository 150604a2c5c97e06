//! What can go wrong with a source, said so that its reader knows what to change.

use std::path::PathBuf;

use hafs_proto::SourceName;
use hafs_proto::task::FailureClass;
use thiserror::Error;

/// Why a source could not be opened.
#[derive(Debug, Error)]
pub enum SourceError {
    /// Nothing there.
    #[error("source `{name}`: {} does not exist; correct its `path` or create it", path.display())]
    Missing {
        /// The source.
        name: SourceName,
        /// Its configured path.
        path: PathBuf,
    },
    /// Something is there, but it is no folder.
    #[error("source `{name}`: {} is not a folder; `path` names a folder or a repository", path.display())]
    NotAFolder {
        /// The source.
        name: SourceName,
        /// Its configured path.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("source `{name}`: {} cannot be looked at", path.display())]
    Io {
        /// The source.
        name: SourceName,
        /// Its configured path.
        path: PathBuf,
        /// What it said.
        #[source]
        source: std::io::Error,
    },
    /// A folder without a repository.
    #[error(
        "source `{name}`: {} is not the top of a git repository ({detail}); name the folder that holds `.git`, a \
         bare repository, or make it a source of kind `folder`",
        path.display()
    )]
    NotARepository {
        /// The source.
        name: SourceName,
        /// Its configured path.
        path: PathBuf,
        /// What git said.
        detail: String,
    },
    /// No git program.
    #[error("source `{name}` needs the program `git` in PATH, and it could not be started; install git")]
    NoGit {
        /// The source.
        name: SourceName,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A glob of `include` or `exclude` does not parse.
    #[error("source `{name}`: `{key}` has the glob `{glob}`, which does not parse")]
    BadGlob {
        /// The source.
        name: SourceName,
        /// `include` or `exclude`.
        key: &'static str,
        /// The glob.
        glob: String,
        /// What is wrong with it.
        #[source]
        source: Box<ignore::Error>,
    },
}

/// Why a page could not be mined.
#[derive(Debug, Error)]
pub enum HarvestError {
    /// The caller asked to stop.
    #[error("harvest of `{name}` was cancelled")]
    Cancelled {
        /// The source.
        name: SourceName,
    },
    /// A cursor of another version, source or kind.
    #[error("harvest of `{name}`: the cursor is not one of this source ({detail}); begin again without one")]
    BadCursor {
        /// The source.
        name: SourceName,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// The whole source was walked and gave no seed.
    #[error("nothing to mine in `{name}`: {looked}; point it at a repository or folder with prose or code")]
    NothingToMine {
        /// The source.
        name: SourceName,
        /// What was passed over on the last page, by reason.
        looked: String,
    },
    /// A repository without a commit at HEAD.
    #[error(
        "repository of `{name}` has no commit at HEAD yet; commit something, or in a bare repository point HEAD \
         at a branch that exists: git symbolic-ref HEAD refs/heads/BRANCH"
    )]
    NoCommits {
        /// The source.
        name: SourceName,
    },
    /// The revision that the walk is pinned to is no longer in the repository.
    #[error(
        "harvest of `{name}`: commit {revision}, at which the walk began, is gone; begin again without a cursor"
    )]
    RevisionGone {
        /// The source.
        name: SourceName,
        /// The commit.
        revision: String,
    },
    /// The folder or repository can no longer be read.
    #[error("harvest of `{name}`: {} can no longer be read", path.display())]
    Gone {
        /// The source.
        name: SourceName,
        /// Its path.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// git ended with an error.
    #[error("harvest of `{name}`: git {verb} failed: {detail}")]
    Git {
        /// The source.
        name: SourceName,
        /// The git command.
        verb: &'static str,
        /// The end of what it wrote to its error stream.
        detail: String,
    },
    /// git said nothing for too long and was ended.
    #[error("harvest of `{name}`: git {verb} said nothing for {seconds} s and was ended")]
    Stalled {
        /// The source.
        name: SourceName,
        /// The git command.
        verb: &'static str,
        /// How long it was silent.
        seconds: u64,
    },
}

impl HarvestError {
    /// What the queue should do with the task.
    #[must_use]
    pub const fn class(&self) -> FailureClass {
        match self {
            Self::Cancelled { .. } | Self::Git { .. } | Self::Stalled { .. } => FailureClass::Transient,
            Self::Gone { .. } => FailureClass::ModelMissing,
            Self::BadCursor { .. }
            | Self::NothingToMine { .. }
            | Self::NoCommits { .. }
            | Self::RevisionGone { .. } => FailureClass::Poison,
        }
    }
}
