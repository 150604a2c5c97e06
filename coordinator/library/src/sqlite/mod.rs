//! The SQLite driver: connections, transactions, lock, migrations.

mod connection;
mod failure;
mod header;
mod lock;
mod migrate;
mod mount;
mod open;
mod read;
mod tx;
mod write;

pub(crate) use connection::{Role, check_owner, connect, inspect};
pub(crate) use header::look as look_at_header;
pub(crate) use lock::{Lock, beside};
pub(crate) use migrate::{migrate, version};
pub(crate) use mount::refuse_network;
pub(crate) use open::open;
pub(crate) use read::SqliteReads;
pub(crate) use tx::SqliteTx;
pub(crate) use write::SqliteWrites;
