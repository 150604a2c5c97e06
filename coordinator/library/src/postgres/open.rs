//! Opening a library in a database.

use super::link::connect_for_long;
use super::read::{BEGIN, PgReads};
use super::schema;
use super::session::Role;
use super::tx::PgTx;
use super::wire::Patience;
use super::write::PgWrites;
use super::{failure, vectors};
use crate::address::PostgresUrl;
use crate::db::Tx;
use crate::error::StoreError;
use crate::library::OpenSettings;

/// An open database: the side that writes and those that read.
pub(crate) struct Opened {
    pub(crate) writes: PgWrites,
    pub(crate) reads: Vec<PgReads>,
}

/// Opens the database, makes a library in it if it is empty, migrates one that is older.
pub(crate) fn open(url: &PostgresUrl, settings: &OpenSettings) -> Result<Opened, StoreError> {
    off_runtime(|| {
        let mut writes = PgWrites::open(url)?;
        let session = writes.link().current()?;
        session.wait(Patience::Endless);
        schema::settle(session, url, &settings.birth, settings.now)?;
        vectors::settle(session, url);
        session.wait(Patience::OPEN);
        let reads = (0..settings.readers.get()).map(|_| PgReads::open(url)).collect::<Result<_, _>>()?;
        Ok(Opened { writes, reads })
    })
}

/// Runs a closure on one snapshot of the library, beside the coordinators that have it open.
pub(crate) fn inspect<T: Send>(
    url: &PostgresUrl,
    closure: impl FnOnce(&mut dyn Tx) -> Result<T, StoreError> + Send,
) -> Result<T, StoreError> {
    off_runtime(|| {
        let mut session = connect_for_long(url, Role::Reader)?;
        session.batch(BEGIN).map_err(|error| failure::of(BEGIN, error))?;
        let mut tx = PgTx::read(&mut session);
        schema::check_version(&mut tx, url)?;
        closure(&mut tx)
    })
}

/// Runs a closure on a thread of its own, because connections block their thread and the caller's may belong to
/// an asynchronous runtime.
pub(crate) fn off_runtime<T: Send>(
    work: impl FnOnce() -> Result<T, StoreError> + Send,
) -> Result<T, StoreError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("library-opener".to_owned()).spawn_scoped(scope, work);
        let thread =
            thread.map_err(|error| StoreError::refused(format!("cannot start a thread: {error}")))?;
        thread.join().unwrap_or(Err(StoreError::Panicked))
    })
}
