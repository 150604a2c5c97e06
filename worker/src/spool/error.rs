//! What can go wrong with the spool.

use std::path::PathBuf;

use thiserror::Error;

/// Why the spool could not be used.
#[derive(Debug, Error)]
pub enum SpoolError {
    /// A folder or file could not be made, read or moved.
    #[error("spool: could not {what} {}; check the owner, the rights and the free space of the worker's state folder", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// Why a line or file of the spool is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Damage {
    /// It does not begin as ours do.
    #[error("it does not begin like one that was written by this program")]
    Header,
    /// The line break at the end of the line is missing.
    #[error("it was cut short")]
    Cut,
    /// The checksum does not match.
    #[error("its checksum does not match: it was cut short or changed")]
    Checksum,
    /// The checksum matches, but this program cannot read the body.
    #[error("its body is of another version of the program: {0}")]
    Body(String),
    /// It holds another result than its name says.
    #[error("its name is not that of the result inside")]
    Name,
}
