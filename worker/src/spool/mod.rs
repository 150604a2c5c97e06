//! The spool: results on disk until the coordinator has answered, so that its absence costs no paid work.
//!
//! One file per result: a line with kind and checksum, then the JSON body exactly as it will be sent, every time.
//! A file appears whole or not at all (written beside, synced, renamed, folder synced). What cannot be read any more is
//! moved to `corrupt/`, what the coordinator refuses for good to `refused/`; nothing is dropped.

mod disk;
mod error;
mod file;
mod store;

#[cfg(test)]
mod tests;

pub(crate) use disk::{make_private_folder, write_durably};
pub use error::SpoolError;
pub use store::Spool;
