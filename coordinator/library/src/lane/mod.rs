//! How callers' closures reach a database and their answers come back: one writer with group commit, several
//! readers. What the database does for them is behind [`WriteSide`] and [`ReadSide`].

mod job;
mod metrics;
mod reader;
mod writer;

pub(crate) use job::{Changes, Job, Request};
pub(crate) use metrics::Counters;
pub use metrics::LibraryMetrics;
pub(crate) use reader::{ReadSide, Readers};
pub(crate) use writer::{WriteSide, Writer, WriterSettings};
