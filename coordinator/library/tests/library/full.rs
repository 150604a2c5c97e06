//! A full disk refuses, and heals.

use hafs_library::tables::seeds;
use hafs_library::{Library, Retry, StoreError, Tx};
use hafs_proto::SeedDraft;

use crate::world::{at, draft, id, library, open, text};

fn big(n: u128) -> SeedDraft {
    SeedDraft { text: text(&format!("{n} {}", "x".repeat(50_000))), ..draft(n) }
}

async fn add(library: &Library, n: u128) -> Result<(), StoreError> {
    library.write(move |tx| seeds::insert(tx, id(n), &big(n), at(1)).map(drop)).await
}

/// Writes until the library refuses; returns how many rows were acknowledged.
async fn fill(library: &Library) -> u128 {
    for n in 1..10_000 {
        if let Err(error) = add(library, n).await {
            assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
            assert_eq!(error.retry(), Retry::Backoff);
            assert!(error.to_string().contains("free some space"), "{error}");
            return n - 1;
        }
    }
    panic!("the disk never filled");
}

async fn acknowledged(library: &Library, rows: u128) {
    let stored = library.read(|tx| seeds::count(tx, &"repo".parse().expect("a name"))).await.expect("reads");
    assert_eq!(u128::from(stored), rows);
}

async fn limit(library: &Library, pages: u64) {
    let pragma = move |tx: &mut dyn Tx| tx.query(&format!("PRAGMA max_page_count = {pages}"), &[]).map(drop);
    library.write(pragma).await.expect("limits");
}

#[tokio::test]
async fn a_library_that_may_not_grow_refuses_and_goes_on_when_it_may() {
    let (_folder, library) = library();
    limit(&library, 1_000).await;
    let rows = fill(&library).await;
    assert!(rows > 10, "{rows}");
    acknowledged(&library, rows).await;
    limit(&library, 100_000).await;
    add(&library, 20_000).await.expect("there is room again");
    acknowledged(&library, rows + 1).await;
    let report = library.read(|tx| hafs_library::verify::verify(tx, None)).await.expect("verifies");
    assert_eq!(report.broken, []);
}

/// A small disk, taken away again at the end.
#[cfg(target_os = "linux")]
struct SmallDisk(tempfile::TempDir);

#[cfg(target_os = "linux")]
impl SmallDisk {
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mount = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
            .arg(folder.path())
            .output();
        mount.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let umount = std::process::Command::new("umount").arg(self.0.path()).status();
        assert!(umount.is_ok_and(|status| status.success()), "the small disk could not be taken away");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_refuses_and_a_freed_one_goes_on() {
    let Some(disk) = SmallDisk::new() else {
        eprintln!(
            "SKIPPED: a small disk can be mounted by root only; the page limit test covers the refusal"
        );
        return;
    };
    let ballast = disk.0.path().join("ballast");
    std::fs::write(&ballast, vec![0_u8; 1 << 20]).expect("room for ballast");
    let library = open(disk.0.path());
    let rows = fill(&library).await;
    acknowledged(&library, rows).await;
    let full = library.backup(&disk.0.path().join("copy.db")).await.expect_err("no room");
    assert!(full.to_string().contains("are free"), "{full}");
    std::fs::remove_file(ballast).expect("removes");
    add(&library, 20_000).await.expect("there is room again");
    acknowledged(&library, rows + 1).await;
    drop(library);
    let library = open(disk.0.path());
    acknowledged(&library, rows + 1).await;
    assert_eq!(library.read(hafs_library::verify::integrity).await.expect("reads"), []);
    drop(library);
}
