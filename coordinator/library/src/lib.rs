//! The durable store of everything: SQL statements, the drivers for SQLite and PostgreSQL, migrations, backup
//! and verification.
//!
//! [`Library`] owns the file or the connections: one writer thread with group commit, readers. What is stored is
//! told by the free functions in [`tables`], one file for each family of tables, written over `&mut dyn Tx` so
//! that both drivers run the same statements. [`verify`] names every row that does not agree with the others.

mod address;
pub mod backup;
pub mod census;
pub mod db;
mod error;
mod lane;
mod library;
mod migrations;
mod postgres;
pub mod restore;
mod seal;
mod sqlite;
pub mod tables;
#[cfg(feature = "test-util")]
pub mod test_server;
mod transfer;
pub mod verify;

pub use address::{Address, AddressError, PostgresUrl};
pub use db::{Dialect, Row, Tx, Value};
pub use error::{Retry, StoreError};
pub use lane::LibraryMetrics;
pub use library::{Library, OpenSettings};
pub use tables::meta::Birth;
pub use transfer::{MigrateError, MigrateReport, MigratedTable, Progress, migrate};
