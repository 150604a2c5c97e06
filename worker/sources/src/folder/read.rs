//! Reading one file of a folder that others may be changing.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::skip::Skip;

/// The bytes of a regular file of at most `max` bytes.
///
/// # Errors
/// A [`Skip`] for what is too large, has become a link, or cannot be read any more.
pub(crate) fn read(path: &Path, max: u64) -> Result<Vec<u8>, Skip> {
    if !path.symlink_metadata().map_err(|error| reason(&error))?.is_file() {
        return Err(Skip::Symlink);
    }
    let file = File::open(path).map_err(|error| reason(&error))?;
    let mut bytes = Vec::new();
    // One byte more than allowed, because the file may grow between the look and the read.
    file.take(max.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    if u64::try_from(bytes.len()).is_ok_and(|len| len <= max) { Ok(bytes) } else { Err(Skip::TooLarge) }
}

/// Why the file system did not give a file.
pub(crate) fn reason(error: &io::Error) -> Skip {
    let gone = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
    if gone.contains(&error.kind()) {
        Skip::Vanished
    } else if error.kind() == io::ErrorKind::PermissionDenied {
        Skip::Permission
    } else {
        Skip::Unreadable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_gone_too_large_or_a_folder_is_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.md");
        assert_eq!(read(&file, 9), Err(Skip::Vanished));
        std::fs::write(&file, "0123456789").expect("writes");
        assert_eq!(read(&file, 9), Err(Skip::TooLarge));
        assert_eq!(read(&file, 10).map(|bytes| bytes.len()), Ok(10));
        assert_eq!(read(folder.path(), 9), Err(Skip::Symlink));
    }

    #[test]
    fn what_the_file_system_says_becomes_a_reason() {
        assert_eq!(reason(&io::ErrorKind::PermissionDenied.into()), Skip::Permission);
        assert_eq!(reason(&io::ErrorKind::NotFound.into()), Skip::Vanished);
        assert_eq!(reason(&io::ErrorKind::BrokenPipe.into()), Skip::Unreadable);
    }
}
