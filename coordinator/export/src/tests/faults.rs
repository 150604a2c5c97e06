//! File systems that refuse, targets that are traps, writers that die.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::names;
use crate::fixture::{export, forty, row, settings, with_texts};
use crate::{ExportError, clean_partials, verify_folder, withdraw};
use uuid::Uuid;

/// Tells a child process of a test which folder to export to.
const CHILD: &str = "HAFS_EXPORT_TEST_FOLDER";

/// Runs one of the child tests of this module in a process of its own.
fn child(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a program"));
    command.args(["--exact", &format!("tests::faults::{test}"), "--ignored", "--nocapture"]);
    command.env(CHILD, folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn an_existing_target_of_any_kind_is_refused_and_left_as_it_is() {
    let parent = tempfile::tempdir().expect("a folder");
    let target = parent.path().join("rust-explained");
    fs::create_dir(&target).expect("a folder");
    assert!(matches!(export(&forty(), &settings(parent.path())), Err(ExportError::Exists { .. })));
    fs::remove_dir(&target).expect("removable");
    fs::write(&target, "mine").expect("writable");
    assert!(matches!(export(&forty(), &settings(parent.path())), Err(ExportError::Exists { .. })));
    assert_eq!(fs::read(&target).expect("readable"), b"mine");
    assert_eq!(names(parent.path()), ["rust-explained"]);
}

#[test]
fn a_data_set_that_is_withdrawn_is_gone_and_its_name_is_free_again() {
    let parent = tempfile::tempdir().expect("a folder");
    let settings = settings(parent.path());
    export(&forty(), &settings).expect("written");
    fs::create_dir(parent.path().join("another")).expect("a folder");
    withdraw(&settings).expect("removable");
    assert_eq!(names(parent.path()), ["another"]);
    assert!(matches!(withdraw(&settings), Err(ExportError::Io { .. })), "there is nothing left to withdraw");
    export(&forty(), &settings).expect("written again");
}

#[cfg(unix)]
#[test]
fn a_link_or_fifo_at_the_target_is_never_followed() {
    let (parent, elsewhere) =
        (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let target = parent.path().join("rust-explained");
    for to in [elsewhere.path().to_owned(), elsewhere.path().join("dangling")] {
        std::os::unix::fs::symlink(to, &target).expect("a link");
        assert!(matches!(export(&forty(), &settings(parent.path())), Err(ExportError::Exists { .. })));
        fs::remove_file(&target).expect("removable");
    }
    if Command::new("mkfifo").arg(&target).status().is_ok_and(|status| status.success()) {
        assert!(matches!(export(&forty(), &settings(parent.path())), Err(ExportError::Exists { .. })));
    }
    assert!(names(elsewhere.path()).is_empty());
}

#[cfg(unix)]
#[test]
fn an_export_folder_that_is_a_link_or_a_file_is_refused() {
    let (parent, elsewhere) =
        (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let link = parent.path().join("exports");
    std::os::unix::fs::symlink(elsewhere.path(), &link).expect("a link");
    let error = export(&forty(), &settings(&link)).expect_err("is a link");
    assert!(error.to_string().contains("is a symbolic link"), "{error}");
    fs::remove_file(&link).expect("removable");
    fs::write(&link, "x").expect("writable");
    assert!(matches!(export(&forty(), &settings(&link)), Err(ExportError::NoFolder { .. })));
    assert!(matches!(clean_partials(&link), Err(ExportError::NoFolder { .. })));
    assert!(names(elsewhere.path()).is_empty());
}

#[test]
fn of_two_writers_of_one_name_one_wins_and_the_other_is_told() {
    let parent = tempfile::tempdir().expect("a folder");
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let write = |id| {
            let mut settings = settings(parent.path());
            settings.id = Uuid::from_u128(id).into();
            scope.spawn(move || export(&forty(), &settings))
        };
        let writers: Vec<_> = (1..=4).map(write).collect();
        writers.into_iter().map(|writer| writer.join().expect("no panic")).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for error in outcomes.into_iter().filter_map(Result::err) {
        assert!(matches!(error, ExportError::Exists { .. }), "{error}");
    }
    assert_eq!(names(parent.path()), ["rust-explained"]);
    assert_eq!(verify_folder(&parent.path().join("rust-explained")).defects, []);
}

#[test]
fn leftovers_are_removed_and_everything_else_stays() {
    let parent = tempfile::tempdir().expect("a folder");
    let leftover = parent.path().join(format!(".old.{}.partial", settings(parent.path()).id));
    fs::create_dir_all(leftover.join("alpaca")).expect("a folder");
    fs::write(leftover.join("alpaca/train.jsonl"), "half").expect("writable");
    for kept in [".git", "x.partial", ".old.notanid.partial", ".partial"] {
        fs::create_dir(parent.path().join(kept)).expect("a folder");
    }
    assert_eq!(clean_partials(parent.path()).expect("cleans"), [leftover]);
    assert_eq!(names(parent.path()), [".git", ".old.notanid.partial", ".partial", "x.partial"]);
    assert!(clean_partials(&parent.path().join("nowhere")).expect("nothing to do").is_empty());
}

#[cfg(unix)]
#[test]
fn cleaning_removes_no_link_and_leaves_a_living_writer_alone() {
    let (parent, elsewhere) =
        (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    fs::write(elsewhere.path().join("precious"), "x").expect("writable");
    let settings = settings(parent.path());
    let link = parent.path().join(format!(".trap.{}.partial", settings.id));
    std::os::unix::fs::symlink(elsewhere.path(), &link).expect("a link");
    assert!(clean_partials(parent.path()).expect("cleans").is_empty());
    assert_eq!(names(elsewhere.path()), ["precious"]);
    fs::remove_file(&link).expect("removable");

    let writer = crate::folder::Partial::begin(parent.path(), &settings.name, settings.id).expect("begins");
    assert!(clean_partials(parent.path()).expect("steps back").is_empty());
    assert_eq!(names(parent.path()).len(), 1);
    drop(writer);
    assert!(names(parent.path()).is_empty(), "a writer that gives up leaves nothing");
}

#[cfg(unix)]
#[test]
fn a_file_planted_in_the_partial_folder_is_not_written_through() {
    let (parent, elsewhere) =
        (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let settings = settings(parent.path());
    let writer = crate::folder::Partial::begin(parent.path(), &settings.name, settings.id).expect("begins");
    let planted = parent.path().join(&names(parent.path())[0]).join("README.md");
    std::os::unix::fs::symlink(elsewhere.path().join("victim"), planted).expect("a link");
    assert!(writer.write("README.md", b"x").is_err());
    assert!(names(elsewhere.path()).is_empty());
}

#[test]
#[ignore = "runs only as a child of the tests below"]
fn write_until_killed() {
    let Some(folder) = std::env::var_os(CHILD) else { return };
    let big = "x".repeat(60_000);
    let rows: Vec<_> = (1..=400).map(|n| with_texts(row(n), &format!("Repeat {n}."), "", &big)).collect();
    match export(&rows, &settings(Path::new(&folder))) {
        Ok(_) => println!("written"),
        Err(error) => println!("{error} [full: {}]", error.is_disk_full()),
    }
}

#[test]
fn a_killed_writer_leaves_only_its_partial_folder_and_the_next_start_removes_it() {
    let parent = tempfile::tempdir().expect("a folder");
    let mut killed = 0;
    for _ in 0..5 {
        let mut writer = child("write_until_killed", parent.path()).spawn().expect("starts");
        while names(parent.path()).is_empty() && writer.try_wait().expect("can be asked").is_none() {
            std::thread::yield_now();
        }
        writer.kill().expect("can be killed");
        writer.wait().expect("ends");
        match names(parent.path()).as_slice() {
            [only] if only.starts_with('.') && only.ends_with(".partial") => killed += 1,
            [only] => assert_eq!(verify_folder(&parent.path().join(only)).defects, []),
            other => panic!("{other:?}"),
        }
        clean_partials(parent.path()).expect("cleans");
        let _ = fs::remove_dir_all(parent.path().join("rust-explained"));
        assert!(names(parent.path()).is_empty());
    }
    assert!(killed > 0, "no writer was caught in the middle");
}

/// Runs the writer on a file system of 1 MiB; `None` where this user may not mount one.
#[cfg(target_os = "linux")]
fn on_a_small_disk(options: &str) -> Option<String> {
    let parent = tempfile::tempdir().expect("a folder");
    let program = std::env::current_exe().expect("a program");
    let script = format!(
        "mount -t tmpfs -o {options} tmpfs \"${CHILD}\" || exit 77; \
         \"$0\" --exact tests::faults::write_until_killed --ignored --nocapture; ls -A \"${CHILD}\""
    );
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]).arg(program);
    let output = command.env(CHILD, parent.path()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success() && text.contains("test result")).then_some(text)
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_and_a_read_only_one_give_clear_errors_and_leave_nothing() {
    let (Some(full), Some(read_only)) = (on_a_small_disk("size=1m"), on_a_small_disk("size=1m,ro")) else {
        println!("skipped: this machine does not let tests mount a file system");
        return;
    };
    assert!(full.contains("the disk is full, free some space") && full.contains("[full: true]"), "{full}");
    assert!(read_only.contains("may not be written to"), "{read_only}");
    for output in [full, read_only] {
        let after = output.rsplit_once("filtered out").expect("a summary").1;
        assert_eq!(after.lines().skip(1).collect::<String>(), "", "something is left: {output}");
    }
}
