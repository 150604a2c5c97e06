//! Disks that are full or read-only: each is told, nothing that was paid for is lost, and with room the run goes on.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test program")]

use std::path::Path;
use std::time::Duration;

use hafs_tests::call::factory;
use hafs_tests::disk::SmallDisk;
use hafs_tests::plant::{self, Plan};
use hafs_tests::process::{Process, until};
use hafs_tests::scripted::{Script, ScriptedTeacher};

const SECTIONS: usize = 60;
/// Kibibytes of a disk on which a library has room enough not to be called nearly full.
const DATA: u32 = 32_768;
const SOON: Duration = Duration::from_secs(60);

async fn teacher() -> ScriptedTeacher {
    let script = Script { latency: Duration::from_millis(60), ..Script::default() };
    ScriptedTeacher::start(script).await.unwrap()
}

/// A plant with some lines of its configuration replaced.
fn build(home: &Path, teacher: &ScriptedTeacher, changes: &[(&str, &str)]) {
    let (url, listen) = (teacher.base_url(), plant::free_address());
    let (sections, target) = (SECTIONS, SECTIONS * 2);
    let config = plant::build(&Plan { home, teacher: &url, sections, target, slots: 3, listen, more: "" });
    let text = std::fs::read_to_string(&config).unwrap();
    let text = changes.iter().fold(text, |text, (old, new)| {
        assert!(text.contains(old), "{old} is not in the configuration");
        text.replacen(old, new, 1)
    });
    std::fs::write(&config, text).unwrap();
}

fn mount(home: &Path, name: &str, kibibytes: u32) -> Option<SmallDisk> {
    let disk = SmallDisk::mount(home.join(name), kibibytes);
    if disk.is_none() {
        println!("SKIPPED: this user may not mount a small disk");
    }
    disk
}

fn log(home: &Path) -> String {
    std::fs::read_to_string(home.join("hafs-factory.log")).unwrap_or_default()
}

