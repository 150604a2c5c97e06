//! Whole-system tests, contract tests and benchmarks. Nothing depends on this crate.
//!
//! This library holds what they share: a scripted teacher for determinism and faults, and real processes that
//! can be killed.

pub mod bench;
pub mod browser;
pub mod cache;
pub mod call;
pub mod client;
pub mod dice;
pub mod disk;
pub mod engine;
pub mod far;
pub mod person;
pub mod plant;
pub mod process;
pub mod scripted;
pub mod simulate;
pub mod stock;
