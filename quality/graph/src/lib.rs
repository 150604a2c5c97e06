//! The knowledge graph without I/O: pure functions from texts to facts, and from texts and facts to findings.
//!
//! | module | answers |
//! |---|---|
//! | [`build`] | what a set of files says, whatever their order |
//! | [`extract`] | what one file of code or prose says |
//! | [`import`] | what a table of symbols, routines or somebody else's graph says |
//! | [`registers`] | which registers the SNES has |
//! | [`address`] | which place of memory an address means |
//! | [`lexicon`] | what a name means |
//! | [`text`] | which entities a text speaks of, where, and whether that agrees with the graph |

pub mod address;
pub mod build;
pub mod extract;
mod facts;
mod fold;
pub mod import;
pub mod lexicon;
pub mod registers;
pub mod text;

pub use facts::{Facts, Origin};
pub use fold::{fold, simple};
