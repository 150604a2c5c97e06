//! `hafs-factory`: the one program for people.

mod api;
mod cli;
mod commands;
mod compose;
mod context;
mod exit;
mod failure;
mod out;
mod text;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

fn main() -> ExitCode {
    // As the launcher inside a sandbox it is another program, and has no threads yet.
    hafs_worker::take_over().unwrap_or_else(work)
}

#[tokio::main]
async fn work() -> ExitCode {
    let cli = cli::Cli::parse();
    if cli.global.csv && !cli.command.is_list() {
        let what = "`--csv` is for lists, such as `samples list`: use --json";
        clap::Command::error(&mut cli::Cli::command(), clap::error::ErrorKind::ArgumentConflict, what).exit();
    }
    let context = context::Context::new(cli.global);
    match commands::run(&context, cli.command).await {
        Ok(exit) => exit.into(),
        Err(failure) => {
            context.out.failure(&failure);
            failure.exit.into()
        }
    }
}
