//! Windows: the tool runs in a folder of its own and in a job object. Its files are not hidden, so a tool that reads
//! files by name is not let near a sample unless a person forces it.

use std::fs::File;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::environment;
use crate::engine::{Watched, watch};
use crate::job::{Job, Step, Wanted};
use crate::limits::Limits;
use crate::report::{End, Report};
use crate::sandbox::Sandbox;
use crate::scene::Scene;
use crate::stop::Stop;

/// Runs the steps one after the other.
pub(crate) fn run(sandbox: &Sandbox, job: &Job, stop: &Stop) -> Result<Report, String> {
    let scene = Scene::set(&job.files, super::user())
        .map_err(|error| format!("its files could not be written: {error}"))?;
    let mut report = sandbox.report(End::Exited(0), Duration::ZERO);
    for step in &job.steps {
        let mut command = command(&scene, step)?;
        let limits = Limits { wall: job.limits.wall.saturating_sub(report.wall), ..job.limits };
        let watched = watch(&mut command, &limits, stop).map_err(|error| error.to_string())?;
        take(&mut report, watched);
        if !report.end.is_success() {
            return Ok(report);
        }
    }
    if let Wanted::File(name) = job.wanted {
        report.result.clear();
        let most = u64::try_from(job.limits.output).unwrap_or(u64::MAX);
        File::open(scene.path().join(name))
            .and_then(|file| file.take(most).read_to_end(&mut report.result))
            .map_err(|error| format!("its result `{name}`: {error}"))?;
    }
    Ok(report)
}

fn command(scene: &Scene, step: &Step) -> Result<Command, String> {
    let stdin = match &step.stdin {
        Some(name) => {
            File::open(scene.path().join(name)).map_err(|error| format!("its input: {error}"))?.into()
        }
        None => Stdio::null(),
    };
    let mut command = Command::new(&step.program);
    command.args(&step.arguments).current_dir(scene.path()).stdin(stdin).env_clear();
    command.envs(environment(&scene.path().display().to_string()));
    // Windows programs do not start without it.
    if let Some(root) = std::env::var_os("SystemRoot") {
        command.env("SystemRoot", root);
    }
    Ok(command)
}

fn take(report: &mut Report, watched: Watched) {
    report.wall += watched.wall;
    report.said.push_str(&String::from_utf8_lossy(&watched.said));
    report.result = watched.output;
    report.end = match (watched.cut, watched.status) {
        (Some(cut), _) => cut,
        (None, Ok(status)) => status.code().map_or(End::Signalled(0), End::Exited),
        (None, Err(error)) => End::NotRun(error.to_string()),
    };
}
