//! What a source is told by the worker's configuration.

use std::path::PathBuf;

use hafs_proto::{Domain, SourceName};

/// Where the texts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceKind {
    /// A git repository, with or without a working tree: its commits, and the files of its HEAD.
    Git {
        /// The top of the working tree, or the bare repository itself.
        path: PathBuf,
    },
    /// A folder of documents and code.
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// Routines to be written, each with a reference; they come with the factory.
    Routines {
        /// How many.
        tasks: u32,
    },
}

/// One source. [`SourceSettings::new`] gives the defaults; every field may be changed after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSettings {
    /// The name that tasks use; it is part of every seed's provenance.
    pub name: SourceName,
    /// Where the texts are.
    pub kind: SourceKind,
    /// The domain of every seed. Without it the language of code, and `docs` for documents.
    pub domain: Option<Domain>,
    /// Globs in gitignore syntax, relative to the root; a file must match one, unless there are none.
    pub include: Vec<String>,
    /// Globs in gitignore syntax, relative to the root; a file or folder that matches one is passed over.
    pub exclude: Vec<String>,
    /// Whether a folder's hidden files and folders are mined too. Files that git tracks always are.
    pub hidden: bool,
    /// Commits looked at, counted from HEAD.
    pub max_commits: u64,
    /// Bytes of the largest file that is read.
    pub max_file_bytes: u64,
    /// Bytes of the largest diff that becomes a seed; at most `limits::SEED_TEXT_BYTES` counts.
    pub max_diff_bytes: usize,
    /// Whether TODO, FIXME, HACK and XXX comments of a git repository become seeds.
    pub todo: bool,
}

impl SourceSettings {
    /// A source with the default limits: 10,000 commits, files of 1 MiB, diffs of 12 KiB (about what a model
    /// with a context of 8,192 tokens can answer about), TODO comments on.
    #[must_use]
    pub fn new(name: SourceName, kind: SourceKind) -> Self {
        Self {
            name,
            kind,
            domain: None,
            include: Vec::new(),
            exclude: Vec::new(),
            hidden: false,
            max_commits: 10_000,
            max_file_bytes: 1024 * 1024,
            max_diff_bytes: 12 * 1024,
            todo: true,
        }
    }
}
