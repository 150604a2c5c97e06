//! Copies of a library that is in use, and their way back.
//!
//! A copy is made by SQLite's online backup in one step, so it is one snapshot and holds up no write. It gets
//! its name only after it was checked and flushed: a file of that name is a whole library.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::address::Address;
use crate::error::StoreError;
use crate::migrations::{MIGRATIONS, latest};
use crate::sqlite::{self, beside};
use crate::transfer;

/// What was backed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupReport {
    /// Size of the copy in bytes.
    pub bytes: u64,
}

/// Copies the library `from` to the file `to`, which is replaced if it exists. The copy of a PostgreSQL library
/// is a library file too. Blocks.
///
/// # Errors
/// [`StoreError::Copy`] when the copy cannot be written or does not pass SQLite's integrity check; then `to` is
/// as it was.
pub fn backup(from: impl Into<Address>, to: &Path) -> Result<BackupReport, StoreError> {
    let copied = match from.into() {
        Address::File(from) => copy(&from, to, |_| Ok(())),
        Address::Postgres(url) => transfer::snapshot(&url, to),
    };
    copied.map_err(|why| StoreError::Copy { doing: "back up to", path: to.to_owned(), why })
}

/// Copies a library file to a new name, lets `change` work on the copy before it gets that name.
pub(crate) fn copy(
    from: &Path,
    to: &Path,
    change: impl FnOnce(&Connection) -> Result<(), String>,
) -> Result<BackupReport, String> {
    enough_room(from, to)?;
    let temporary = partial(to);
    let outcome = fill(from, &temporary, change).and_then(|()| named(&temporary, to));
    if outcome.is_err() {
        // What is left of a failed copy is of no use; if it cannot be removed the next copy overwrites it.
        let _ = std::fs::remove_file(&temporary);
    }
    outcome
}

/// Where a copy is made before it gets its name.
pub(crate) fn partial(to: &Path) -> PathBuf {
    beside(to, ".partial")
}

/// Flushes a whole copy and gives it its name.
pub(crate) fn named(temporary: &Path, to: &Path) -> Result<BackupReport, String> {
    let bytes = flush(temporary)?;
    std::fs::rename(temporary, to).map_err(|error| format!("cannot rename the copy: {error}"))?;
    flush_folder(to)?;
    Ok(BackupReport { bytes })
}

fn enough_room(from: &Path, to: &Path) -> Result<(), String> {
    let folder =
        to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let size =
        std::fs::metadata(from).map_err(|error| format!("cannot read {}: {error}", from.display()))?.len();
    let free = fs4::available_space(folder)
        .map_err(|error| format!("cannot use the folder {}: {error}: create it first", folder.display()))?;
    if free > size {
        return Ok(());
    }
    Err(format!("it needs {size} bytes and {free} are free: free some space or choose another disk"))
}

fn fill(
    from: &Path,
    temporary: &Path,
    change: impl FnOnce(&Connection) -> Result<(), String>,
) -> Result<(), String> {
    remove(temporary)?;
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(from, read_only).map_err(|error| error.to_string())?;
    sqlite::version(&source, from, latest(MIGRATIONS)).map_err(|error| error.to_string())?;
    let mut target = Connection::open(temporary).map_err(|error| error.to_string())?;
    let step = Backup::new(&source, &mut target).and_then(|backup| backup.step(-1));
    match step {
        Ok(StepResult::Done) => {}
        Ok(other) => return Err(format!("SQLite could not copy in one step: {other:?}: try again")),
        Err(error) => return Err(error.to_string()),
    }
    // One file without a log beside it can be moved and archived as it is.
    target
        .pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))
        .map_err(|error| error.to_string())?;
    change(&target)?;
    whole(&target)?;
    target.close().map_err(|(_, error)| error.to_string())
}

/// Refuses a copy that SQLite finds damaged.
pub(crate) fn whole(conn: &Connection) -> Result<(), String> {
    let word: String = conn
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|error| format!("the copy cannot be checked: {error}"))?;
    if word == "ok" {
        Ok(())
    } else {
        Err(format!("the copy is damaged: {word}: run `verify` on the library"))
    }
}

fn flush(path: &Path) -> Result<u64, String> {
    let flush = || {
        let file = File::options().read(true).write(true).open(path)?;
        file.sync_all()?;
        Ok(file.metadata()?.len())
    };
    flush().map_err(|error: std::io::Error| format!("cannot flush the copy: {error}"))
}

#[cfg(unix)]
fn flush_folder(path: &Path) -> Result<(), String> {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let flush = || File::open(folder)?.sync_all();
    flush().map_err(|error: std::io::Error| format!("cannot flush the folder: {error}"))
}

/// Windows has no flush of folders; a rename there is in the file system's own log.
#[cfg(not(unix))]
fn flush_folder(_path: &Path) -> Result<(), String> {
    Ok(())
}

pub(crate) fn remove(path: &Path) -> Result<(), String> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove the old {}: {error}", path.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
