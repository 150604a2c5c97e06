//! Rechecks: what is looked at again, how far that is, and what came of it.

mod choose;
mod record;

pub use choose::{count, is_held, samples_after};
pub(crate) use record::{COLUMNS, facts, stored};
pub use record::{StoredRecheck, get, insert, list, note_changed, of_task, save, take_task, under_way};
