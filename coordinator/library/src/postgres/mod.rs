//! The PostgreSQL driver: connections that are driven by the thread that uses them, the same statements, the
//! same one-write-after-the-other semantics as the file has.

mod failure;
mod link;
mod open;
mod read;
mod schema;
mod session;
mod sql;
mod tx;
mod value;
mod vectors;
mod wire;
mod write;

pub(crate) use failure::of as failure_of;
pub(crate) use link::connect_for_long;
pub(crate) use open::{inspect, off_runtime, open};
pub(crate) use read::BEGIN as BEGIN_READ;
pub(crate) use schema::{check_version, create, is_empty};
pub(crate) use session::{Role, Session};
pub(crate) use tx::PgTx;
pub(crate) use vectors::indexed;
pub(crate) use wire::{APPLICATION, LOCK};
