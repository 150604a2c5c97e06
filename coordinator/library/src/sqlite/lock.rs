//! One process for one library: an operating system lock on `<library>.lock`, which ends with the process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::StoreError;

/// The lock, held as long as the value lives. The file stays: deleting it would let two processes lock two
/// files of the same name.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a library.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process has it.
    pub(crate) fn take(library: &Path) -> Result<Self, StoreError> {
        let failed = |error: std::io::Error| {
            let why =
                format!("its lock file failed: {error}: check that the folder exists and can be written");
            StoreError::unusable(library, why)
        };
        let path = beside(library, ".lock");
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = options.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked { path: library.to_owned(), pid: holder(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        sign(&mut file).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// Says who holds the lock.
fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())?;
    file.flush()
}

/// Who holds the lock, as far as the file tells.
fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// `library.db` → `library.db.lock`.
pub(crate) fn beside(library: &Path, suffix: &str) -> PathBuf {
    let mut name = library.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
