//! Tasks: each planned once, each closed once.

mod close;
mod insert;
mod open;
mod read;

pub use close::{Closed, bury, cancel, cancel_about, cancel_run, finish, record_tries, redrive};
pub(crate) use insert::Subject;
pub use insert::{Planned, insert};
pub use open::{OpenTask, open_each};
pub(crate) use read::{COLUMNS, FROM, stored};
pub use read::{
    StoredState, StoredTask, StoredTries, TaskFilter, get, get_many, of_sample, open_of_kind, page, state_of,
};
