//! The launcher as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    hafs_sandbox::launcher::take_over().unwrap_or(ExitCode::FAILURE)
}
