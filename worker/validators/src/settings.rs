//! What a worker's configuration says about one validator.

use std::path::PathBuf;

use hafs_proto::{CheckName, Domain};

/// The kinds of validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValidatorKind {
    /// Compiles C++.
    Cpp,
    /// Assembles with ca65.
    Ca65,
    /// Assembles with asar.
    Asar,
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
    /// Whether it may run where files cannot be hidden from it.
    pub force: bool,
}

impl ValidatorSettings {
    /// A validator of a kind for some domains, with its program in the usual places.
    #[must_use]
    pub const fn new(name: CheckName, kind: ValidatorKind, domains: Vec<Domain>) -> Self {
        Self { name, kind, domains, program: None, arguments: Vec::new(), view: Vec::new(), force: false }
    }
}
