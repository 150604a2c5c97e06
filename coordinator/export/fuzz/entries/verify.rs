//! What must hold for every data-set folder, whoever wrote it.

use std::fs;

use hafs_export::verify_folder;

/// Files of a data set, in the order in which they stand in the input.
const FILES: [&str; 4] = ["manifest.json", "splits.json", "alpaca/train.jsonl", "README.md"];
/// What stands between two files.
const BETWEEN: &str = "\n--8<--\n";

/// A folder is judged, and the same way twice.
///
/// # Panics
/// When it is not.
pub fn verify(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("alpaca")).expect("a folder");
    let text = String::from_utf8_lossy(bytes);
    for (file, content) in FILES.iter().zip(text.split(BETWEEN)) {
        fs::write(folder.path().join(file), content).expect("a file");
    }
    let found = verify_folder(folder.path());
    assert!(found.manifest.is_some() || !found.defects.is_empty(), "without a manifest it is not whole");
    assert_eq!(verify_folder(folder.path()), found);
}
