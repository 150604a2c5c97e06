//! `completions`: for the shell.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Print completions for a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  hafs-factory completions bash > ~/.local/share/bash-completion/completions/hafs-factory
  hafs-factory completions fish > ~/.config/fish/completions/hafs-factory.fish")]
pub struct Args {
    /// The shell.
    shell: Shell,
}

/// Prints them.
///
/// # Errors
/// [`Failure`] when standard output cannot be written to.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "hafs-factory", &mut script);
    context.out.text(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
