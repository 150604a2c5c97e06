//! Runs one host tool (a compiler, an assembler, somebody's validator) on one input, so that neither the tool nor what a
//! model wrote can read, change or exhaust the machine.
//!
//! | module | answers |
//! |---|---|
//! | [`Job`] | what is run: steps, files of fixed names, limits |
//! | [`Overlay`] | a folder of the host as it is but for one file |
//! | [`Sandbox`] | where: the strongest walls that this machine has and that passed the self-test |
//! | [`Report`] | what came of it; anything but [`End::Exited`] says nothing about the input |
//! | [`Level`] | which walls stood, recorded with every result |
//! | [`launcher`] | the part that runs inside, before the tool |
//!
//! A sandbox is trusted for what it was seen to hold: [`Sandbox::open`] tries real leaks (files, links, pipes, network,
//! fork, memory and output bombs, survivors) and refuses a level when one succeeds.

mod census;
mod engine;
mod job;
mod kin;
pub mod launcher;
mod level;
mod limits;
#[cfg(target_os = "linux")]
mod orders;
mod overlay;
mod report;
mod sandbox;
mod scene;
mod selftest;
mod stop;
mod tether;
mod tool;
mod wall;

pub use job::{InputFile, Job, Step, Wanted};
pub use kin::bind_children;
pub use level::Level;
pub use limits::Limits;
pub use overlay::Overlay;
pub use report::{End, Report};
pub use sandbox::{Refusal, Sandbox};
pub use stop::Stop;
pub use tool::{Tool, ToolError};
