//! The attack list of the compile sandbox, 117 to 136: what a model can write to make a compiler or an assembler read,
//! fill or hold the machine. Each row is tried at every level that this machine has, with a real tool behind the
//! launcher of the real worker. Nothing of the bait may come back, nothing may be left running, and every row ends in
//! time with little output.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test program")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hafs_sandbox::{End, InputFile, Job, Level, Limits, Sandbox, Step, Stop, Tool, Wanted};
use hafs_tests::process::{program, until};

/// What stands in the file that must not come back.
const CANARY: &str = "hafs-canary-5b0c2e-must-not-leave";
/// Longest time that a row may take beyond its limit on the wall.
const SLACK: Duration = Duration::from_secs(5);

fn limits() -> Limits {
    Limits { wall: Duration::from_secs(3), cpu: Duration::from_secs(2), ..Limits::default() }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// `g++ -fsyntax-only`, with quoted lines, so that they could leak.
    Gcc,
    /// `g++ -c`: its assembler reads too.
    GccObject,
    /// `g++` with the linker.
    GccProgram,
    Clang,
    Ca65,
    Asar,
    Nasm,
}

/// One attack: its number, who is attacked, and the input. `CANARY`, `PIPE` stand for paths, `LONG(x)` for many x.
const ATTACKS: &[(u32, By, &str)] = &[
    (117, By::Gcc, "#include \"CANARY\"\n"),
    (117, By::Clang, "#include \"CANARY\"\n"),
    (118, By::Gcc, "#include </etc/passwd>\n"),
    (118, By::Gcc, "#include \"../../../../../../CANARY\"\n"),
    (119, By::Gcc, "#if __has_include(\"CANARY\")\n#error hafs-canary-5b0c2e-must-not-leave\n#endif\n"),
    (120, By::GccObject, "__asm__(\".incbin \\\"CANARY\\\"\");\n"),
    (121, By::GccObject, "__asm__(\".include \\\"CANARY\\\"\");\n"),
    (122, By::Clang, "const char x[] = {\n#embed \"CANARY\"\n};\nstatic_assert(sizeof(x) == 1);\n"),
    (123, By::Gcc, "#line 1 \"CANARY\"\nint x = ;\n"),
    (123, By::Clang, "#line 1 \"CANARY\"\nint x = ;\n"),
    (124, By::Gcc, "#pragma GCC dependency \"CANARY\"\nint x = ;\n"),
    (125, By::Gcc, "#include \"/proc/self/environ\"\n"),
    (125, By::Gcc, "#include \"/proc/1/cmdline\"\n"),
    (125, By::Gcc, "#include \"/proc/self/maps\"\n"),
    (126, By::Gcc, "#include \"/dev/zero\"\n"),
    (126, By::Gcc, "#include \"/dev/stdin\"\n"),
    (126, By::Gcc, "#include \"/dev/tty\"\n"),
    (126, By::Gcc, "#include \"PIPE\"\n"),
    (127, By::Gcc, "template<int N> struct A { A<N + 1> a; A<N + 2> b; };\nA<0> x;\n"),
    (
        128,
        By::Gcc,
        "constexpr long f() { long s = 0; for (long i = 0; i < 1L << 40; ++i) s += i; return s; }\nstatic_assert(f());\n",
    ),
    (
        129,
        By::Gcc,
        "#define A \"aaaaaaaaaaaaaaaa\"\n#define B A A A A A A A A\n#define C B B B B B B B B\n#define D C C C C C C C C\n#define E D D D D D D D D\n#define F E E E E E E E E\n#define G F F F F F F F F\n#define H G G G G G G G G\nconst char* s = H H H H;\n",
    ),
    (130, By::Gcc, "int x = LONG(()1LONG());\n"),
    (131, By::Gcc, "#include \"in.cpp\"\n#include \"in.cpp\"\n#error again\n"),
    (132, By::GccProgram, "int main[-1u] = {1};\n"),
    (133, By::Ca65, ".incbin \"CANARY\"\n"),
    (133, By::Ca65, ".include \"CANARY\"\n"),
    (
        133,
        By::Ca65,
        ".repeat 10000\n.repeat 10000\n.repeat 10000\n.byte 1\n.endrepeat\n.endrepeat\n.endrepeat\n",
    ),
    (
        133,
        By::Ca65,
        ".repeat 1000000\n.out \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"\n.endrepeat\n",
    ),
    (133, By::Ca65, ".macro m\n m\n m\n.endmacro\n m\n"),
    (134, By::Asar, "lorom\norg $008000\nincbin \"CANARY\"\n"),
    (134, By::Asar, "lorom\norg $008000\nincsrc \"CANARY\"\n"),
    (
        134,
        By::Asar,
        "lorom\norg $008000\nprint hex(readfile4(\"CANARY\", 0))\nprint dec(filesize(\"CANARY\"))\n",
    ),
    (134, By::Asar, "lorom\norg $008000\nwhile 1\nnop\nendwhile\n"),
    (134, By::Asar, "incsrc \"in.asm\"\n"),
    (135, By::Nasm, "incbin \"CANARY\"\n"),
    (135, By::Nasm, "%include \"CANARY\"\n"),
    (135, By::Nasm, "%rep 1000000\n%rep 1000000\nnop\n%endrep\n%endrep\n"),
    (136, By::Gcc, "#pragma GCC system_header\n#include \"-fplugin=CANARY.so\"\n#include \"@CANARY\"\n"),
];

