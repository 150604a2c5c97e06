//! Quarantines: acts that set samples aside afterwards, carried out in batches and taken back by their own record.

mod choose;
mod lift;
mod mark;
mod record;
mod verdicts;

pub(crate) use choose::members;
pub use choose::{Preview, preview, samples_after, verdicts_after};
pub use lift::{Lifted, lift_sample, marked_after, voided_after};
pub(crate) use mark::mark_facts;
pub use mark::{Before, children, set_aside};
pub(crate) use record::{COLUMNS, facts, stored};
pub use record::{Place, Stage, StoredQuarantine, get, insert, list, save, standing_of, under_way};
pub use verdicts::{count_again, void};
