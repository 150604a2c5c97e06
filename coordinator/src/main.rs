//! `hafs-coordinator`: plans work, keeps the library, decides. Workers connect to it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use hafs_coordinator::launch;

/// Plans work, keeps the library, decides. Workers connect to it.
#[derive(Debug, Parser)]
#[command(version, after_help = "Example:\n  hafs-coordinator --config hafs.toml")]
struct Args {
    /// Configuration file; without it every value has its default.
    #[arg(long, env = "HAFS_CONFIG")]
    config: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match launch::run(args.config.as_deref()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            launch::report(&error);
            ExitCode::from(launch::exit_code(&error))
        }
    }
}