impl By {
    fn name(self) -> &'static str {
        match self {
            Self::Gcc | Self::GccObject | Self::GccProgram => "g++",
            Self::Clang => "clang++",
            Self::Ca65 => "ca65",
            Self::Asar => "asar",
            Self::Nasm => "nasm",
        }
    }

    /// The job of this attack, if the tool is here.
    fn job(self, input: Vec<u8>) -> Option<Job> {
        let tool = Tool::locate(self.name(), None).ok()?;
        let (file, arguments): (&'static str, &[&str]) = match self {
            Self::Gcc => (
                "in.cpp",
                &["-fsyntax-only", "-ftemplate-depth=100000", "-fconstexpr-ops-limit=9999999999", "in.cpp"],
            ),
            Self::GccObject => ("in.cpp", &["-c", "in.cpp", "-o", "out"]),
            Self::GccProgram => ("in.cpp", &["in.cpp", "-o", "out"]),
            Self::Clang => ("in.cpp", &["-fsyntax-only", "in.cpp"]),
            Self::Ca65 => ("in.s", &["in.s", "-o", "out"]),
            Self::Asar => ("in.asm", &["in.asm", "out"]),
            Self::Nasm => ("in.asm", &["-f", "bin", "in.asm", "-o", "out"]),
        };
        let mut job = Job::new(Step::new(&tool, arguments));
        job.files.push(InputFile { name: file, bytes: input });
        let makes_none = self == Self::Gcc || self == Self::Clang;
        job.wanted = if makes_none { Wanted::Output } else { Wanted::File("out") };
        job.view.push(tool);
        job.limits = limits();
        Some(job)
    }
}

/// Every level that this machine has, with the worker as the launcher.
fn levels() -> Vec<Sandbox> {
    let launcher = program("hafs-worker");
    let opened = [Level::BubblewrapLandlock, Level::Landlock].map(|level| Sandbox::open_at(&launcher, level));
    let found: Vec<Sandbox> = opened
        .into_iter()
        .filter_map(|opened| opened.inspect_err(|refusal| println!("SKIPPED: {refusal}")).ok())
        .collect();
    found
}

/// A file and a pipe that everybody may read, so that only the walls keep them.
struct Bait {
    _folder: tempfile::TempDir,
    canary: PathBuf,
    pipe: PathBuf,
}

