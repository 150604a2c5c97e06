//! The part of the sandbox that runs inside: it gives up every right that the tool does not need, calls the tool, and
//! says at the end how that went.
//!
//! It is the program itself, called with a first argument that no person types. A program that uses a
//! [`Sandbox`](crate::Sandbox) calls [`take_over`] first thing in `main`, before it has threads.

#[cfg(target_os = "linux")]
mod confine;
#[cfg(target_os = "linux")]
mod filter;
#[cfg(target_os = "linux")]
mod leash;
#[cfg(target_os = "linux")]
mod steps;

use std::process::ExitCode;

/// The first argument that makes a program a launcher.
pub(crate) const LAUNCH: &str = "__hafs-sandbox-launch";
/// The first argument that makes it a probe of the self-test.
pub(crate) const PROBE: &str = "__hafs-sandbox-probe";

/// Becomes the launcher when the program was called as one, and returns its exit code at the end. None: the program
/// goes on as itself.
#[must_use]
pub fn take_over() -> Option<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next()?.as_str() {
        LAUNCH => Some(launch(arguments.next().as_deref())),
        PROBE => Some(probe(&arguments.collect::<Vec<_>>())),
        _ => None,
    }
}

#[cfg(target_os = "linux")]
fn launch(orders: Option<&str>) -> ExitCode {
    use std::io::Write as _;

    use crate::orders::{LastWords, Orders};
    use crate::report::End;

    // Without orders there is nothing to sign last words with, and the outside takes silence for a failure.
    let Some(orders) = orders.and_then(|text| serde_json::from_str::<Orders>(text).ok()) else {
        return ExitCode::FAILURE;
    };
    let confined = confine::confine(&orders).and_then(|landlock| leash::tie().map(|()| landlock));
    let words = match confined {
        Ok(landlock) => LastWords { end: steps::run(&orders), landlock },
        Err(why) => LastWords { end: End::NotRun(why), landlock: false },
    };
    // Nobody is left to tell when this fails; the outside takes silence for a failure.
    let _ = std::io::stderr().write_all(words.line(&orders.nonce).as_bytes());
    if words.end.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(target_os = "linux")]
fn probe(arguments: &[String]) -> ExitCode {
    crate::selftest::probe(arguments);
    ExitCode::SUCCESS
}

#[cfg(not(target_os = "linux"))]
fn launch(_: Option<&str>) -> ExitCode {
    ExitCode::FAILURE
}

#[cfg(not(target_os = "linux"))]
fn probe(_: &[String]) -> ExitCode {
    ExitCode::FAILURE
}
