//! What must hold for every file in the folder of a spool, whatever a crash or a person has made of it.

use std::sync::Arc;

use hafs_runtime::clock::SystemClock;
use hafs_worker::spool::Spool;

/// A spool opens whatever stands in its file; what it lists it can give, and it opens again with the same.
///
/// # Panics
/// When it does not.
pub fn spool(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("0000000001.segment"), bytes).expect("a file");
    let listed = open(folder.path());
    assert_eq!(open(folder.path()), listed);
}

fn open(folder: &std::path::Path) -> usize {
    let (spool, listed) = Spool::open(folder, Arc::new(SystemClock)).expect("damage is set aside");
    for entry in &listed {
        assert!(spool.read(entry.key).is_some(), "what is listed can be read");
    }
    listed.len()
}
