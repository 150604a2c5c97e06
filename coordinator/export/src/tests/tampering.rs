//! Whatever is changed in a written folder is found.

use std::fs;
use std::path::Path;

use crate::fixture::{export, forty, settings};
use crate::{Defect, verify_folder};
use sha2::{Digest, Sha256};

fn data_set() -> (tempfile::TempDir, crate::Written) {
    let parent = tempfile::tempdir().expect("a folder");
    let written = export(&forty(), &settings(parent.path())).expect("exports");
    (parent, written)
}

fn edit(path: &Path, change: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(path).expect("readable");
    fs::write(path, change(text)).expect("writable");
}

/// Brings a file's entry in the manifest up to date, as someone would who covers up a change.
fn cover_up(folder: &Path, file: &str) {
    let bytes = fs::read(folder.join(file)).expect("readable");
    edit(&folder.join("manifest.json"), |text| {
        let mut manifest: crate::Manifest = serde_json::from_str(&text).expect("a manifest");
        let entry = manifest.files.get_mut(file).expect("listed");
        entry.sha256 = crate::folder::hex(&Sha256::digest(&bytes));
        entry.bytes = bytes.len() as u64;
        entry.lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        serde_json::to_string(&manifest).expect("serialises")
    });
}

fn defects(folder: &Path) -> String {
    let defects = verify_folder(folder).defects;
    assert!(!defects.is_empty(), "the change was not found");
    defects.iter().map(|defect| format!("{defect}\n")).collect()
}

#[test]
fn an_untouched_folder_is_whole_and_gives_its_manifest() {
    let (_parent, written) = data_set();
    let found = verify_folder(&written.path);
    assert_eq!(found.defects, []);
    assert_eq!(found.manifest.as_ref(), Some(&written.manifest));
    assert_eq!(found.manifest_sha256.as_ref(), Some(&written.manifest_sha256));
}

#[test]
fn one_flipped_bit_in_any_file_is_found() {
    let (_parent, written) = data_set();
    for (file, bytes) in super::files(&written.path) {
        let path = written.path.join(&file);
        for at in [0, bytes.len() / 3, bytes.len() / 2, bytes.len() - 2] {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            fs::write(&path, &flipped).expect("writable");
            let found = verify_folder(&written.path);
            let noticed =
                !found.defects.is_empty() || found.manifest_sha256.as_ref() != Some(&written.manifest_sha256);
            assert!(noticed, "byte {at} of {}", file.display());
        }
        fs::write(&path, &bytes).expect("writable");
    }
    assert_eq!(verify_folder(&written.path).defects, []);
}

#[test]
fn a_changed_text_is_found_even_when_the_manifest_was_changed_along() {
    let (_parent, written) = data_set();
    let file = "messages/train.jsonl";
    edit(&written.path.join(file), |text| text.replacen("It is ", "It was ", 1));
    assert!(defects(&written.path).contains("does not match") || defects(&written.path).contains("bytes"));
    cover_up(&written.path, file);
    assert!(defects(&written.path).contains("texts that do not match their content hash"));
}

#[test]
fn a_row_in_another_split_is_found_even_when_the_manifest_was_changed_along() {
    let (_parent, written) = data_set();
    let from = written.path.join("alpaca/test.jsonl");
    let text = fs::read_to_string(&from).expect("readable");
    let (moved, rest) = text.split_once('\n').expect("a row");
    fs::write(&from, rest).expect("writable");
    edit(&written.path.join("alpaca/train.jsonl"), |text| format!("{text}{moved}\n"));
    cover_up(&written.path, "alpaca/test.jsonl");
    cover_up(&written.path, "alpaca/train.jsonl");
    assert!(defects(&written.path).contains("which splits.json puts into test"));
}

#[test]
fn repeated_missing_and_foreign_rows_are_found() {
    let (_parent, written) = data_set();
    let file = "text/train.jsonl";
    let path = written.path.join(file);
    let whole = fs::read_to_string(&path).expect("readable");
    let first = whole.split_inclusive('\n').next().expect("a row").to_owned();
    let foreign = "{\"text\":\"x\"}\n";
    let extra = first.replacen("{\"id\"", "{\"extra\":1,\"id\"", 1);
    for (changed, finding) in [
        (format!("{whole}{first}"), "repeats a row"),
        (whole.replacen(&first, "", 1), "exported is 40 but the text files hold 39"),
        (format!("{whole}{foreign}"), "is no row of its format"),
        (whole.replacen(&first, &extra, 1), "is no row of its format"),
    ] {
        fs::write(&path, changed).expect("writable");
        cover_up(&written.path, file);
        assert!(defects(&written.path).contains(finding), "{finding}");
    }
}

#[test]
fn a_rejected_sample_offered_as_a_good_one_is_found() {
    let (_parent, written) = data_set();
    let file = "kto/train.jsonl";
    edit(&written.path.join(file), |text| text.replacen("\"label\":false", "\"label\":true", 1));
    cover_up(&written.path, file);
    assert!(defects(&written.path).contains("reasons for rejection on a good answer"));
}

#[test]
fn counts_that_were_changed_are_found() {
    let (_parent, written) = data_set();
    edit(&written.path.join("manifest.json"), |text| {
        text.replacen("\"accepted\": 40", "\"accepted\": 41", 1)
    });
    assert!(defects(&written.path).contains("add up to"));
}

#[test]
fn missing_and_additional_files_are_found() {
    let (_parent, written) = data_set();
    fs::write(written.path.join("alpaca/notes.txt"), "x").expect("writable");
    fs::remove_file(written.path.join("dpo/train.jsonl")).expect("removable");
    let found = defects(&written.path);
    assert!(
        found.contains("alpaca/notes.txt is not listed") && found.contains("dpo/train.jsonl cannot be read")
    );
}

#[test]
fn a_manifest_that_leads_out_of_the_folder_is_not_followed() {
    let (_parent, written) = data_set();
    edit(&written.path.join("manifest.json"), |text| {
        text.replacen("alpaca/train.jsonl", "../../etc/passwd", 1)
    });
    let found = verify_folder(&written.path).defects;
    assert!(found.contains(&Defect::UnknownPath { file: "../../etc/passwd".to_owned() }), "{found:?}");
}

#[test]
fn what_is_no_data_set_is_named_and_nothing_panics() {
    let parent = tempfile::tempdir().expect("a folder");
    assert!(defects(&parent.path().join("nowhere")).contains("cannot be read"));
    assert!(defects(parent.path()).contains("manifest.json cannot be read"));
    for junk in ["", "{}", "[1]", "\0\u{1}"] {
        fs::write(parent.path().join("manifest.json"), junk).expect("writable");
        assert!(defects(parent.path()).contains("manifest.json cannot be read"));
    }
}

#[cfg(unix)]
#[test]
fn links_and_fifos_in_a_data_set_are_not_opened() {
    let (parent, written) = data_set();
    let file = written.path.join("alpaca/train.jsonl");
    fs::rename(&file, parent.path().join("elsewhere")).expect("movable");
    std::os::unix::fs::symlink(parent.path().join("elsewhere"), &file).expect("a link");
    assert!(defects(&written.path).contains("alpaca/train.jsonl is a symbolic link"));
    fs::remove_file(&file).expect("removable");
    if std::process::Command::new("mkfifo").arg(&file).status().is_ok_and(|status| status.success()) {
        assert!(defects(&written.path).contains("alpaca/train.jsonl is no plain file"));
    }
}
