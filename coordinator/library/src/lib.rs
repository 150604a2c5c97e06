//! The durable store of everything: SQL statements, the SQLite driver, migrations, backup and verification.
//!
//! [`Library`] owns the file: one writer thread with group commit, readers, the lock. What is stored is told by
//! the free functions in [`tables`], one file for each family of tables, written over `&mut dyn Tx` so that a
//! second driver can run the same statements. [`verify`] names every row that does not agree with the others.

pub mod backup;
pub mod db;
mod error;
mod library;
pub mod restore;
mod seal;
mod sqlite;
pub mod tables;
pub mod verify;

pub use db::{Row, Tx, Value};
pub use error::{Retry, StoreError};
pub use library::{Library, OpenSettings};
pub use sqlite::LibraryMetrics;
pub use tables::meta::Birth;
