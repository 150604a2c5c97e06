//! The SQLite driver: one writer thread with group commit, readers, lock, migrations.

mod connection;
mod failure;
mod header;
mod job;
mod lock;
mod metrics;
mod migrate;
mod mount;
mod reader;
mod tx;
mod writer;

pub(crate) use connection::{Role, check_owner, connect, inspect};
pub(crate) use header::look as look_at_header;
pub(crate) use job::Request;
pub(crate) use lock::{Lock, beside};
pub(crate) use metrics::Counters;
pub use metrics::LibraryMetrics;
pub(crate) use migrate::{MIGRATIONS, latest, migrate, version};
pub(crate) use mount::refuse_network;
pub(crate) use reader::Readers;
pub(crate) use tx::SqliteTx;
pub(crate) use writer::{Writer, WriterSettings};
