//! Samples.

mod detail;
mod insert;
mod made;
mod price;
mod read;

pub use detail::detail;
pub(crate) use insert::facts;
pub use insert::{Stored, free_slot, insert, quarantine, reopen};
pub use made::made;
pub(crate) use read::{COLUMNS, sample};
pub use read::{SampleFilter, awaiting, get, of_seed, page};
