//! What is known at every place of a program: the widths of the registers and what lies on the stack. Followed over
//! every way that control can take; what differs between two ways is unknown, and nothing is said of the unknown.

mod graph;
mod report;
mod state;
mod summary;
mod transfer;

#[cfg(test)]
mod tests;

pub(crate) use report::Bytes;
pub use report::{Flow, flow};
pub use state::Bit;
