//! The rules, by verb. Each takes a fresh queue and panics when it does not hold.

mod claim;
mod enqueue;
mod hold;
mod idle;
mod look;
mod reap;
mod rebuild;

pub use claim::*;
pub use enqueue::*;
pub use hold::*;
pub use idle::*;
pub use look::*;
pub use reap::*;
pub use rebuild::*;
