//! 65816 assembly without I/O.
//!
//! | module | answers |
//! |---|---|
//! | [`opcodes`] | which instructions there are, how long, how slow, which flags |
//! | [`syntax`] | what a text in the asar, ca65 or WLA-DX dialect says |
//! | [`units`] | which routines a file has |
//! | [`names`] | what its names stand for |
//! | [`encode`] | which bytes it means, and which operands mean none |
//! | [`flow`] | which widths hold where, and what lies on the stack |
//! | [`machine`] | what it does when it runs |
//! | [`equivalent`] | whether two snippets do the same |
//! | [`mistakes`] | which mistakes can be made in it, and whether they matter |
//! | [`registers`] | where the devices of the SNES are |
//! | [`rewrites`] | whether a rewritten routine still does what it did, faster or with a hook |
//! | [`routines`] | whether it computes what a reference computes |
//! | [`check`] | all that is certainly wrong with it |
//! | [`diagnose`] | what a finding is |
//!
//! Everything here is linear in its text, bounded in memory, and answers garbage with a diagnostic.

pub mod check;
pub mod diagnose;
pub mod encode;
pub mod equivalent;
pub mod flow;
pub mod machine;
pub mod mistakes;
pub mod names;
pub mod opcodes;
pub mod registers;
pub mod rewrites;
pub mod routines;
mod stand_ins;
pub mod syntax;
pub mod units;
