//! Exit codes: one list, from which `--help` is made and with which a test compares `docs/CLI.md`.

use std::error::Error;
use std::fmt::Write as _;
use std::process::ExitCode;

use hafs_coordinator::stores::PlaceError;
use hafs_library::{AddressError, StoreError};
use hafs_runtime::config::{LoadError, Mistakes};
use hafs_sources::SourceError;

/// How the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what was asked.
    Done,
    /// It could not.
    Failed,
    /// The command line, the configuration or a path is wrong.
    Usage,
    /// Nothing was accepted.
    Empty,
    /// The library cannot be used.
    Library,
    /// There is nobody to ask.
    NoTeacher,
    /// Verification found something.
    Broken,
    /// A signal ended it.
    Interrupted,
}

impl Exit {
    /// Every way to end.
    pub const ALL: &'static [Self] = &[
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::Empty,
        Self::Library,
        Self::NoTeacher,
        Self::Broken,
        Self::Interrupted,
    ];

    /// The code that the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Empty => 3,
            Self::Library => 4,
            Self::NoTeacher => 5,
            Self::Broken => 6,
            Self::Interrupted => 130,
        }
    }

    /// What it means, in a line.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed, for a reason that stands on standard error",
            Self::Usage => "the command line, the configuration or a path is wrong; nothing was started",
            Self::Empty => "nothing to mine or nothing accepted, so there is no data set",
            Self::Library => "the library is in use by another process, newer than this program, or damaged",
            Self::NoTeacher => "no teacher: none is configured, found or answers",
            Self::Broken => "verification found rows or files that do not agree with the others",
            Self::Interrupted => "interrupted by a signal; what was held was finished or handed back",
        }
    }

    /// The exit of a command that ends with this error.
    #[must_use]
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let mut chain = std::iter::successors(Some(error), |&error| error.source());
        chain.find_map(known).unwrap_or(Self::Failed)
    }
}

fn known(error: &(dyn Error + 'static)) -> Option<Exit> {
    let usage = error.is::<LoadError>()
        || error.is::<Mistakes>()
        || error.is::<SourceError>()
        || error.is::<PlaceError>()
        || error.is::<AddressError>();
    if usage {
        return Some(Exit::Usage);
    }
    let unusable = |error: &StoreError| {
        matches!(
            error,
            StoreError::Locked { .. }
                | StoreError::Newer { .. }
                | StoreError::Unusable { .. }
                | StoreError::Migration { .. }
                | StoreError::Column { .. }
        )
    };
    error.downcast_ref::<StoreError>().filter(|error| unusable(error)).map(|_| Exit::Library)
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The list, for `--help`.
#[must_use]
pub fn table() -> String {
    Exit::ALL.iter().fold("Exit codes:".to_owned(), |mut text, exit| {
        // Proof: writing to a string cannot fail.
        let _cannot_fail = write!(text, "\n  {:>3}  {}", exit.code(), exit.meaning());
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_every_exit_code_with_its_meaning() {
        let page = include_str!("../../docs/CLI.md");
        let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
        for exit in Exit::ALL {
            let row = format!("| `{}` | {} |", exit.code(), exit.meaning());
            assert!(rows.contains(&row.as_str()), "docs/CLI.md lacks the row\n{row}");
        }
    }

    #[test]
    fn codes_are_unique() {
        let codes: std::collections::BTreeSet<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes.len(), Exit::ALL.len());
    }

    #[test]
    fn a_library_in_use_ends_with_its_own_code_however_deep_the_error_is() {
        let locked = StoreError::Locked { path: "library.db".into(), pid: Some(7) };
        let start = hafs_coordinator::app::StartError::Library(locked);
        assert_eq!(Exit::of(&start), Exit::Library);
        assert_eq!(Exit::of(&std::fmt::Error), Exit::Failed);
    }
}
