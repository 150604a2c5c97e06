//! `backup` and `restore`: what is refused, what is kept, and what the new library holds.

use std::num::NonZeroUsize;
use std::path::Path;

use hafs_library::{Birth, Library, OpenSettings};
use hafs_proto::Timestamp;
use serde_json::Value;

use crate::home::Home;

/// A library with nothing but its own facts in it.
fn library(path: &Path) -> Library {
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
    let settings = OpenSettings {
        address: path.into(),
        readers: NonZeroUsize::MIN,
        birth: Birth { incarnation: [1; 16], lease_key: [2; 32] },
        now: Timestamp::EPOCH,
    };
    Library::open(&settings).expect("opens")
}

/// A home whose library was copied to `safe.db`.
fn backed_up() -> Home {
    let home = Home::new();
    drop(library(&home.data().join("library.db")));
    assert_eq!(home.run(&["backup", "safe.db"]).code, Some(0));
    home
}

/// Files of the data folder whose names begin so.
fn named(home: &Home, prefix: &str) -> Vec<String> {
    let entries = std::fs::read_dir(home.data()).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.starts_with(prefix));
    names.sort();
    names
}

#[test]
fn a_backup_becomes_the_library_of_an_empty_folder() {
    let home = backed_up();
    std::fs::remove_dir_all(home.data()).expect("removed");
    let ended = home.run(&["restore", "safe.db"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for word in ["safe.db, verified", "samples", "join token", "hafs-factory verify"] {
        assert!(ended.stdout.contains(word), "`{word}` is not in {ended:?}");
    }
    assert_eq!(home.run(&["verify"]).code, Some(0));
    assert_eq!(home.run(&["status"]).code, Some(0));
}

#[test]
fn a_library_that_is_there_is_replaced_only_by_force_and_kept() {
    let home = backed_up();
    home.run(&["restore", "safe.db"]).fails(2, &["a library at", "--force"]);
    assert_eq!(named(&home, "library.db.replaced-"), Vec::<String>::new());
    let forced = home.run(&["restore", "safe.db", "--force", "--json"]);
    assert_eq!(forced.code, Some(0), "{forced:?}");
    let document: Value = serde_json::from_str(&forced.stdout).expect("one document");
    assert_eq!(document["holds"]["samples"], 0);
    let former = document["former"].as_str().expect("it was kept");
    assert!(Path::new(former).exists(), "{former}");
    assert_eq!(home.run(&["verify", "--library", former]).code, Some(0), "it is whole");
}

#[test]
fn a_library_in_use_is_not_replaced() {
    let home = backed_up();
    let held = library(&home.data().join("library.db"));
    home.run(&["restore", "safe.db", "--force"]).fails(4, &["is in use by process"]);
    assert_eq!(named(&home, "library.db.replaced-"), Vec::<String>::new());
    drop(held);
    assert_eq!(home.run(&["restore", "safe.db", "--force"]).code, Some(0));
}

#[test]
fn what_is_no_sound_backup_is_not_restored_and_the_library_stays() {
    let home = backed_up();
    let before = std::fs::read(home.data().join("library.db")).expect("read");
    home.run(&["restore", "absent.db", "--force"]).fails(2, &["no backup at absent.db"]);
    home.write("notes.db", "this is no library, but somebody's notes\n");
    home.run(&["restore", "notes.db", "--force"]).fails(4, &["notes.db"]);

    let mut torn = std::fs::read(home.path("safe.db")).expect("read");
    for page in torn.chunks_mut(4_096).skip(1) {
        page[..64].fill(0xee);
    }
    std::fs::write(home.path("torn.db"), torn).expect("written");
    let ended = home.run(&["restore", "torn.db", "--force"]);
    assert!(matches!(ended.code, Some(4 | 6)), "{ended:?}");
    assert!(ended.stderr.contains("torn.db"), "{ended:?}");
    let own = home.data().join("library.db").to_string_lossy().into_owned();
    home.run(&["restore", &own, "--force"]).fails(1, &["it is the library itself"]);

    assert_eq!(std::fs::read(home.data().join("library.db")).expect("still there"), before);
    assert_eq!(named(&home, "library.db.replaced-"), Vec::<String>::new());
}

#[test]
fn a_log_that_was_left_behind_is_not_applied_to_the_restored_library() {
    let home = backed_up();
    std::fs::remove_file(home.data().join("library.db")).expect("removed");
    std::fs::write(home.data().join("library.db-wal"), "of another library").expect("written");
    home.run(&["restore", "safe.db"]).fails(1, &["library.db-wal exists", "nothing is overwritten"]);
    assert_eq!(home.run(&["restore", "safe.db", "--force"]).code, Some(0));
    assert_eq!(home.run(&["verify"]).code, Some(0));
}

#[test]
fn a_library_of_a_newer_program_is_named_by_every_command_and_left_alone() {
    let home = backed_up();
    let path = home.data().join("library.db");
    let mut bytes = std::fs::read(&path).expect("read");
    // The schema version: SQLite's `user_version`, big-endian at byte 60 of the header.
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(&path, &bytes).expect("written");
    home.write("docs/a.md", crate::bad_input::DOCUMENT);
    for args in [&["status"][..], &["verify"], &["samples", "list"], &["export"], &["backup", "copy.db"]] {
        home.run(args).fails(4, &["schema version 99", "newer"]);
    }
    let doctor = home.run(&["doctor"]);
    assert!(doctor.stdout.contains("schema version 99"), "{doctor:?}");
    assert_eq!(std::fs::read(&path).expect("still there"), bytes);
}
