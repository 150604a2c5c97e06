//! `watch`: what happens, as it happens: a view that fills the terminal, or one line an event.

mod facts;
mod keyboard;
mod log;
mod panes;
mod press;
mod render;
mod screen;
mod state;
mod stream;
#[cfg(test)]
mod tests;

use std::io::{IsTerminal as _, stdin, stdout};

use hafs_proto::RunId;

use crate::api::running;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::Audience;

/// Follow what happens in a running factory.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  hafs-factory watch
  hafs-factory watch --plain
  hafs-factory watch --run run_0198c0de… --json

At a terminal it is a view of the whole factory; `?` lists its keys. Into a file or a pipe, with --plain and with
--json it is one line an event. NO_COLOR is honoured.")]
pub struct Args {
    /// Only this run.
    #[arg(long)]
    run: Option<RunId>,
    /// One line an event, also at a terminal.
    #[arg(long)]
    plain: bool,
}

/// Follows until the coordinator stops or the reader does.
///
/// # Errors
/// [`Failure`] when nothing runs or the connection breaks.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    let Some(api) = running(context, &config).await? else {
        return Err(Failure::new(Exit::Failed, "no factory is running on this library")
            .remedy("start one with `hafs-factory run`; `hafs-factory status` shows what there is"));
    };
    let at_a_terminal = stdout().is_terminal() && stdin().is_terminal();
    if args.plain || !at_a_terminal || context.out.audience() == Audience::Programs {
        return stream::follow(context, &api, args.run).await;
    }
    screen::show(context, &api, args.run).await
}
