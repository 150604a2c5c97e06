//! What the self-test does outside: sets the bait, calls the probes, and looks what they brought back.

use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{CWD, Mode, mkfifoat};
use tempfile::TempDir;

use crate::job::{InputFile, Job, Step};
use crate::launcher::PROBE;
use crate::level::Level;
use crate::limits::Limits;
use crate::report::{End, Report};
use crate::sandbox::{Sandbox, nonce};
use crate::stop::Stop;
use crate::wall::environment;

/// The input of every probe, and all that reading files may bring back.
const OWN: &str = "own input";
/// Processes that the fork bomb tries to start.
const BOMB: u64 = 256;
/// MiB that the memory bomb tries to reserve, four times what a job may.
const MEMORY: u64 = 4096;
/// Processes that take memory together, MiB that each takes, and what they may take.
const SWARM: u64 = 8;
const SWELL: u64 = 48;
const SWARM_MAY: u64 = 192;
/// MiB that the disk bomb tries to write, with files of one.
const DISK: u64 = 40;
/// The longest wait for a process that was ended to be gone.
const DYING: Duration = Duration::from_secs(2);

/// The bait.
pub(super) struct Stage {
    folder: TempDir,
    listener: TcpListener,
    mark: String,
}

/// One attempt on the sandbox.
struct Trial {
    what: &'static str,
    arguments: Vec<String>,
    limits: Limits,
    /// Whether the outcome shows that the walls held.
    holds: fn(&Stage, &Report) -> bool,
}

/// Files and folders that no job may read.
const ELSEWHERE: &[&str] = &[
    "/etc/passwd",
    "/etc/hostname",
    "/root",
    "/tmp",
    "/proc/1/cmdline",
    "/proc/self/environ",
    "/dev/stdin",
    "/dev/sda",
    "/dev/kmsg",
    "/sys/kernel",
];

