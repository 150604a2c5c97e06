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

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let context = context::Context::new(cli.global);
    match commands::run(&context, cli.command).await {
        Ok(exit) => exit.into(),
        Err(failure) => {
            context.out.failure(&failure);
            failure.exit.into()
        }
    }
}
