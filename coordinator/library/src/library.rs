//! The library as the coordinator holds it.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use hafs_proto::Timestamp;

use crate::address::Address;
use crate::backup;
use crate::db::Tx;
use crate::error::StoreError;
use crate::lane::{Counters, LibraryMetrics, ReadSide, Readers, Request, WriteSide, Writer, WriterSettings};
use crate::migrations::{MIGRATIONS, latest};
use crate::postgres;
use crate::sqlite::{self, Lock, SqliteTx};
use crate::tables::meta::Birth;

/// How to open a library.
#[derive(Debug, Clone)]
pub struct OpenSettings {
    /// A file, which is made if it does not exist (its folder must), or a database of a PostgreSQL server.
    pub address: Address,
    /// Read-only connections.
    pub readers: NonZeroUsize,
    /// What a new library gets; an existing one keeps its own.
    pub birth: Birth,
    /// Now.
    pub now: Timestamp,
}

/// The durable store of everything. Clones share one writer and the readers; the file is closed, and its lock
/// given back, when the last clone is dropped.
#[derive(Clone)]
pub struct Library {
    inner: Arc<Inner>,
}

// Fields are dropped in this order: readers, writer, then the lock.
struct Inner {
    readers: Readers,
    writer: Writer,
    counters: Arc<Counters>,
    address: Address,
    _lock: Option<Lock>,
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library").field("address", &self.inner.address).finish_non_exhaustive()
    }
}

impl Library {
    /// Opens a library, makes it if there is none, migrates it if it is older than this program (a file after a
    /// backup to `<path>.v<version>.bak`). Blocks.
    ///
    /// # Errors
    /// [`StoreError::Locked`], [`StoreError::Newer`], [`StoreError::Unusable`], [`StoreError::Migration`] or
    /// [`StoreError::Unavailable`], each with what to do.
    pub fn open(settings: &OpenSettings) -> Result<Self, StoreError> {
        match &settings.address {
            Address::File(path) => {
                let opened = sqlite::open(path, settings)?;
                Self::start(&settings.address, opened.writes, opened.reads, Some(opened.lock))
            }
            Address::Postgres(url) => {
                let opened = postgres::open(url, settings)?;
                Self::start(&settings.address, opened.writes, opened.reads, None)
            }
        }
    }

    fn start(
        address: &Address,
        writes: impl WriteSide,
        reads: Vec<impl ReadSide>,
        lock: Option<Lock>,
    ) -> Result<Self, StoreError> {
        let no_thread = |error| StoreError::unusable(address, format!("cannot start a thread: {error}"));
        let counters = Arc::new(Counters::default());
        let readers = Readers::start(reads, &counters).map_err(no_thread)?;
        let writer =
            Writer::start(writes, WriterSettings::default(), Arc::clone(&counters)).map_err(no_thread)?;
        let inner = Inner { readers, writer, counters, address: address.clone(), _lock: lock };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Runs a closure in a transaction of the writer. It returns only after the commit that holds its changes
    /// is on disk; if the closure fails, its changes alone are undone.
    ///
    /// # Errors
    /// The closure's error, [`StoreError::Overloaded`] when 2 000 writes wait, or why the commit failed.
    pub async fn write<T, F>(&self, closure: F) -> Result<T, StoreError>
    where
        F: FnOnce(&mut dyn Tx) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.try_write(closure).await
    }

    /// As [`Library::write`], for closures with an error of their own that must undo their changes.
    ///
    /// # Errors
    /// As [`Library::write`].
    pub async fn try_write<T, E, F>(&self, closure: F) -> Result<T, E>
    where
        F: FnOnce(&mut dyn Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (request, answer) = Request::new(closure);
        self.inner.writer.submit(Box::new(request))?;
        answer.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// Runs a closure on a read-only connection. It sees one snapshot of everything committed.
    ///
    /// # Errors
    /// The closure's error, or [`StoreError::Overloaded`] when 2 000 reads wait.
    pub async fn read<T, F>(&self, closure: F) -> Result<T, StoreError>
    where
        F: FnOnce(&mut dyn Tx) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let (request, answer) = Request::new(closure);
        self.inner.readers.submit(Box::new(request))?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Copies the library to a file while it is in use: to a temporary file beside it, checked, flushed, then
    /// renamed. The copy is a library file, whatever the library itself is kept in. See [`crate::backup`].
    ///
    /// # Errors
    /// [`StoreError::Copy`].
    pub async fn backup(&self, to: &Path) -> Result<backup::BackupReport, StoreError> {
        let (from, to) = (self.inner.address.clone(), to.to_owned());
        tokio::task::spawn_blocking(move || backup::backup(from, &to))
            .await
            .unwrap_or(Err(StoreError::Panicked))
    }

    /// Runs a closure on a library or backup without opening it: read-only, beside a process that has it open.
    /// For `verify` and `doctor`. Blocks.
    ///
    /// # Errors
    /// The closure's error, [`StoreError::Unusable`] when there is no library of this program's version.
    pub fn inspect<T: Send>(
        address: impl Into<Address>,
        closure: impl FnOnce(&mut dyn Tx) -> Result<T, StoreError> + Send,
    ) -> Result<T, StoreError> {
        match address.into() {
            Address::File(path) => {
                let conn = sqlite::inspect(&path, latest(MIGRATIONS))?;
                closure(&mut SqliteTx::new(&conn))
            }
            Address::Postgres(url) => postgres::inspect(&url, closure),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.inner.address
    }

    /// What the library has counted about itself since it was opened.
    #[must_use]
    pub fn metrics(&self) -> LibraryMetrics {
        self.inner.counters.snapshot()
    }
}
