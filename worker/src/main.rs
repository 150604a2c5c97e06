//! The worker service.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use hafs_worker::command::{Args, run};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Also before logging is set up, and readable by people: the whole chain on one line.
            let _ = writeln!(std::io::stderr(), "hafs-worker: {error:#}");
            ExitCode::FAILURE
        }
    }
}
