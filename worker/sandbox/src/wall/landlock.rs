//! The machine's own file system, of which the kernel's Landlock shows no more than the tool needs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{environment, roots, user};
use crate::census;
use crate::job::Job;
use crate::launcher::LAUNCH;
use crate::orders::Orders;

/// Landlock without namespaces.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Landlock;

impl Landlock {
    /// The command that runs a job's launcher in its scene. None when the orders cannot be written down.
    pub(crate) fn command(
        self,
        launcher: &Path,
        job: &Job,
        (scene, nonce): (&Path, String),
    ) -> Option<Command> {
        let user = user();
        let whose = user.unwrap_or_else(|| rustix::process::geteuid().as_raw());
        let mut orders = Orders::of(job, nonce, scene.to_owned(), census::tasks_of(whose));
        orders.user = user;
        orders.view.extend(roots::system());
        orders.view.push(launcher.to_owned());
        orders.view.extend(roots::links().into_iter().map(|(link, _)| link).collect::<Vec<PathBuf>>());
        let orders = serde_json::to_string(&orders).ok()?;
        let mut command = Command::new(launcher);
        command.env_clear().current_dir(scene).stdin(Stdio::piped());
        command.envs(environment(scene.to_str()?));
        command.arg(LAUNCH).arg(orders);
        Some(command)
    }
}
