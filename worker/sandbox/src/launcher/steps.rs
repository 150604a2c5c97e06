//! Calling the tools.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};

use crate::job::Step;
use crate::orders::Orders;
use crate::report::End;

/// Runs the steps until one fails, then hands the result out.
pub(super) fn run(orders: &Orders) -> End {
    for (nth, step) in orders.steps.iter().enumerate() {
        let is_wanted = orders.result.is_none() && nth + 1 == orders.steps.len();
        match call(orders, step, is_wanted) {
            Ok(status) if status.success() => {}
            Ok(status) => return ending(status),
            Err(why) => return End::NotRun(why),
        }
    }
    match &orders.result {
        Some(name) => hand_out(orders, name),
        None => End::Exited(0),
    }
}

/// Calls one step. Only the output that is wanted goes to standard output; the rest is what the tool says.
fn call(orders: &Orders, step: &Step, is_wanted: bool) -> Result<ExitStatus, String> {
    let broken = |what: &str, error: io::Error| format!("{what}: {error}");
    let stdin = match &step.stdin {
        Some(name) => {
            let path = orders.folder.join(name);
            Stdio::from(File::open(path).map_err(|error| broken("its input", error))?)
        }
        None => Stdio::null(),
    };
    let stdout = if is_wanted { Stdio::inherit() } else { Stdio::from(io::stderr()) };
    Command::new(&step.program)
        .args(&step.arguments)
        .current_dir(&orders.folder)
        .stdin(stdin)
        .stdout(stdout)
        .status()
        .map_err(|error| broken(&step.program.display().to_string(), error))
}

fn ending(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exited(code),
        (None, Some(signal)) => End::Signalled(signal),
        (None, None) => End::NotRun("it ended in a way that the system does not know".to_owned()),
    }
}

/// Writes the wanted file to standard output, at most one byte more than allowed, so that too much is noticed.
fn hand_out(orders: &Orders, name: &str) -> End {
    let most = u64::try_from(orders.output).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let read = File::open(orders.folder.join(name)).and_then(|file| file.take(most).read_to_end(&mut bytes));
    let mut out = io::stdout();
    match read.and_then(|_| out.write_all(&bytes)).and_then(|()| out.flush()) {
        Ok(()) => End::Exited(0),
        Err(error) => End::NotRun(format!("its result `{name}`: {error}")),
    }
}
