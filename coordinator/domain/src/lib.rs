//! Every decision of the coordinator, pure and synchronous: no clock, no randomness, no I/O.
//!
//! One rule, one file: what a failure leads to ([`retry`]), how a task moves ([`task`]), why a worker idles
//! ([`idle`]).

pub mod idle;
pub mod retry;
pub mod task;
