//! A look at a file before SQLite touches it.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use crate::error::StoreError;

const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// What stands where the library should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing, or an empty file.
    Nothing,
    /// A database; whether it is a library is told by its application id.
    Database,
}

/// Looks at the beginning of the file.
///
/// # Errors
/// [`StoreError::Unusable`] when it is something else than a database or cannot be read.
pub(crate) fn look(path: &Path) -> Result<Found, StoreError> {
    let unreadable = |error: std::io::Error| {
        StoreError::unusable(
            path,
            format!("{error}: check the path and that this user may read and write it"),
        )
    };
    if path.is_dir() {
        return Err(StoreError::unusable(
            path,
            "it is a folder: give the path of a file, such as `library.db` in it",
        ));
    }
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(unreadable(error)),
    };
    let mut head = Vec::with_capacity(MAGIC.len());
    file.by_ref().take(MAGIC.len() as u64).read_to_end(&mut head).map_err(unreadable)?;
    if head.is_empty() {
        return Ok(Found::Nothing);
    }
    if head == MAGIC {
        return Ok(Found::Database);
    }
    Err(StoreError::unusable(
        path,
        "it is not a database: give another path, or restore a backup in its place",
    ))
}
