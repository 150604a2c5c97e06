//! `openapi`: the description of the coordinator's API.

use hafs_coordinator::http::router;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Prints it; it is JSON with or without `--json`.
///
/// # Errors
/// [`Failure`] when standard output cannot be written to.
pub fn run(context: &Context) -> Result<Exit, Failure> {
    context.out.text(&router::openapi().to_pretty_json()?)?;
    Ok(Exit::Done)
}
