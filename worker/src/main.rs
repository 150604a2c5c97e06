//! The worker service.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use hafs_worker::command::{Args, run};

fn main() -> ExitCode {
    // As the launcher inside a sandbox it is another program, and has no threads yet.
    hafs_worker::take_over().unwrap_or_else(work)
}

fn work() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Also before logging is set up, and readable by people: the whole chain on one line.
            let _ = writeln!(std::io::stderr(), "hafs-worker: {error:#}");
            ExitCode::FAILURE
        }
    }
}
