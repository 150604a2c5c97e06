//! The drill: copies made while a run works come back, and give the same data set, byte for byte.

use std::path::{Path, PathBuf};

use hafs_tests::call::{exported, factory};
use hafs_tests::process::{Process, until};

use super::{SOON, asked, build};

const SECTIONS: usize = 80;

/// A home beside another with its configuration and nothing else.
fn beside(home: &Path, name: &str) -> PathBuf {
    let other = home.join(name);
    std::fs::create_dir(&other).unwrap();
    std::fs::copy(home.join("hafs.toml"), other.join("hafs.toml")).unwrap();
    other
}

async fn restored(home: &Path, name: &str, backup: &str) -> PathBuf {
    let other = beside(home, name);
    let backup = home.join(backup).display().to_string();
    factory(&other, &["restore", &backup]).await.says(0, &[]);
    factory(&other, &["verify"]).await.says(0, &[]);
    other
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_factory_at_work_comes_back_and_exports_the_same_bytes() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let teacher = build(home, SECTIONS, "").await;
    let mut run = Process::start("hafs-factory", home, &["run", "--no-export", "--json"]);
    until("some calls", SOON, || (teacher.calls() >= 15).then_some(())).await;
    factory(home, &["backup", "busy.db"]).await.says(0, &[]);

    let runs = factory(home, &["runs", "list", "--json"]).await.document();
    let id = runs["items"][0]["id"].as_str().unwrap().to_owned();
    factory(home, &["runs", "pause", &id]).await.says(0, &[]);
    asked(home, &["status", "--json"], |status| (status["leased"] == 0).then_some(())).await;
    factory(home, &["backup", "still.db"]).await.says(0, &[]);
    let moment = exported(home).await;
    assert!(!moment.is_empty());
    factory(home, &["runs", "resume", &id]).await.says(0, &[]);
    let (status, printed) = run.output(SOON).await;
    assert_eq!(status.code(), Some(0), "{printed}");

    let still = restored(home, "still", "still.db").await;
    assert_eq!(exported(&still).await, moment, "the data set of the moment, byte for byte");
    let busy = restored(home, "busy", "busy.db").await;
    factory(&busy, &["status"]).await.says(0, &[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_with_a_changed_letter_is_refused_and_the_row_is_named() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let _teacher = build(home, 6, "").await;
    factory(home, &["run", "--no-export"]).await.says(0, &[]);
    factory(home, &["backup", "safe.db"]).await.says(0, &[]);
    let mut bytes = std::fs::read(home.join("safe.db")).unwrap();
    let text = b"of the plant is called";
    let places: Vec<usize> =
        (0..bytes.len() - text.len()).filter(|at| bytes[*at..].starts_with(text)).collect();
    places.iter().for_each(|at| bytes[*at] = b'x');
    assert!(!places.is_empty());
    std::fs::write(home.join("damaged.db"), bytes).unwrap();
    let other = beside(home, "other");
    let damaged = home.join("damaged.db").display().to_string();
    let refused = factory(&other, &["restore", &damaged]).await;
    refused.says(6, &["damaged.db is not sound, so it was not restored", "the first in "]);
    assert!(!other.join("data/library.db").exists());
}

/// The backups that the coordinator has made by itself.
fn by_itself(home: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(home.join("data/backups")) else { return Vec::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> =
        names.filter(|name| name.starts_with("library-") && name.ends_with(".db")).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backups_are_made_by_the_clock_the_last_few_are_kept_and_one_saves_the_run() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let teacher = build(home, 2_000, "backup_every_s = 1\nbackup_keep = 1").await;
    let mut run = Process::start("hafs-factory", home, &["run", "--no-export", "--json"]);
    until("some calls", SOON, || (teacher.calls() >= 10).then_some(())).await;
    let first = until("a backup", SOON, || by_itself(home).first().cloned()).await;
    // After a backup the factory rests fifty times as long as it took.
    until("the first to make room", SOON * 5, || {
        let there = by_itself(home);
        (there.len() == 1 && there[0] != first).then_some(())
    })
    .await;
    run.kill();
    let newest = by_itself(home).pop().unwrap();
    let path = home.join("data/backups").join(newest).display().to_string();
    factory(home, &["verify", "--library", &path]).await.says(0, &[]);
    factory(home, &["restore", &path, "--force"]).await.says(0, &[]);
    factory(home, &["verify"]).await.says(0, &[]);
    let status = factory(home, &["status", "--json"]).await.document();
    assert!(status["runs"][0]["progress"]["calls"].as_u64().unwrap() > 0, "{status}");
}
