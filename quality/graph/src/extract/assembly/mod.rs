//! What 65816 assembly says, exactly: labels, defines, macros, who calls and jumps where, who reads and writes which
//! place of memory.
//!
//! An edge is [`Exact`](hafs_proto::graph::Certainty::Exact) where the text decides it: a label, an address of 24 bits, a
//! direct page or data bank that was set just before. It is *assumed* where it holds with a direct page of 0 and a data
//! bank in which low addresses are the system's, as nearly all code has them. It is *undecided* where another file or
//! another bank decides.

mod banks;
mod names;
mod value;
mod walk;

#[cfg(test)]
mod tests;

pub use names::Known;
pub use walk::{IMPORTER, VERSION, facts};
