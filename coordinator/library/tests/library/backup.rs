//! Backups and their way back.

use hafs_library::restore::restore;
use hafs_library::tables::{audit, meta, seeds};
use hafs_library::verify::verify;
use hafs_library::{Library, StoreError};
use hafs_proto::{Attempt, SeedId, TaskId, WorkerId};

use crate::operations::{everything, plan};
use crate::world::{at, canon, id, library, settings};

#[tokio::test]
async fn a_backup_is_a_whole_library_made_while_it_is_in_use() {
    let (folder, library) = library();
    library.write(everything).await.expect("fills");
    let copy = folder.path().join("copy.db");
    let writing = library.write(|tx| plan(tx, 50));
    let (report, written) = tokio::join!(library.backup(&copy), writing);
    written.expect("writing goes on");
    let report = report.expect("copies");
    assert_eq!(report.bytes, std::fs::metadata(&copy).expect("is there").len());
    let inspected = Library::inspect(&copy, |tx| verify(tx, Some(canon))).expect("verifies");
    assert_eq!(inspected.broken, []);
    let copied = Library::open(&settings(copy)).expect("opens");
    let verified = copied.read(|tx| verify(tx, Some(canon))).await.expect("verifies");
    assert_eq!(verified.broken, []);
    assert!(verified.rows["seed"] >= 3);
}

#[tokio::test]
async fn a_restored_library_fences_old_leases_but_knows_old_tokens() {
    let (folder, library) = library();
    library.write(everything).await.expect("fills");
    let before = library.write(meta::next_generation).await.expect("counts");
    let copy = folder.path().join("copy.db");
    library.backup(&copy).await.expect("copies");
    let (task, worker): (TaskId, WorkerId) = (id(1), id(2));
    let token = library.read(meta::lease_key).await.expect("reads").sign(task, worker, before, Attempt(1));
    drop(library);

    let there = folder.path().join("library.db");
    let error = restore(&copy, &there, [5; 16], at(9)).expect_err("nothing is overwritten");
    assert!(error.to_string().contains("nothing is overwritten"), "{error}");
    let restored = folder.path().join("restored.db");
    restore(&copy, &restored, [5; 16], at(9)).expect("restores");
    let library = Library::open(&settings(restored)).expect("opens");
    assert_eq!(library.read(meta::incarnation).await.expect("reads"), "05".repeat(16));
    assert!(library.read(meta::generation).await.expect("reads").0 > before.0 + (1 << 31));
    assert!(library.read(meta::lease_key).await.expect("reads").verify(&token, task, worker));
    assert_eq!(library.read(|tx| audit::about(tx, "library")).await.expect("reads").len(), 1);
    assert_eq!(library.read(|tx| verify(tx, None)).await.expect("verifies").broken, []);
}

#[tokio::test]
async fn a_failed_backup_leaves_the_older_one_as_it_was() {
    let (folder, library) = library();
    library.write(|tx| everything(tx)).await.expect("fills");
    let copy = folder.path().join("copy.db");
    library.backup(&copy).await.expect("copies");
    let before = std::fs::read(&copy).expect("reads");
    // A folder where the temporary file should be.
    std::fs::create_dir(folder.path().join("copy.db.partial")).expect("creates");
    let error = library.backup(&copy).await.expect_err("fails");
    assert!(matches!(error, StoreError::Copy { .. }), "{error}");
    assert_eq!(std::fs::read(&copy).expect("reads"), before);
    let nowhere =
        library.backup(&folder.path().join("no/such/copy.db")).await.expect_err("fails").to_string();
    assert!(nowhere.contains("create it first"), "{nowhere}");
}

#[tokio::test]
async fn a_damaged_backup_is_not_restored() {
    let (folder, library) = library();
    library.write(everything).await.expect("fills");
    let copy = folder.path().join("copy.db");
    library.backup(&copy).await.expect("copies");
    let mut bytes = std::fs::read(&copy).expect("reads");
    for page in bytes.chunks_mut(4_096).skip(1) {
        page[..64].fill(0xee);
    }
    std::fs::write(&copy, bytes).expect("writes");
    let restored = folder.path().join("restored.db");
    let error = restore(&copy, &restored, [5; 16], at(9)).expect_err("damaged");
    assert!(error.to_string().contains("copy.db"), "{error}");
    assert!(!restored.exists());
    let seed: SeedId = id(11);
    library.read(move |tx| seeds::get(tx, seed)).await.expect("the library itself is well");
}
