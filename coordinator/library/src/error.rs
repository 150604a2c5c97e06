//! What can go wrong with the library, with what to do about it.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use crate::address::Address;

/// The driver's own error, shared because one failed commit answers many callers.
pub type Source = Arc<dyn Error + Send + Sync>;

/// Longest part of a statement that an error shows.
const SQL_SHOWN: usize = 160;

/// The beginning of a statement, on one line.
pub(crate) fn shown(sql: &str) -> String {
    let flat = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = flat.floor_char_boundary(SQL_SHOWN);
    if end < flat.len() { format!("{}…", &flat[..end]) } else { flat }
}

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// No: the same call fails again.
    Never,
    /// Yes, after a pause.
    Backoff,
}

/// Why the library could not do what was asked.
#[derive(Debug, Clone, Error)]
pub enum StoreError {
    /// Too many calls wait.
    #[error("the library has {waiting} calls waiting: try again in a moment")]
    Overloaded {
        /// Calls that wait.
        waiting: usize,
    },
    /// The library is closed.
    #[error("the library is closed")]
    Closed,
    /// The closure itself panicked; its changes are undone.
    #[error("a write or read of the library panicked; its changes are undone")]
    Panicked,
    /// A commit failed in a way that leaves the file's content in doubt.
    #[error(
        "the library stopped writing after a failed commit ({why}): check the disk, then restart; what was acknowledged is recovered from the log"
    )]
    Poisoned {
        /// What had failed.
        why: String,
    },
    /// No room on the disk; nothing of the call was stored.
    #[error("the disk that holds the library is full: free some space; nothing of this call was stored")]
    DiskFull {
        /// The driver's words.
        #[source]
        source: Source,
    },
    /// The disk failed or the file is damaged.
    #[error(
        "the disk that holds the library failed, or the file is damaged: check the disk and run `verify`; if it finds \
         damage, restore a backup"
    )]
    Io {
        /// The driver's words.
        #[source]
        source: Source,
    },
    /// The database server cannot be reached, or cannot do it now; nothing of the call was stored.
    #[error(
        "the library's database cannot be reached, or refuses for the moment: try again; nothing of this call was stored"
    )]
    Unavailable {
        /// The driver's words.
        #[source]
        source: Source,
    },
    /// The connection was lost between the commit and its confirmation.
    #[error(
        "the connection to the library's database was lost during the commit: whether this call was stored is not \
         known; repeat it with the same key, what was stored is found again"
    )]
    Unknown {
        /// The driver's words.
        #[source]
        source: Source,
    },
    /// Another process has it.
    #[error("the library {path} is in use by process {}: stop that process, or give this one another library", pid.map_or_else(|| "(unknown)".to_owned(), |pid| pid.to_string()))]
    Locked {
        /// The library.
        path: PathBuf,
        /// The process that holds it, if it could be read.
        pid: Option<u32>,
    },
    /// It was written by a newer program.
    #[error(
        "the library {library} has schema version {found}, this program knows up to {known}: use the newer program, or restore the backup that was made before the upgrade"
    )]
    Newer {
        /// The library.
        library: Address,
        /// Its version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// It cannot be opened as a library.
    #[error("cannot open the library {library}: {why}")]
    Unusable {
        /// The library.
        library: Address,
        /// Why, and what to do.
        why: String,
    },
    /// A migration was changed after it had been applied, or failed.
    #[error("migration {version} of the library {library} {why}")]
    Migration {
        /// The library.
        library: Address,
        /// The migration.
        version: i64,
        /// What is wrong.
        why: String,
    },
    /// A rule of the schema forbids it.
    #[error("the library refuses the row: {rule}")]
    Constraint {
        /// The rule, in the driver's words: table and columns.
        rule: String,
        /// The driver's words.
        #[source]
        source: Source,
    },
    /// A statement failed.
    #[error("a statement on the library failed: {sql}")]
    Statement {
        /// The beginning of the statement; arguments are never shown.
        sql: String,
        /// The driver's words.
        #[source]
        source: Source,
    },
    /// A stored value is not what its column must hold.
    #[error(
        "the library's column {table}.{column} is damaged: {problem}; run `verify` to see all damaged rows"
    )]
    Column {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// What was expected and found.
        problem: String,
    },
    /// There is no such thing.
    #[error("there is no {what} {id} in the library")]
    Missing {
        /// What kind of thing.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// The call itself is wrong.
    #[error("the library refuses the call: {why}")]
    Refused {
        /// Why.
        why: String,
    },
    /// A backup or restore failed.
    #[error("cannot {doing} {path}: {why}")]
    Copy {
        /// `back up to` or `restore`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        why: String,
    },
}

impl StoreError {
    /// Whether trying again can help.
    #[must_use]
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Overloaded { .. }
            | Self::DiskFull { .. }
            | Self::Unavailable { .. }
            | Self::Unknown { .. } => Retry::Backoff,
            Self::Closed
            | Self::Panicked
            | Self::Poisoned { .. }
            | Self::Io { .. }
            | Self::Locked { .. }
            | Self::Newer { .. }
            | Self::Unusable { .. }
            | Self::Migration { .. }
            | Self::Constraint { .. }
            | Self::Statement { .. }
            | Self::Column { .. }
            | Self::Missing { .. }
            | Self::Refused { .. }
            | Self::Copy { .. } => Retry::Never,
        }
    }

    /// The call is wrong.
    pub(crate) fn refused(why: impl Into<String>) -> Self {
        Self::Refused { why: why.into() }
    }

    /// A value that cannot be written.
    pub(crate) fn encode(why: impl ToString) -> Self {
        Self::Refused { why: why.to_string() }
    }

    /// There is no such thing.
    pub(crate) fn missing(what: &'static str, id: impl ToString) -> Self {
        Self::Missing { what, id: id.to_string() }
    }

    /// The library cannot be opened.
    pub(crate) fn unusable(library: impl Into<Address>, why: impl Into<String>) -> Self {
        Self::Unusable { library: library.into(), why: why.into() }
    }
}