fn bait() -> Bait {
    let folder = tempfile::tempdir().unwrap();
    let (canary, pipe) = (folder.path().join("canary.h"), folder.path().join("pipe.h"));
    std::fs::write(&canary, format!("{CANARY} = ;\n")).unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (path, mode) in [(folder.path(), 0o755), (&canary, 0o666), (&pipe, 0o666)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    Bait { canary, pipe, _folder: folder }
}

impl Bait {
    fn laid(&self, input: &str) -> Vec<u8> {
        let input = input.replace("LONG(()", &"(".repeat(200_000)).replace("LONG())", &")".repeat(200_000));
        let input = input.replace("PIPE", self.pipe.to_str().unwrap());
        input.replace("CANARY", self.canary.to_str().unwrap()).into_bytes()
    }
}

/// Processes whose command line holds this word.
fn alive(mark: &str) -> Vec<String> {
    let lines = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    lines.filter(|line| line.contains(mark)).collect()
}

#[test]
fn no_input_brings_back_a_file_outlives_its_limits_or_floods() {
    let (bait, levels) = (bait(), levels());
    let mut skipped = std::collections::BTreeSet::new();
    for sandbox in &levels {
        for (number, by, input) in ATTACKS {
            let Some(job) = by.job(bait.laid(input)) else {
                skipped.insert(by.name());
                continue;
            };
            let report = sandbox.run(&job, &Stop::default());
            let place = format!("attack {number} by {} at {}", by.name(), sandbox.level());
            assert!(
                !matches!(report.end, End::NotRun(ref why) if why.contains("could not")),
                "{place}: {report:?}"
            );
            assert!(!report.said.contains(CANARY), "{place} brings the canary back: {}", report.said);
            assert!(!String::from_utf8_lossy(&report.result).contains(CANARY), "{place} copies the canary");
            assert!(!report.said.contains("root:x:"), "{place} brings /etc/passwd back");
            assert!(report.wall < job.limits.wall + SLACK, "{place} took {:?}", report.wall);
            let told = report.said.len() + report.result.len();
            assert!(told <= 2 * job.limits.output + 16 * 1024, "{place} wrote {told} bytes");
        }
    }
    skipped.iter().for_each(|tool| println!("SKIPPED: {tool} is not here"));
}

#[test]
fn a_tool_sees_no_variable_of_the_worker() {
    for sandbox in levels() {
        let mut job = Job::new(Step::new("/usr/bin/env", &[]));
        job.limits = limits();
        let report = sandbox.run(&job, &Stop::default());
        let text = String::from_utf8_lossy(&report.result).into_owned();
        let names: Vec<&str> = text.lines().filter_map(|line| line.split('=').next()).collect();
        let allowed = ["PATH", "LC_ALL", "HOME", "TMPDIR", "PWD"];
        assert!(
            !names.is_empty() && names.iter().all(|name| allowed.contains(name)),
            "{}: {text}",
            sandbox.level()
        );
    }
}

#[test]
fn a_full_disk_inside_ends_the_job_and_not_the_machine() {
    for sandbox in levels() {
        // Landlock alone bounds single files, a file system of its own all of them together.
        let bytes = if sandbox.level().has_namespaces() { 900_000 } else { 4_000_000 };
        let script = format!(
            "n=0; while [ $n -lt 30 ]; do head -c {bytes} /dev/urandom > f$n || exit 9; n=$((n+1)); done"
        );
        let mut job = Job::new(Step::new("/bin/sh", &["-c", &script]));
        job.limits = Limits { disk: 8 << 20, file: 1 << 20, ..limits() };
        let report = sandbox.run(&job, &Stop::default());
        assert!(!report.end.is_success(), "{}: {report:?}", sandbox.level());
    }
}

#[test]
fn two_jobs_with_files_of_one_name_do_not_meet() {
    for sandbox in levels() {
        let said: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let jobs = ["one", "two"].map(|text| {
                let sandbox = sandbox.clone();
                scope.spawn(move || {
                    let mut job = Job::new(Step::new("/bin/sh", &["-c", "cat in > out; cat out"]));
                    job.files.push(InputFile::new("in", text));
                    sandbox.run(&job, &Stop::default()).result
                })
            });
            jobs.into_iter().map(|job| job.join().unwrap()).collect()
        });
        assert_eq!(said, [b"one".to_vec(), b"two".to_vec()]);
    }
}

/// The variable that makes the next test the parent that is killed.
const PARENT: &str = "HAFS_TEST_SANDBOX_PARENT";

#[test]
fn a_parent_for_another_test() {
    let Ok(mark) = std::env::var(PARENT) else { return };
    let level = if mark.starts_with("bubblewrap") { Level::BubblewrapLandlock } else { Level::Landlock };
    let Ok(sandbox) = Sandbox::open_at(&program("hafs-worker"), level) else { return };
    let mut job = Job::new(Step::new("/bin/sh", &["-c", "while :; do :; done", &mark]));
    job.limits = Limits { wall: Duration::from_secs(60), cpu: Duration::from_secs(60), ..Limits::default() };
    let _ = sandbox.run(&job, &Stop::default());
}

#[tokio::test]
async fn a_parent_that_is_killed_leaves_no_process() {
    for sandbox in levels() {
        let mark = format!("{}-{}-orphan", sandbox.level(), std::process::id());
        let mut parent = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_parent_for_another_test", "--nocapture"])
            .env(PARENT, &mark)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let running = || {
            alive("while :; do :; done")
                .into_iter()
                .find(|line| line.contains(&mark) && line.starts_with("/bin/sh"))
        };
        until("the tool to run", Duration::from_secs(30), running).await;
        parent.kill().unwrap();
        parent.wait().unwrap();
        until("the tool to be gone", Duration::from_secs(5), || alive(&mark).is_empty().then_some(())).await;
    }
}

#[test]
fn the_same_holds_for_a_user_without_rights() {
    let me = Command::new("id").arg("-u").output().unwrap().stdout;
    let setpriv = Path::new("/usr/bin/setpriv");
    if me != b"0\n" || !setpriv.exists() {
        println!("SKIPPED: only root can become somebody else");
        return;
    }
    // Somewhere that everybody may enter.
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["hafs-worker", "attacks"] {
        let from = if name == "attacks" { std::env::current_exe().unwrap() } else { program(name) };
        std::fs::copy(from, folder.path().join(name)).unwrap();
    }
    let output = Command::new(setpriv)
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
        .arg(folder.path().join("attacks"))
        .args(["--exact", "no_input_brings_back_a_file_outlives_its_limits_or_floods", "--nocapture"])
        .current_dir(folder.path())
        .env("TMPDIR", "/tmp")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    said.lines().filter(|line| line.starts_with("SKIPPED")).for_each(|line| println!("{line}"));
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