impl Stage {
    pub(super) fn set() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("hafs-self-test-").tempdir()?;
        let mark = nonce().map_err(io::Error::other)?;
        std::fs::write(folder.path().join("canary"), &mark)?;
        mkfifoat(CWD, folder.path().join("pipe"), Mode::RUSR | Mode::WUSR)?;
        // Readable by everybody, so that only the walls hide it.
        let open = std::os::unix::fs::PermissionsExt::from_mode;
        std::fs::set_permissions(folder.path(), open(0o777))?;
        std::fs::set_permissions(folder.path().join("canary"), open(0o666))?;
        Ok(Self { folder, listener: TcpListener::bind("127.0.0.1:0")?, mark })
    }

    /// Tries everything on a sandbox.
    pub(super) fn level(&self, sandbox: &Sandbox) -> Result<Level, Vec<String>> {
        let mut level = sandbox.level();
        let mut wrong = Vec::new();
        for trial in self.trials().map_err(|error| vec![error.to_string()])? {
            let report = sandbox.run(&self.job(sandbox, &trial), &Stop::default());
            if let End::NotRun(why) = &report.end {
                wrong.push(format!("{} could not be tried ({why})", trial.what));
                // What keeps one from being tried keeps them all.
                break;
            }
            if matches!(report.end, End::Exited(_)) {
                level = report.level;
            }
            if !(trial.holds)(self, &report) {
                wrong.push(format!("{} gets through", trial.what));
            }
        }
        if wrong.is_empty() { Ok(level) } else { Err(wrong) }
    }

    fn job(&self, sandbox: &Sandbox, trial: &Trial) -> Job {
        let arguments: Vec<&str> =
            [PROBE].into_iter().chain(trial.arguments.iter().map(String::as_str)).collect();
        let mut job = Job::new(Step::new(sandbox.launcher_inside(), &arguments));
        job.files.push(InputFile::new("own", OWN));
        job.limits = trial.limits;
        job
    }

    fn trials(&self) -> io::Result<Vec<Trial>> {
        let canary = self.path("canary");
        let process = std::process::id().to_string();
        let (port, mark) = (self.listener.local_addr()?.port().to_string(), self.mark.clone());
        let environ = format!("/proc/{process}/environ");
        let home = std::env::home_dir().unwrap_or_default().display().to_string();
        let only_own =
            |_: &Stage, report: &Report| report.end.is_success() && report.result == OWN.as_bytes();
        let nothing = |_: &Stage, report: &Report| report.end.is_success() && report.result.is_empty();
        let short = Limits { wall: Duration::from_millis(300), ..Limits::default() };
        let (cut, over) = (
            |stage: &Stage, report: &Report| report.end == End::OverWall && stage.nobody_left(),
            |stage: &Stage, report: &Report| report.end == End::OverOutput && stage.nobody_left(),
        );
        let own = ["read", "own", &canary, &self.path(""), &home, &environ];
        let files = [&own[..], ELSEWHERE].concat();
        Ok(vec![
            trial("reading files", &files, only_own),
            trial("following links", &["link", &canary], nothing),
            trial("opening a pipe", &["read", &self.path("pipe")], nothing),
            trial("the environment", &["environment"], Stage::is_bare),
            trial("the network or another process", &["reach", &port, &process], nothing),
            trial(
                "writing files",
                &["write", &canary, &self.path("new"), "/tmp/hafs-self-test-new"],
                Stage::untouched,
            ),
            trial("a fork bomb", &["fork", &BOMB.to_string(), &mark], |stage, report| {
                report.end.is_success() && number(report) < BOMB && stage.nobody_left()
            }),
            trial("a process that leaves its group", &["leave", &mark], |stage, report| {
                report.end.is_success() && stage.nobody_left()
            }),
            trial("a memory bomb", &["memory", &MEMORY.to_string()], |_, report| {
                report.end.is_success() && number(report) < MEMORY / 2
            }),
            Trial {
                limits: Limits { together: SWARM_MAY << 20, ..Limits::default() },
                ..trial(
                    "a memory bomb of many processes",
                    &["swarm", &SWARM.to_string(), &SWELL.to_string(), &mark],
                    |stage, report| report.end == End::OverMemory && stage.nobody_left(),
                )
            },
            Trial {
                limits: Limits { disk: 16 << 20, ..Limits::default() },
                ..trial("a disk bomb", &["disk", &DISK.to_string()], |_, report| {
                    // Without a file system of its own only single files are bounded.
                    report.level == Level::Landlock || (report.end.is_success() && number(report) <= 16)
                })
            },
            trial("an output bomb", &["output"], over),
            Trial { limits: short, ..trial("a job without end", &["nap", &mark], cut) },
        ])
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn untouched(&self, report: &Report) -> bool {
        let canary = std::fs::read_to_string(self.folder.path().join("canary"));
        let strays = [self.folder.path().join("new"), PathBuf::from("/tmp/hafs-self-test-new")];
        report.end.is_success()
            && canary.is_ok_and(|text| text == self.mark)
            && !strays.iter().any(|stray| stray.exists())
    }

    fn is_bare(&self, report: &Report) -> bool {
        let known = environment("").map(|(name, _)| name);
        let text = String::from_utf8_lossy(&report.result);
        let name = |line: &str| line.split('=').next().unwrap_or_default().to_owned();
        // Bubblewrap says where it has gone to.
        report.end.is_success()
            && text.lines().all(|line| known.contains(&name(line).as_str()) || name(line) == "PWD")
    }

    /// Whether no process of the trial is left a moment later.
    fn nobody_left(&self) -> bool {
        let waited = hafs_runtime::clock::Stopwatch::start();
        while waited.elapsed() < DYING {
            if !is_alive(&self.mark) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }
}

fn trial(what: &'static str, arguments: &[&str], holds: fn(&Stage, &Report) -> bool) -> Trial {
    let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
    Trial { what, arguments, limits: Limits::default(), holds }
}

fn number(report: &Report) -> u64 {
    String::from_utf8_lossy(&report.result).trim().parse().unwrap_or(u64::MAX)
}

/// Whether a napping process with this mark exists.
fn is_alive(mark: &str) -> bool {
    let Ok(entries) = std::fs::read_dir("/proc") else { return true };
    let naps = |path: &Path| {
        std::fs::read(path.join("cmdline"))
            .is_ok_and(|line| line.split(|byte| *byte == 0).any(|word| word == mark.as_bytes()))
    };
    entries.flatten().any(|entry| naps(&entry.path()))
}
