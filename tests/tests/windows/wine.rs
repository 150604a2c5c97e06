//! The Windows worker as a process under Wine.

use std::ffi::OsStr;
use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

/// The folder with hafs-worker.exe, press.exe and, for a Wine that lacks it, bcryptprimitives.dll.
pub const PROGRAMS: &str = "HAFS_WINDOWS_PROGRAMS";

/// A Wine with a machine of its own.
pub struct Wine {
    programs: PathBuf,
    prefix: PathBuf,
    /// Somebody who is logged in: Wine ends its services when the last program of a person has ended.
    user: Option<Child>,
}

/// A worker at a console.
pub struct Worker {
    console: Child,
    keys: ChildStdin,
    name: String,
}

/// What Windows tells the programs of a console, by its numbers.
#[derive(Debug, Clone, Copy)]
pub enum ConsoleEvent {
    /// Somebody presses Ctrl-Break.
    Break = 1,
    /// Somebody closes the window.
    Close = 2,
}

/// What a worker takes, in MiB.
pub struct Memory {
    now: u64,
    most: u64,
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} MiB resident, {} MiB at most", self.now, self.most)
    }
}

impl Wine {
    /// A new machine, with its disk in `home`.
    pub fn boot(home: &Path) -> Self {
        let programs =
            std::env::var_os(PROGRAMS).expect("HAFS_WINDOWS_PROGRAMS; run scripts/windows-proof.sh");
        let mut wine = Self { programs: programs.into(), prefix: home.join("wine"), user: None };
        let version = wine.output("hafs-worker.exe", &["--version"]);
        assert!(version.starts_with("hafs-worker "), "the Windows worker does not start: {version}");
        let user = wine.command("cmd").stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        wine.user = Some(user.expect("cmd runs"));
        wine
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("wine");
        let own = self.programs.join(program);
        command.arg(if own.is_file() { own.as_os_str() } else { OsStr::new(program) });
        command.env("WINEPREFIX", &self.prefix).env("WINEDEBUG", "-all").env("HAFS_LOG", "info");
        command.stdin(Stdio::null());
        command
    }

    /// Runs a program to its end; what it printed.
    pub fn output(&self, program: &str, args: &[&str]) -> String {
        let output = self.command(program).args(args).output().expect("wine runs");
        let text = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Sends the worker, of which there is one, an event of its console.
    pub fn press(&self, event: ConsoleEvent) {
        let said = self.output("press.exe", &["hafs-worker.exe", &(event as u32).to_string()]);
        assert!(said.is_empty(), "{said}");
    }

    /// Starts a worker at a console in a folder that has its `hafs.toml`; what it says goes to `worker.log` there.
    pub fn worker(&self, folder: &Path, join: &str) -> Worker {
        // Unique among the processes of this machine.
        let name = format!("windows-{}", std::process::id());
        let program = self.programs.join("hafs-worker.exe");
        let line = format!(
            "exec wine '{}' --config hafs.toml --name {name} --join-token {join} 2>>worker.log",
            program.display()
        );
        // `script` gives it a terminal, which Wine makes a console of.
        let mut command = Command::new("script");
        command.args(["--quiet", "--flush", "--return", "--command", &line, "/dev/null"]);
        command.env("WINEPREFIX", &self.prefix).env("WINEDEBUG", "-all").env("HAFS_LOG", "info");
        command.current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut console = command.spawn().expect("script runs");
        let keys = console.stdin.take().expect("piped");
        Worker { console, keys, name }
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        // The server of this prefix and all that runs on it, and nothing else.
        let _ = Command::new("wineserver").arg("-k").env("WINEPREFIX", &self.prefix).status();
        let _ = self.user.take().map(|mut user| user.wait());
    }
}

impl Worker {
    /// Presses Ctrl-C.
    pub fn press_ctrl_c(&mut self) {
        self.keys.write_all(b"\x03").expect("the console is there");
        self.keys.flush().expect("the console is there");
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.console.try_wait().expect("a child")
    }

    /// kill -9.
    pub fn kill(&mut self) {
        let id = self.id().expect("it runs");
        let killed = Command::new("kill").args(["-9", &id.to_string()]).status();
        assert!(killed.is_ok_and(|status| status.success()));
        let _ = self.console.wait();
    }

    fn id(&self) -> Option<u32> {
        process_with(&self.name)
    }

    /// What it takes.
    pub fn memory(&self) -> Memory {
        memory(self.id().expect("it runs"))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.console.kill();
        let _ = self.console.wait();
    }
}

/// What the service with a configuration in this folder takes.
pub fn service_memory(folder: &str) -> Memory {
    memory(process_with(folder).expect("it runs"))
}

/// The Windows worker with these words on its command line.
fn process_with(words: &str) -> Option<u32> {
    worker_processes().into_iter().find(|(_, line)| line.contains(words)).map(|(id, _)| id)
}

/// The processes of this machine that are Windows workers, with their command lines.
fn worker_processes() -> Vec<(u32, String)> {
    let mut system = System::new().expect("this system tells of its processes");
    let kind = ProcessRefreshKind::nothing().with_cmd(sysinfo::UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
    let line = |process: &sysinfo::Process| {
        let words: Vec<_> = process.cmd().iter().map(|word| word.to_string_lossy()).collect();
        words.join(" ")
    };
    let workers = system.processes().iter().map(|(id, process)| (id.as_u32(), line(process)));
    workers.filter(|(_, line)| is_worker(line)).collect()
}

/// Not the shell that starts it, whose command line names it too.
fn is_worker(line: &str) -> bool {
    line.split(' ').next().is_some_and(|program| program.ends_with("hafs-worker.exe"))
}

/// What a process takes, as the kernel says.
fn memory(id: u32) -> Memory {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a field of Linux");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
    };
    Memory { now: field("VmRSS:"), most: field("VmHWM:") }
}
