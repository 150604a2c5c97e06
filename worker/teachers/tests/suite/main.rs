//! Whole adapters: real recordings, scripted faults, and the embedded engine with real weights.

#![cfg_attr(feature = "embedded", expect(clippy::print_stdout, reason = "what was skipped has to be seen"))]

#[cfg(feature = "embedded")]
mod engine;
mod faults;
mod pull;
mod support;
mod wire;
