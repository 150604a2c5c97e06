//! The library as the coordinator holds it.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hafs_proto::Timestamp;

use crate::backup;
use crate::db::Tx;
use crate::error::StoreError;
use crate::sqlite::{
    self, Counters, LibraryMetrics, Lock, MIGRATIONS, Readers, Request, Role, SqliteTx, Writer,
    WriterSettings,
};
use crate::tables::meta::{self, Birth};

/// How to open a library.
#[derive(Debug, Clone)]
pub struct OpenSettings {
    /// The file; it is made if it does not exist, its folder must.
    pub path: PathBuf,
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
    path: PathBuf,
    _lock: Lock,
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

impl Library {
    /// Opens a library, makes it if there is none, migrates it if it is older than this program (after a backup
    /// to `<path>.v<version>.bak`). Blocks.
    ///
    /// # Errors
    /// [`StoreError::Locked`], [`StoreError::Newer`], [`StoreError::Unusable`] or [`StoreError::Migration`],
    /// each with what to do.
    pub fn open(settings: &OpenSettings) -> Result<Self, StoreError> {
        let path = &settings.path;
        sqlite::refuse_network(path)?;
        sqlite::look_at_header(path)?;
        let lock = Lock::take(path)?;
        sqlite::check_owner(path, sqlite::latest(MIGRATIONS))?;
        let mut conn = sqlite::connect(path, Role::Writer)?;
        let from = sqlite::version(&conn, path, sqlite::latest(MIGRATIONS))?;
        if from > 0 && from < sqlite::latest(MIGRATIONS) {
            backup::backup(path, &sqlite::beside(path, &format!(".v{from}.bak")))?;
        }
        sqlite::migrate(&mut conn, path, MIGRATIONS, settings.now)?;
        meta::settle(&mut SqliteTx::new(&conn), &settings.birth, settings.now)?;
        let counters = Arc::new(Counters::default());
        let readers = Readers::start(path, settings.readers.get(), &counters)?;
        let writer = Writer::start(conn, WriterSettings::default(), Arc::clone(&counters))
            .map_err(|error| StoreError::unusable(path, format!("cannot start a thread: {error}")))?;
        Ok(Self { inner: Arc::new(Inner { readers, writer, counters, path: path.clone(), _lock: lock }) })
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
    /// renamed. See [`crate::backup`].
    ///
    /// # Errors
    /// [`StoreError::Copy`].
    pub async fn backup(&self, to: &Path) -> Result<backup::BackupReport, StoreError> {
        let (from, to) = (self.inner.path.clone(), to.to_owned());
        tokio::task::spawn_blocking(move || backup::backup(&from, &to))
            .await
            .unwrap_or(Err(StoreError::Panicked))
    }

    /// Runs a closure on the library or backup at `path` without opening it: read-only, beside a process that
    /// has it open. For `verify` and `doctor`. Blocks.
    ///
    /// # Errors
    /// The closure's error, [`StoreError::Unusable`] when there is no library of this program's version.
    pub fn inspect<T>(
        path: &Path,
        closure: impl FnOnce(&mut dyn Tx) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let conn = sqlite::inspect(path, sqlite::latest(MIGRATIONS))?;
        closure(&mut SqliteTx::new(&conn))
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// What the library has counted about itself since it was opened.
    #[must_use]
    pub fn metrics(&self) -> LibraryMetrics {
        self.inner.counters.snapshot()
    }
}
