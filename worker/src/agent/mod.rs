//! The agent: events in, a pure decision, effects out.
//!
//! [`handle`] is synchronous and does nothing but decide, so tables and properties test it. The loop in `shell`
//! only builds events and runs effects.

mod backoff;
mod circuit;
mod claim;
mod deliver;
mod event;
mod leave;
mod line;
mod outbox;
mod parcel;
mod pledges;
mod routes;
mod shell;
mod sleep;
mod state;
mod status;
mod tally;
mod trouble;

#[cfg(test)]
mod absences;
#[cfg(test)]
mod batches;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tables;

pub use backoff::wait as backoff_wait;
pub use event::{Effect, Ending, Event, Moment, Notice};
pub use outbox::BatchCaps;
pub use parcel::{Fault, Kept, Parcel, ParcelKind, Spooled, Work};
pub use pledges::Pledges;
pub use shell::{Rejoin, Rotate, Shell};
pub use state::{PoolName, Rules, SpoolCaps, State, handle};
pub use status::{AwayStatus, PoolStatus, Status};
pub use tally::Tally;
pub use trouble::{Answered, CallTrouble, Meaning};
