//! Tests of whole folders.

mod bytes;
mod contents;
mod faults;
mod hostile;
mod loading;
mod tampering;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Every file below a folder, by its path from there.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = PathBuf::from(path.file_name().expect("a name"));
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(below, bytes)| (name.join(below), bytes)));
        } else {
            found.insert(name, std::fs::read(&path).expect("readable"));
        }
    }
    found
}

/// The rows of one format, with the split of each.
fn rows(folder: &Path, format: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for split in ["train", "val", "test"] {
        let text =
            std::fs::read_to_string(folder.join(format).join(format!("{split}.jsonl"))).unwrap_or_default();
        let parse = |line| (split.to_owned(), serde_json::from_str(line).expect("JSON"));
        found.extend(text.split_terminator('\n').map(parse));
    }
    found
}

/// Names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
