//! A backup's way back to being the library.

use std::path::{Path, PathBuf};

use hafs_proto::Timestamp;

use crate::backup::{self, BackupReport};
use crate::error::StoreError;
use crate::sqlite::{Lock, SqliteTx, beside};
use crate::tables::{audit, meta};

/// What a library's name is followed by: the file itself and the logs that belong to it.
const FILES: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// A library that was replaced by a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// What was copied.
    pub report: BackupReport,
    /// Where the former library lies now, if there was one.
    pub former: Option<PathBuf>,
}

/// Makes a library out of a backup. The new library has a new incarnation and a queue generation that no lease
/// of the lost time can have, so what workers hold is fenced; the lease key is kept, so what they spooled is
/// still provably theirs and can be handed in. Blocks.
///
/// # Errors
/// [`StoreError::Locked`] when a process has the library open, [`StoreError::Copy`] when there already is a
/// file or a log (nothing is overwritten) or the backup is not a whole library.
pub fn restore(
    from: &Path,
    library: &Path,
    incarnation: [u8; 16],
    now: Timestamp,
) -> Result<BackupReport, StoreError> {
    let _lock = Lock::take(library)?;
    // A log that stays beside another library would be applied to it.
    if let Some(there) = FILES.iter().map(|suffix| beside(library, suffix)).find(|file| file.exists()) {
        let why = format!("{} exists: move it away first, nothing is overwritten", there.display());
        return Err(failed(from, why));
    }
    copy(from, library, (incarnation, now), || Ok(()))
}

/// As [`restore`], but a library that is there is kept beside the new one, as `library.db.replaced-<milliseconds>`,
/// with its logs. It is moved only when the copy is whole, and moved back if the last steps fail. Blocks.
///
/// # Errors
/// [`StoreError::Locked`] when a process has the library open, [`StoreError::Copy`] when the backup is the
/// library itself or not a whole one, or files cannot be moved; then the library is as it was.
pub fn replace(
    from: &Path,
    library: &Path,
    incarnation: [u8; 16],
    now: Timestamp,
) -> Result<Replaced, StoreError> {
    let _lock = Lock::take(library)?;
    if let (Ok(one), Ok(other)) = (from.canonicalize(), library.canonicalize())
        && one == other
    {
        return Err(failed(from, "it is the library itself".to_owned()));
    }
    let former = beside(library, &format!(".replaced-{}", now.as_millis()));
    let had_library = library.exists();
    let copied = copy(from, library, (incarnation, now), || rename_all(library, &former));
    match copied {
        Ok(report) => Ok(Replaced { report, former: had_library.then_some(former) }),
        Err(error) => {
            rename_all(&former, library).map_err(|why| failed(from, format!("{error}; then {why}")))?;
            Err(error)
        }
    }
}

/// Copies the backup, gives the copy its new life, and calls `before_naming` when nothing but the name is missing.
fn copy(
    from: &Path,
    library: &Path,
    (incarnation, now): ([u8; 16], Timestamp),
    before_naming: impl FnOnce() -> Result<(), String>,
) -> Result<BackupReport, StoreError> {
    let reborn = |tx: &mut SqliteTx<'_>| {
        let (before, after) = meta::reincarnate(tx, incarnation)?;
        let detail = audit::reincarnation(&before, &after);
        let action = audit::RESTORE;
        audit::append(
            tx,
            &audit::Entry { at: now, actor: "restore", action, object: "library", detail: &detail },
        )
    };
    backup::copy(from, library, |conn| {
        reborn(&mut SqliteTx::new(conn)).map_err(|error| error.to_string())?;
        before_naming()
    })
    .map_err(|why| failed(from, why))
}

/// Renames a library and its logs, those that exist.
fn rename_all(from: &Path, to: &Path) -> Result<(), String> {
    for suffix in FILES {
        let (old, new) = (beside(from, suffix), beside(to, suffix));
        match std::fs::rename(&old, &new) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(format!("{} cannot be moved to {}: {error}", old.display(), new.display()));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn failed(from: &Path, why: String) -> StoreError {
    StoreError::Copy { doing: "restore", path: from.to_owned(), why }
}
