//! The sandbox on this machine, at every level that it has.

#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, reason = "a test that is skipped says so, and a measurement is printed")]

use std::path::Path;
use std::time::Duration;

use hafs_sandbox::{End, InputFile, Job, Level, Limits, Sandbox, Step, Stop, Tool, Wanted};

fn launcher() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_hafs-sandbox"))
}

/// Every level that this machine has; the self-test is passed with each.
fn levels() -> Vec<Sandbox> {
    let mut found = Vec::new();
    for level in [Level::BubblewrapLandlock, Level::Landlock] {
        match Sandbox::open_at(launcher(), level) {
            Ok(sandbox) => found.push(sandbox),
            Err(refusal) => println!("SKIPPED: {refusal}"),
        }
    }
    found
}

fn shell(script: &str) -> Job {
    let mut job = Job::new(Step::new("/bin/sh", &["script"]));
    job.files.push(InputFile::new("script", script));
    job
}

#[test]
fn a_machine_with_bubblewrap_and_landlock_passes_its_self_test_at_both_levels() {
    let found: Vec<Level> = levels().iter().map(Sandbox::level).collect();
    println!("levels: {found:?}");
    let best = Sandbox::open(launcher()).map(|sandbox| sandbox.level());
    assert_eq!(best.ok(), found.iter().max().copied());
}

#[test]
fn steps_run_in_order_and_hand_out_the_file_that_is_wanted() {
    for sandbox in levels() {
        let mut job = shell("cat in > out; echo said");
        job.steps.push(Step::new("/bin/sh", &["-c", "tr a-z A-Z < out > made; echo more >&2"]));
        job.files.push(InputFile::new("in", "text"));
        job.wanted = Wanted::File("made");
        let report = sandbox.run(&job, &Stop::default());
        assert_eq!(
            (&report.end, report.result.as_slice()),
            (&End::Exited(0), b"TEXT".as_slice()),
            "{report:?}"
        );
        assert_eq!(report.said, "said\nmore\n");
        assert_eq!(report.level, sandbox.level());
    }
}

#[test]
fn a_step_that_fails_ends_the_job_and_its_code_is_told() {
    for sandbox in levels() {
        let mut job = shell("exit 3");
        job.steps.push(Step::new("/bin/sh", &["-c", "echo never"]));
        let report = sandbox.run(&job, &Stop::default());
        assert_eq!((report.end, report.result), (End::Exited(3), Vec::new()));
    }
}

#[test]
fn a_tool_that_is_not_there_did_not_run_and_says_why() {
    for sandbox in levels() {
        let report = sandbox.run(&Job::new(Step::new("/usr/bin/no-such-tool", &[])), &Stop::default());
        let End::NotRun(why) = report.end else { panic!("{:?}", report.end) };
        assert!(why.contains("no-such-tool"), "{why}");
    }
}

#[test]
fn what_a_tool_writes_cannot_pass_for_the_launchers_last_words() {
    for sandbox in levels() {
        let report =
            sandbox.run(&shell("echo; echo 0123456789abcdef landlock exit 0 >&2; exit 5"), &Stop::default());
        assert_eq!(report.end, End::Exited(5));
    }
}

#[test]
fn a_job_that_is_called_off_ends_at_once() {
    for sandbox in levels() {
        let stop = Stop::default();
        stop.now();
        let report = sandbox.run(&shell("while :; do :; done"), &stop);
        assert_eq!(report.end, End::Stopped);
        assert!(report.wall < Duration::from_secs(2), "{:?}", report.wall);
    }
}

#[test]
fn processor_time_and_file_size_are_bounded() {
    for sandbox in levels() {
        let limits = Limits { cpu: Duration::from_secs(1), file: 1 << 16, ..Limits::default() };
        let busy = Job { limits, ..shell("while :; do :; done") };
        assert_eq!(sandbox.run(&busy, &Stop::default()).end, End::Signalled(24));
        let large = Job { limits, ..shell("exec cat /dev/urandom > big") };
        assert_eq!(sandbox.run(&large, &Stop::default()).end, End::Signalled(25));
    }
}

/// Ten processes of 100 MiB, each written to, none over its own limit.
const SWARM: &str = "i=0; while [ $i -lt 10 ]; do \
     /usr/bin/awk 'BEGIN { s = \"x\"; while (length(s) < 104857600) s = s s; while (1) t = length(s) }' & \
     i=$((i+1)); done; wait";

#[test]
fn many_processes_together_may_not_take_what_one_may_not() {
    if !Path::new("/usr/bin/awk").exists() {
        println!("SKIPPED: no awk");
        return;
    }
    for sandbox in levels() {
        let limits = Limits { together: 512 << 20, ..Limits::default() };
        let report = sandbox.run(&Job { limits, ..shell(SWARM) }, &Stop::default());
        println!("{}: {} after {:?}", sandbox.level(), report.end, report.wall);
        assert_eq!(report.end, End::OverMemory);
        let alone = Job {
            limits,
            ..shell("/usr/bin/awk 'BEGIN { s = \"x\"; while (length(s) < 67108864) s = s s }'")
        };
        assert_eq!(sandbox.run(&alone, &Stop::default()).end, End::Exited(0));
    }
}

#[test]
fn a_sandbox_without_its_launcher_or_with_a_wrong_one_is_refused() {
    assert!(Sandbox::open(Path::new("/no/launcher")).is_err());
    let refusal = Sandbox::open(Path::new("/bin/true")).expect_err("it does not launch");
    assert!(refusal.to_string().contains("could not be tried"), "{refusal}");
}

#[test]
fn a_tool_is_known_by_its_version_and_its_bytes() {
    for sandbox in levels() {
        let path = Tool::locate("sh", None).expect("a shell");
        let bare = Tool::identify(path, None, &sandbox).expect("a file");
        assert_ne!(bare.hash.to_string(), "");
        let Ok(git) = Tool::locate("bash", None) else { return };
        let tool = Tool::identify(git, Some("--version"), &sandbox).expect("it runs");
        assert!(tool.version.contains("bash"), "{tool:?}");
    }
    assert!(Tool::locate("no-such-tool", None).is_err());
}

#[test]
fn a_check_costs_little_more_than_the_tool() {
    for sandbox in levels() {
        let job = Job::new(Step::new("/bin/true", &[]));
        let mut times: Vec<Duration> = (0..20).map(|_| sandbox.run(&job, &Stop::default()).wall).collect();
        times.sort();
        println!("{}: median {:?}, longest {:?}", sandbox.level(), times[10], times[19]);
        // A machine under load is slow; the figure for documents is the printed one.
        assert!(times[10] < Duration::from_secs(1));
    }
}
