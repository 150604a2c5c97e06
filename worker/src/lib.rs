//! The worker service: agent loop, executors, generators, spool.
//!
//! A worker registers with its coordinator, claims tasks for its free slots, does them with its own teachers and
//! sources, and hands in results that were on its disk before they were first sent. It never listens on a port, and
//! no field of a task can make it run, open or fetch anything that its own configuration does not allow.

pub mod agent;
pub mod app;
pub mod client;
pub mod command;
pub mod config;
pub mod contact;
pub mod executors;
pub mod generators;
pub mod gpu;
mod join;
pub mod power;
pub mod probe;
pub mod report;
mod rotate;
#[cfg(windows)]
mod service;
pub mod settings;
pub mod spool;
mod trials;

pub use app::{BuildError, Deps, RunError, Summary, Worker, build};
pub use hafs_sandbox::launcher::take_over;

pub use executors::{Equipment, EquipmentError, EquippedTeacher, Measured, TeacherSettings};
pub use settings::{Introduction, Trust, WorkerSettings};
