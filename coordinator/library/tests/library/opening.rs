//! Opening: what is refused, and in which words.

use hafs_library::tables::meta;
use hafs_library::{Library, StoreError};

use crate::world::{open, settings};

fn refusal(path: &std::path::Path) -> String {
    Library::open(&settings(path.to_owned())).expect_err("refused").to_string()
}

#[tokio::test]
async fn a_library_keeps_what_it_was_born_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = open(folder.path());
    let generation = library.write(meta::next_generation).await.expect("counts");
    assert_eq!(generation.0, 1);
    drop(library);
    let mut again = settings(folder.path().join("library.db"));
    again.birth.incarnation = [9; 16];
    let library = Library::open(&again).expect("opens");
    let incarnation = library.read(meta::incarnation).await.expect("reads");
    assert_eq!(incarnation, "01".repeat(16), "the second birth is ignored");
    assert_eq!(library.write(meta::next_generation).await.expect("counts").0, 2);
}

#[test]
fn the_second_opener_is_told_who_has_the_library() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(folder.path());
    let path = folder.path().join("library.db");
    let error = Library::open(&settings(path.clone())).expect_err("locked");
    let StoreError::Locked { pid, .. } = &error else { panic!("{error}") };
    assert_eq!(*pid, if cfg!(unix) { Some(std::process::id()) } else { None });
    assert!(
        error.to_string().contains("library.db") && error.to_string().contains("stop that process"),
        "{error}"
    );
    drop(first);
    Library::open(&settings(path)).expect("the lock ends with its holder");
}

#[test]
fn a_closed_library_is_one_file_beside_its_lock() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(folder.path()));
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .expect("lists")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    names.sort();
    assert_eq!(names, ["library.db", "library.db.lock"]);
}

#[test]
fn a_newer_library_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(folder.path()));
    let path = folder.path().join("library.db");
    rusqlite::Connection::open(&path)
        .and_then(|c| c.pragma_update(None, "user_version", 99))
        .expect("updates");
    let before = std::fs::read(&path).expect("reads");
    let text = refusal(&path);
    assert!(text.contains("99") && text.contains("newer program"), "{text}");
    assert_eq!(std::fs::read(&path).expect("reads"), before);
}

#[test]
fn what_is_no_library_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.db");
    std::fs::write(&path, "a diary, not a database").expect("writes");
    assert!(refusal(&path).contains("not a database"));
    assert_eq!(std::fs::read_to_string(&path).expect("reads"), "a diary, not a database");
    std::fs::remove_file(&path).expect("removes");
    rusqlite::Connection::open(&path).and_then(|c| c.execute_batch("CREATE TABLE t (n)")).expect("creates");
    assert!(refusal(&path).contains("another program"));
    assert!(refusal(folder.path()).contains("it is a folder"));
    assert!(refusal(&folder.path().join("no/such/library.db")).contains("folder exists"));
}

#[cfg(unix)]
#[test]
fn a_damaged_first_page_is_refused_in_words() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(folder.path()));
    let path = folder.path().join("library.db");
    let mut bytes = std::fs::read(&path).expect("reads");
    bytes[16..100].fill(0xff);
    std::fs::write(&path, bytes).expect("writes");
    let text = refusal(&path);
    assert!(text.contains("library.db") && text.contains("restore a backup"), "{text}");
}

#[tokio::test]
async fn a_library_can_be_inspected_beside_the_process_that_has_it_and_not_be_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("library.db");
    let none = Library::inspect(&path, |_| Ok(())).expect_err("there is none").to_string();
    assert!(none.contains("there is no library"), "{none}");
    let library = open(folder.path());
    library.write(meta::next_generation).await.expect("counts");
    assert_eq!(Library::inspect(&path, meta::generation).expect("reads").0, 1);
    assert!(Library::inspect(&path, meta::next_generation).is_err());
    drop(library);
    assert_eq!(Library::inspect(&path, meta::generation).expect("reads").0, 1);
}
