//! Folders and files that nobody but their owner is to read, and who can read them all the same.

mod sddl;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::io;
use std::path::Path;

#[cfg(not(any(unix, windows)))]
compile_error!("hafs keeps secrets on disk; this system needs a file in runtime/src/privacy");
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

/// Who can read a file or folder besides its owner, the system and its administrators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readers {
    /// Nobody.
    OwnerOnly,
    /// These groups, in the system's words or numbers.
    Others(Vec<String>),
    /// It could not be found out; why.
    Unknown(String),
}

/// Takes from everybody but the owner, the system and its administrators the right to enter a folder. What is made in it
/// later is as private.
///
/// # Errors
/// The system's. A file system without rights gives none on Windows: [`readers`] tells what really holds.
pub fn make_private(folder: &Path) -> io::Result<()> {
    system::make_private(folder)
}

/// Who can read a file or folder.
#[must_use]
pub fn readers(path: &Path) -> Readers {
    system::readers(path)
}

/// The command that takes the right away from others, for messages.
#[must_use]
pub fn remedy(path: &Path) -> String {
    system::remedy(path)
}
