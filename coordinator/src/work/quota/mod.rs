//! Limits and money of teachers: asked before a task is handed out, settled when its attempt has ended.
//!
//! The rule is `hafs_domain::quota`; its state is in the library, so that it is one for all coordinators and survives
//! every restart. Only teachers whose terms a worker has told are counted, so work for one's own hardware writes nothing.

mod books;
mod gates;
mod heed;
mod lanes;
mod money;
mod people;
mod reserve;

pub use books::{declare, heard_since};
pub use gates::{Closed, Gates, LOOK_AGAIN, look};
pub use heed::{End, drop_stale, end, lost, observe, released};
pub use lanes::lane;
pub use money::paid;
pub use people::{closed, list, resume};
pub use reserve::{Refused, reserve};
