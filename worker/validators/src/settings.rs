//! What a worker's configuration says about one validator.

use std::path::{Path, PathBuf};

use hafs_proto::{CheckName, Domain, Provenance, SourceName};

/// The kinds of validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValidatorKind {
    /// Compiles C++.
    Cpp,
    /// Assembles with ca65.
    Ca65,
    /// Assembles with asar.
    Asar,
    /// Looks for what links lead to.
    Links,
    /// Asks a program of one's own.
    Program,
}

/// One validator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidatorSettings {
    /// Its name.
    pub name: CheckName,
    /// What it does.
    pub kind: ValidatorKind,
    /// The domains that it looks at.
    pub domains: Vec<Domain>,
    /// Where its program is; absent: in the usual places.
    pub program: Option<PathBuf>,
    /// What a program of one's own is told.
    pub arguments: Vec<String>,
    /// Files and folders that it may read, beside the system's.
    pub view: Vec<PathBuf>,
    /// Sources whose folders it may read, with those folders.
    pub sources: Vec<(SourceName, PathBuf)>,
    /// Whether it may run where files cannot be hidden from it.
    pub force: bool,
}

impl ValidatorSettings {
    /// A validator of a kind for some domains, with its program in the usual places.
    #[must_use]
    pub const fn new(name: CheckName, kind: ValidatorKind, domains: Vec<Domain>) -> Self {
        Self {
            name,
            kind,
            domains,
            program: None,
            arguments: Vec::new(),
            view: Vec::new(),
            sources: Vec::new(),
            force: false,
        }
    }

    /// The folder of the source that something comes from, if it may be read.
    #[must_use]
    pub fn folder_of(&self, origin: Option<&Provenance>) -> Option<&Path> {
        let known = self.sources.iter().find(|(name, _)| origin.is_some_and(|origin| origin.source == *name));
        known.map(|(_, folder)| folder.as_path())
    }
}
