//! JSON schemas as automata, so that a model can only write what fits.
//!
//! A [`Grammar`] is compiled once from a schema; a [`Automaton`] walks it byte by byte beside the reply. It
//! accepts exactly the compact or lightly spaced JSON texts that fit, with the properties in the schema's order.

mod automaton;
mod closing;
mod compile;
mod frame;
mod number;
mod text;

pub(crate) use automaton::Automaton;
pub(crate) use closing::Closing;
pub(crate) use compile::Grammar;