/// Starts a run, fills the disk when some calls were made, and empties it when the program has said `words`. Every
/// seed must end as an accepted sample, with every call recorded and none made twice.
async fn a_run_outlives(home: &Path, teacher: &ScriptedTeacher, disk: &SmallDisk, words: &[&str]) {
    let mut run = Process::start("hafs-factory", home, &["run", "--no-export", "--json"]);
    until("some calls", SOON, || (teacher.calls() >= 12).then_some(())).await;
    let ballast = disk.fill();
    let said = |words: &[&str]| words.iter().any(|word| log(home).contains(word));
    let look = || {
        // Answered results give their space back, and the next one may fit into it.
        ballast.grow();
        said(words).then_some(())
    };
    until(&format!("{words:?} in the log"), SOON, look).await;
    assert!(run.ended().is_none(), "the run ended: {}", log(home));
    drop(ballast);
    let (status, printed) = run.output(SOON).await;
    assert_eq!(status.code(), Some(0), "{printed}\n{}", log(home));
    let progress = plant::stock(home).await.progress;
    assert_eq!(progress.accepted, SECTIONS as u64, "{progress:?}");
    assert_eq!(progress.calls, teacher.calls(), "what was paid is recorded: {progress:?}");
    assert_eq!(teacher.repeated(), 0, "calls paid twice");
    factory(home, &["verify"]).await.says(0, &[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_of_the_library_holds_a_run_up_and_costs_nothing() {
    let home = tempfile::tempdir().unwrap();
    let Some(disk) = mount(home.path(), "data", DATA) else { return };
    let teacher = teacher().await;
    build(home.path(), &teacher, &[("spool_dir = \"data/spool\"", "spool_dir = \"spool\"")]);
    a_run_outlives(home.path(), &teacher, &disk, &["is full"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nearly_full_disk_takes_what_is_under_way_and_begins_nothing_new() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let Some(disk) = mount(home, "data", DATA) else { return };
    let teacher = teacher().await;
    build(home, &teacher, &[("spool_dir = \"data/spool\"", "spool_dir = \"spool\"")]);
    let mut run = Process::start("hafs-factory", home, &["run", "--no-export", "--json"]);
    until("some calls", SOON, || (teacher.calls() >= 6).then_some(())).await;
    let ballast = disk.fill();
    // Six of a hundred: below the mark for new work, above the one for everything else.
    let room = u64::from(DATA) * 1_024 * 6 / 100;
    ballast.leave(room);
    let look = || {
        let log = log(home);
        // What was under way took more than was left: the level below has no new work either, but this one is looked for.
        if log.lines().last().is_some_and(|last| last.contains("results only")) {
            ballast.grow();
            ballast.leave(room);
        }
        log.contains("no new work").then_some(())
    };
    until("the mark in the log", SOON, look).await;
    let deadline = tokio::time::Instant::now() + SOON;
    let status = loop {
        let status = factory(home, &["status", "--json"]).await.document();
        if status["leased"] == 0 {
            break status;
        }
        assert!(tokio::time::Instant::now() < deadline, "what was under way is not done: {status}");
    };
    let calls = teacher.calls();
    assert!(calls < SECTIONS as u64, "the run was held up");
    assert_eq!(status["runs"][0]["progress"]["calls"], calls, "what was under way was taken");
    factory(home, &["export"]).await.says(1, &["is scarce"]);
    drop(ballast);
    let (status, printed) = run.output(SOON * 2).await;
    assert_eq!(status.code(), Some(0), "{printed}\n{}", log(home));
    assert_eq!(teacher.repeated(), 0, "calls paid twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_of_the_spool_holds_a_run_up_and_costs_nothing() {
    let home = tempfile::tempdir().unwrap();
    let Some(disk) = mount(home.path(), "spool", 256) else { return };
    let teacher = teacher().await;
    build(home.path(), &teacher, &[("spool_dir = \"data/spool\"", "spool_dir = \"spool\"")]);
    a_run_outlives(home.path(), &teacher, &disk, &["spool"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_or_read_only_export_folder_costs_the_data_set_and_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let Some(disk) = mount(home.path(), "out", 128) else { return };
    let teacher = teacher().await;
    build(home.path(), &teacher, &[]);
    disk.forbid_writing();
    let read_only = factory(home.path(), &["run"]).await;
    read_only.says(2, &["data sets cannot be written to", "Read-only file system", "--no-export"]);
    assert!(!home.path().join("data/library.db").exists(), "nothing was begun");
    disk.allow_writing();

    let mut run = Process::start("hafs-factory", home.path(), &["run", "--json"]);
    until("some calls", SOON, || (teacher.calls() >= 12).then_some(())).await;
    let ballast = disk.fill();
    let (status, printed) = run.output(SOON).await;
    assert_eq!(status.code(), Some(1), "{printed}\n{}", log(home.path()));
    assert!(log(home.path()).contains("full"), "{}", log(home.path()));
    assert!(printed.contains("\"summary\""), "the numbers are shown all the same: {printed}");
    let names = || std::fs::read_dir(disk.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names().collect::<Vec<_>>(), ["ballast"], "nothing half-written is left");

    factory(home.path(), &["export"]).await.says(1, &["full"]);
    drop(ballast);
    disk.forbid_writing();
    factory(home.path(), &["export"]).await.says(1, &["Read-only file system"]);
    disk.allow_writing();
    let calls = teacher.calls();
    let written = factory(home.path(), &["export", "--format", "messages", "--json"]).await.document();
    assert_eq!(written["samples"], SECTIONS);
    assert_eq!(calls, teacher.calls(), "an export asks nobody");
    factory(home.path(), &["verify", written["path"].as_str().unwrap()]).await.says(0, &[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_library_of_a_newer_program_is_left_alone_by_a_run() {
    let home = tempfile::tempdir().unwrap();
    let teacher = teacher().await;
    build(home.path(), &teacher, &[]);
    let limited = ["run", "--no-export", "--target", "2"];
    factory(home.path(), &limited).await.says(0, &[]);
    let path = home.path().join("data/library.db");
    let mut bytes = std::fs::read(&path).unwrap();
    // SQLite's `user_version`, big-endian at byte 60 of the header.
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(&path, &bytes).unwrap();
    let calls = teacher.calls();
    for args in [&limited[..], &["run", "--new"], &["status"], &["verify"]] {
        factory(home.path(), args).await.says(4, &["schema version 99", "newer"]);
    }
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    assert_eq!(calls, teacher.calls(), "nobody was asked");
}
