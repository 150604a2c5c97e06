//! Real processes of the factory: started, watched, killed.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// The folder that cargo puts programs into, next to the running test.
fn programs() -> PathBuf {
    let mut path = std::env::current_exe().unwrap_or_default();
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    path
}

/// A program of the workspace.
///
/// # Panics
/// When it was not built: `cargo build --workspace --bins` builds all.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let path = programs().join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is missing: run `cargo build --workspace --bins`", path.display());
    path
}

/// A process that is killed when dropped.
pub struct Process {
    child: Child,
    name: String,
}

impl Process {
    /// Starts a program with no variables but the search path, so that nothing of the machine leaks in.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(name: &str, home: &Path, args: &[&str]) -> Self {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(home.join(format!("{name}.log")))
            .unwrap_or_else(|error| panic!("no log in {}: {error}", home.display()));
        let child = Command::new(program(name))
            .args(args)
            .current_dir(home)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home)
            .env("HAFS_HOME", home.join("data"))
            .env("HAFS_LOG", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        Self { child, name: name.to_owned() }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// kill -9.
    pub fn kill(&mut self) {
        // Either it lives and is killed, or it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends a signal by name (`TERM`, `STOP`, `CONT`).
    ///
    /// # Panics
    /// When `kill` cannot be run.
    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([format!("-{signal}"), self.child.id().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "cannot send {signal} to {}", self.name);
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits until it ends by itself and gives what it printed.
    ///
    /// # Panics
    /// When it takes longer than `limit`.
    pub async fn output(&mut self, limit: Duration) -> (ExitStatus, String) {
        let stdout = self.child.stdout.take();
        let reader = tokio::task::spawn_blocking(move || {
            let lines = BufReader::new(stdout?).lines().map_while(Result::ok);
            Some(lines.fold(String::new(), |mut text, line| {
                let _ = writeln!(text, "{line}");
                text
            }))
        });
        let text = tokio::time::timeout(limit, reader).await;
        let text = text.unwrap_or_else(|_| panic!("{} did not end within {limit:?}", self.name));
        let status = self.child.wait().unwrap_or_else(|error| panic!("{}: {error}", self.name));
        (status, text.ok().flatten().unwrap_or_default())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits until `check` gives something, looking every 20 ms.
///
/// # Panics
/// When it gives nothing within `limit`.
pub async fn until<T>(what: &str, limit: Duration, mut check: impl FnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + limit;
    loop {
        if let Some(found) = check() {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "waited {limit:?} in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
