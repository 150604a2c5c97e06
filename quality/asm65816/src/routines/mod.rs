//! Routines with a reference: what they must compute stands in a function in Rust, and assembly that somebody writes is
//! run against it. So "it looks right" becomes "it gave the right result on two hundred inputs", in any number.
//!
//! The idea of proving code for a language that few know by running it against one that many know:
//! Source: Cassano et al., "Knowledge Transfer from High-Resource to Low-Resource Programming Languages for Code LLMs",
//! OOPSLA 2024 (arXiv 2308.09895).

mod catalogue;
mod prove;
mod references;
#[cfg(test)]
mod solutions;
mod task;
#[cfg(test)]
mod tests;
mod values;

pub use prove::{CASES, NotEncoded, Proof};
pub use task::Task;
