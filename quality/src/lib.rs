//! Everything that judges text without I/O: pure functions of their arguments, bounded in time and memory.
//!
//! | module | answers |
//! |---|---|
//! | [`reply`] | what did the teacher answer, whole or not at all |
//! | [`gates`] | is a sample fit by rules alone |
//! | [`canon`] | are two texts the same but for what nobody sees; does a text hide something |
//! | [`near`] | are two texts nearly the same |
//! | [`secrets`] | does a text give away a key or a person |
//! | [`bugs`] | how can right code be made wrong |
//! | [`rewrites`] | does a rewritten routine still do what it did |
//! | [`syntax`] | does code parse, and what units is it made of |
//! | [`sql`] | do statements parse |
//! | [`links`] | are the links of a document links |
//! | [`sections`] | what are the sections of a document |
//! | [`fences`] | what is code and what is prose in Markdown |

pub mod bugs;
pub mod canon;
pub mod fences;
pub mod gates;
pub mod links;
pub mod near;
mod phrases;
pub mod reply;
pub use hafs_asm65816::rewrites;
pub mod secrets;
pub mod sections;
pub mod sql;
pub mod syntax;
