//! The spool: results on disk until the coordinator has answered, so that its absence costs no paid work; and replies
//! until they are part of a result.
//!
//! A log in numbered segments of some megabytes, of one line an entry. Entries that arrive together share one sync.
//! What is answered is struck out without one, and a segment in which nothing is left is deleted: what a power cut
//! brings back is sent again under its key and gets its answer again. What cannot be read any more is copied to
//! `corrupt/`, what the coordinator refuses for good to `refused/`; nothing is dropped.

mod disk;
mod error;
mod file;
mod index;
mod journal;
mod line;
mod log;
mod parcel;
mod segments;
mod store;

#[cfg(test)]
mod tests;

pub(crate) use disk::{make_private_folder, write_durably};
pub use error::SpoolError;
pub use journal::{Journal, PaidReply};
pub use store::Spool;
