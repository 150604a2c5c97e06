//! A library on its way from one database to another: table by table, in bounded batches, inside one transaction
//! of the target, and compared row by row before that transaction is committed.

mod copy;
mod source;
pub(crate) mod tables;
mod target;

use std::path::Path;

use hafs_proto::ContentHash;
use thiserror::Error;

use crate::address::{Address, PostgresUrl};
use crate::backup::BackupReport;
use crate::error::StoreError;
use crate::postgres::off_runtime;
use source::Source;
use target::Target;

/// How far a migration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'p> {
    /// The table that is copied.
    pub table: &'p str,
    /// Rows of it that were copied.
    pub rows: u64,
}

/// Whom a migration tells how far it is, after each batch.
pub type Listener<'l> = &'l mut (dyn FnMut(Progress<'_>) + Send);

/// A table that was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigratedTable {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// A hash over all its rows in the order of its key, the same on both sides.
    pub hash: ContentHash,
}

/// What was migrated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrateReport {
    /// Every table, in the order in which they were copied.
    pub tables: Vec<MigratedTable>,
}

impl MigrateReport {
    /// Rows of all tables.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

/// Why a library was not migrated. Both sides are as they were.
#[derive(Debug, Error)]
pub enum MigrateError {
    /// There is nothing to move.
    #[error("the library is at {0} already: give another address to migrate to")]
    Same(Address),
    /// Nothing is overwritten.
    #[error(
        "{0} is not empty, and nothing is overwritten: give a new file, or a database that was created empty"
    )]
    NotEmpty(Address),
    /// Somebody would go on writing to the old library.
    #[error(
        "{connections} connections to the library {library} are open: stop its coordinators, then migrate again"
    )]
    InUse {
        /// The library that is to be moved.
        library: Address,
        /// Connections of other processes.
        connections: u64,
    },
    /// Reading failed.
    #[error("cannot read the library {library}")]
    Source {
        /// The library that is to be moved.
        library: Address,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// Writing failed.
    #[error("cannot write the library {library}; nothing of it was kept")]
    Target {
        /// The library that was to be made.
        library: Address,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// What was written is not what was read.
    #[error(
        "the table {table} came out differently ({read} rows were read, {written} written), so nothing was kept: run `verify` \
         on the library, and report this"
    )]
    Differs {
        /// The table.
        table: String,
        /// Rows that were read.
        read: u64,
        /// Rows that are in the target.
        written: u64,
    },
}

/// Copies a whole library from one place to another that is empty, in either direction between a file and a
/// database. Nobody may write to it meanwhile. The old library stays; it is the caller's to put away, because
/// two copies of one library that are both written to cannot be brought together again. Blocks.
///
/// # Errors
/// [`MigrateError`]; the target is then as empty as it was.
pub fn migrate(from: &Address, to: &Address, progress: Listener<'_>) -> Result<MigrateReport, MigrateError> {
    if from == to {
        return Err(MigrateError::Same(from.clone()));
    }
    let moved = off_runtime(|| Ok(moved(from, to, progress)));
    moved.unwrap_or_else(|source| Err(MigrateError::Target { library: to.clone(), source }))
}

fn moved(from: &Address, to: &Address, progress: Listener<'_>) -> Result<MigrateReport, MigrateError> {
    let mut source = Source::alone(from)?;
    let mut target = Target::create(to)?;
    let outcome = copy::all((&mut source, from), (&mut target, to), progress);
    target.end(to, outcome)
}

/// Writes a library of a database to a file, which is replaced if it exists, while it is in use.
pub(crate) fn snapshot(from: &PostgresUrl, to: &Path) -> Result<BackupReport, String> {
    let written = off_runtime(|| Ok(written(&from.into(), to)));
    written.unwrap_or_else(|error| Err(error.to_string()))
}

fn written(from: &Address, to: &Path) -> Result<BackupReport, String> {
    let place = Address::from(to);
    let words = |error: MigrateError| {
        let why = std::error::Error::source(&error).map(|why| format!(": {why}")).unwrap_or_default();
        format!("{error}{why}")
    };
    let mut source = Source::snapshot(from).map_err(words)?;
    let mut target = Target::file(to).map_err(words)?;
    let outcome = copy::all((&mut source, from), (&mut target, &place), &mut |_| ());
    target.end(&place, outcome).map_err(words)?;
    let bytes = std::fs::metadata(to).map_err(|error| format!("cannot read the copy: {error}"))?.len();
    Ok(BackupReport { bytes })
}
