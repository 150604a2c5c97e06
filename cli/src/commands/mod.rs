//! The commands, one a file.

pub mod audit;
pub mod backup;
pub mod completions;
pub mod config;
pub mod doctor;
pub mod export;
pub mod exports;
pub mod graph;
pub mod init;
pub mod migrate;
pub mod model;
pub mod openapi;
pub mod plan;
pub mod quarantine;
pub mod recheck;
pub mod redrive;
pub mod restore;
pub mod review;
pub mod run;
pub mod runs;
pub mod samples;
pub mod seeds;
pub mod start;
pub mod status;
pub mod support;
pub mod tasks;
pub mod teachers;
pub mod token;
pub mod verify;
pub mod watch;
pub mod web;
pub mod why;
pub mod worker;
pub mod workers;

use crate::cli::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Runs a command.
///
/// # Errors
/// [`Failure`] with what to say and the exit code.
pub async fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    if !command.asks_a_coordinator() {
        context.refuse_remote()?;
    }
    match command {
        Command::Init(args) => init::run(context, &args),
        Command::Run(args) => run::run(context, &args).await,
        Command::Status => status::run(context).await,
        Command::Watch(args) => watch::run(context, &args).await,
        Command::Runs(command) => runs::run(context, command).await,
        Command::Samples(command) => samples::run(context, command).await,
        Command::Seeds(command) => seeds::run(context, command).await,
        Command::Tasks(command) => tasks::run(context, command).await,
        Command::Why(args) => why::run(context, &args).await,
        Command::Workers(command) => workers::run(context, command).await,
        Command::Teachers(command) => teachers::run(context, command).await,
        Command::Plan(args) => plan::run(context, &args).await,
        Command::Export(args) => export::run(context, args).await,
        Command::Exports(command) => exports::run(context, command).await,
        Command::Quarantine(args) => quarantine::run(context, args).await,
        Command::Recheck(args) => recheck::run(context, args).await,
        Command::Review(args) => review::run(context, args).await,
        Command::Audit(command) => audit::run(context, command).await,
        Command::Graph(command) => graph::run(context, command).await,
        Command::Verify(args) => verify::run(context, &args).await,
        Command::Support(args) => support::run(context, &args).await,
        Command::Doctor(args) => doctor::run(context, &args).await,
        Command::Backup(args) => backup::run(context, &args).await,
        Command::Restore(args) => restore::run(context, &args).await,
        Command::Migrate(args) => migrate::run(context, &args).await,
        Command::Config(command) => config::run(context, &command),
        Command::Model(command) => model::run(context, command).await,
        Command::Token(command) => token::run(context, command).await,
        Command::Web(args) => web::run(context, &args).await,
        Command::Worker(args) => worker::run(context, args).await,
        Command::Completions(args) => completions::run(context, &args),
        Command::Openapi => openapi::run(context),
    }
}

impl Command {
    /// Whether `--at` means anything to it. The others read or write files of this machine.
    const fn asks_a_coordinator(&self) -> bool {
        match self {
            Self::Status
            | Self::Watch(_)
            | Self::Runs(_)
            | Self::Samples(_)
            | Self::Seeds(_)
            | Self::Tasks(_)
            | Self::Why(_)
            | Self::Workers(_)
            | Self::Teachers(_)
            | Self::Plan(_)
            | Self::Export(_)
            | Self::Exports(_)
            | Self::Quarantine(_)
            | Self::Recheck(_)
            | Self::Review(_)
            | Self::Audit(_)
            | Self::Graph(_)
            | Self::Token(_)
            | Self::Web(_) => true,
            Self::Init(_)
            | Self::Run(_)
            | Self::Verify(_)
            | Self::Doctor(_)
            | Self::Support(_)
            | Self::Backup(_)
            | Self::Migrate(_)
            | Self::Restore(_)
            | Self::Config(_)
            | Self::Model(_)
            | Self::Worker(_)
            | Self::Completions(_)
            | Self::Openapi => false,
        }
    }
}
