//! A file system, a process table, a network and a host name of its own, by bubblewrap.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{environment, roots, user};
use crate::census;
use crate::job::Job;
use crate::launcher::LAUNCH;
use crate::orders::Orders;

/// The tool's folder inside.
const FOLDER: &str = "/box";
/// Where the launcher is inside.
pub(crate) const LAUNCHER: &str = "/launcher";
/// Where the program is looked for. Not by `PATH`: whoever can set that could name another.
const PLACES: &[&str] = &["/usr/bin/bwrap", "/bin/bwrap", "/usr/local/bin/bwrap"];

/// Namespaces that root makes directly. The launcher becomes nobody inside, because no limit of processes holds for
/// the user 0, under whatever name a user namespace shows it.
const AS_ROOT: &[&str] = &[
    "--unshare-ipc",
    "--unshare-pid",
    "--unshare-net",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--cap-add",
    "CAP_SETUID",
    "--cap-add",
    "CAP_SETGID",
];

/// Namespaces that everybody else makes inside one of users.
const AS_ANYBODY: &[&str] = &["--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534"];

/// Bubblewrap on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Bubblewrap {
    program: PathBuf,
}

impl Bubblewrap {
    pub(crate) fn find() -> Option<Self> {
        let program = PLACES.iter().map(PathBuf::from).find(|path| path.is_file())?;
        Some(Self { program })
    }

    /// The command that runs a job's launcher; `scene` holds its files. None when the orders cannot be written down.
    pub(crate) fn command(
        &self,
        launcher: &Path,
        job: &Job,
        (scene, nonce): (&Path, String),
    ) -> Option<Command> {
        let user = user();
        let mut orders = Orders::of(job, nonce, PathBuf::from(FOLDER), user.map_or(0, census::tasks_of));
        orders.namespaces = true;
        orders.user = user;
        orders.view.extend(roots::system());
        orders.view.push(PathBuf::from(LAUNCHER));
        let orders = serde_json::to_string(&orders).ok()?;
        let mut command = Command::new(&self.program);
        command.env_clear().current_dir("/").stdin(Stdio::piped());
        command.args(["--die-with-parent", "--clearenv", "--hostname", "box", "--cap-drop", "ALL"]);
        // No session of its own: it stays in the group of its leader, which is ended as one. It has no terminal to reach.
        command.args(if user.is_some() { AS_ROOT } else { AS_ANYBODY });
        for (name, value) in environment(FOLDER) {
            command.args(["--setenv", name, &value]);
        }
        let shown: Vec<PathBuf> = roots::system().into_iter().chain(job.view.iter().cloned()).collect();
        for folder in folders(&shown) {
            command.args(["--perms", "0755", "--dir"]).arg(folder);
        }
        for path in &shown {
            command.arg("--ro-bind").args([path, path]);
        }
        for (link, target) in roots::links() {
            command.arg("--symlink").args([target, link]);
        }
        command.args(["--dev-bind", "/dev/null", "/dev/null", "--dev-bind", "/dev/urandom", "/dev/urandom"]);
        command.arg("--ro-bind").arg(launcher).arg(LAUNCHER);
        command.args(["--perms", "1777", "--size", &job.limits.disk.to_string(), "--tmpfs", FOLDER]);
        for file in &job.files {
            command.arg("--ro-bind").arg(scene.join(file.name)).arg(Path::new(FOLDER).join(file.name));
        }
        command.args(["--remount-ro", "/", "--chdir", FOLDER, LAUNCHER, LAUNCH]).arg(orders);
        Some(command)
    }
}

/// The folders above what is shown, outermost first. Bubblewrap would make them for their owner alone.
fn folders(shown: &[PathBuf]) -> BTreeSet<&Path> {
    let above = shown.iter().flat_map(|path| path.ancestors().skip(1));
    above.filter(|folder| folder.parent().is_some()).chain([Path::new("/dev")]).collect()
}
