//! A processor that runs: registers, a bus, one step at a time. A program that never ends is a result like any other,
//! because every run is bounded by steps.

mod address;
mod arithmetic;
mod bus;
mod execute;
mod memory;
mod registers;
mod run;
mod stack;
mod transfer;

#[cfg(test)]
mod tests;

pub use bus::Bus;
pub use execute::{Cpu, Halt};
pub use memory::{Access, Map, Memory};
pub use registers::Registers;
pub(crate) use run::mix;
pub use run::{End, Run, run};
