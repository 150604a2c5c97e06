//! Opening a library file.

use std::path::Path;

use super::{
    Lock, Role, SqliteReads, SqliteTx, SqliteWrites, beside, check_owner, connect, look_at_header, migrate,
    refuse_network, version,
};
use crate::backup;
use crate::error::StoreError;
use crate::library::OpenSettings;
use crate::migrations::{MIGRATIONS, latest};
use crate::tables::meta;

/// An open file: its lock, the side that writes and those that read.
pub(crate) struct Opened {
    pub(crate) lock: Lock,
    pub(crate) writes: SqliteWrites,
    pub(crate) reads: Vec<SqliteReads>,
}

/// Opens the file, makes it if there is none, migrates it if it is older (after a backup).
pub(crate) fn open(path: &Path, settings: &OpenSettings) -> Result<Opened, StoreError> {
    refuse_network(path)?;
    look_at_header(path)?;
    let lock = Lock::take(path)?;
    check_owner(path, latest(MIGRATIONS))?;
    let mut conn = connect(path, Role::Writer)?;
    let from = version(&conn, path, latest(MIGRATIONS))?;
    if from > 0 && from < latest(MIGRATIONS) {
        backup::backup(path, &beside(path, &format!(".v{from}.bak")))?;
    }
    migrate(&mut conn, path, MIGRATIONS, settings.now)?;
    meta::settle(&mut SqliteTx::new(&conn), &settings.birth, settings.now)?;
    let reader = |_| connect(path, Role::Reader).map(SqliteReads);
    let reads = (0..settings.readers.get()).map(reader).collect::<Result<_, _>>()?;
    Ok(Opened { lock, writes: SqliteWrites::new(conn), reads })
}
