//! `hafs-coordinator`: plans work, keeps the library, decides. Workers connect to it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use hafs_coordinator::{launch, probe};

/// Plans work, keeps the library, decides. Workers connect to it.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:\n  hafs-coordinator --config hafs.toml\n  hafs-coordinator health"
)]
struct Args {
    /// Configuration file; without it every value has its default.
    #[arg(long, env = "HAFS_CONFIG", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    question: Option<Question>,
}

/// What can be asked instead of serving.
#[derive(Debug, Subcommand)]
enum Question {
    /// Whether the coordinator of this configuration is ready: ends with 0, or says what is not well and ends with 1.
    Health,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let config = args.config.as_deref();
    match args.question {
        None => serve(config).await,
        Some(Question::Health) => health(config).await,
    }
}

async fn serve(config: Option<&Path>) -> ExitCode {
    match launch::run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            launch::report(&error);
            ExitCode::from(launch::exit_code(&error))
        }
    }
}

async fn health(config: Option<&Path>) -> ExitCode {
    match probe::ask(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            launch::report(&error);
            ExitCode::FAILURE
        }
    }
}
