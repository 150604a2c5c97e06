//! A backup's way back to being the library.

use std::path::Path;

use hafs_proto::Timestamp;

use crate::backup::{self, BackupReport};
use crate::error::StoreError;
use crate::sqlite::{Lock, SqliteTx};
use crate::tables::{audit, meta};

/// Makes a library out of a backup. The new library has a new incarnation and a queue generation that no lease
/// of the lost time can have, so what workers hold is fenced; the lease key is kept, so what they spooled is
/// still provably theirs and can be handed in. Blocks.
///
/// # Errors
/// [`StoreError::Locked`] when a process has the library open, [`StoreError::Copy`] when there already is a
/// file (nothing is overwritten) or the backup is not a whole library.
pub fn restore(
    from: &Path,
    library: &Path,
    incarnation: [u8; 16],
    now: Timestamp,
) -> Result<BackupReport, StoreError> {
    let failed = |why: String| StoreError::Copy { doing: "restore", path: from.to_owned(), why };
    let _lock = Lock::take(library)?;
    if library.exists() {
        return Err(failed(format!(
            "{} exists: move it away first, nothing is overwritten",
            library.display()
        )));
    }
    let reborn = |tx: &mut SqliteTx<'_>| {
        meta::reincarnate(tx, incarnation)?;
        audit::append(
            tx,
            &audit::Entry { at: now, actor: "restore", action: "restore", object: "library", detail: "" },
        )
    };
    backup::copy(from, library, |conn| {
        reborn(&mut SqliteTx::new(conn)).map(drop).map_err(|error| error.to_string())
    })
    .map_err(failed)
}
