//! Checks of samples that need a program of this machine: a compiler, an assembler, or somebody's own.
//!
//! Each is a [`Validator`], and each runs its program in the [sandbox](hafs_sandbox). Which there are is said by the
//! worker's configuration alone: a task names a validator, and no field of it can name a program, an argument or a path.
//!
//! | module | validator |
//! |---|---|
//! | `cpp` | `g++` or `clang++` look at the C++ of an answer, in the surroundings that fit it best |
//! | `assembler` | `ca65` or `asar` assemble its 65816 code, and the bytes are compared with our own encoder's |
//! | `links` | links of its answer that stay in the source lead to files and headings that are there; no program runs |
//! | `program` | a program of one's own, JSON in and JSON out |
//!
//! A tool that is missing, breaks, or is cut off says nothing about a sample: the outcome is *unchecked*, never passed.

mod assembler;
mod bait;
mod cpp;
mod equip;
mod findings;
mod links;
mod place;
mod program;
mod settings;
mod validator;

pub use equip::{Equipped, equip, equip_in};
pub use settings::{ValidatorKind, ValidatorSettings};
pub use validator::{Examined, Validator};
