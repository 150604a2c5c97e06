//! The self-test: a sandbox is trusted for what it was seen to hold.
//!
//! The probes are this program's own and run inside as a tool would; they try what a hostile input can make a compiler
//! do. A probe that could not be tried proves nothing and refuses the level as a leak does.

#[cfg(target_os = "linux")]
mod probe;
#[cfg(target_os = "linux")]
mod trial;

#[cfg(target_os = "linux")]
pub(crate) use probe::probe;

use crate::level::Level;
use crate::sandbox::Sandbox;

/// The level that a sandbox was seen to have.
///
/// # Errors
/// What it let through or could not be tried for.
#[cfg(target_os = "linux")]
pub(crate) fn passed(sandbox: &Sandbox) -> Result<Level, Vec<String>> {
    let stage =
        trial::Stage::set().map_err(|error| vec![format!("the self-test could not be set up: {error}")])?;
    stage.level(sandbox)
}

/// A job object hides no file, and says so; there is nothing to find out.
#[cfg(not(target_os = "linux"))]
pub(crate) fn passed(sandbox: &Sandbox) -> Result<Level, Vec<String>> {
    Ok(sandbox.level())
}
