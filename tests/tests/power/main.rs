//! A power cut at any moment: what was acknowledged is on the disk, and what is on the disk is whole.
//!
//! A program is traced, and the disk is put together again as a power cut at some moment would leave it: what was
//! synced by then is there; of the rest nothing, everything or any part, torn between sectors. Then our own code opens it.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a test program, with tasks of its own")]

mod disk;
mod programs;
mod trace;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use hafs_library::{Birth, Library, OpenSettings, verify};
use hafs_proto::{CompletionId, Timestamp};
use hafs_runtime::clock::SteadyClock;
use hafs_worker::spool::Spool;

use crate::disk::{Disk, Honesty, Unsynced};
use crate::programs::FORGOTTEN;
use crate::trace::{Call, What};

/// Names how many moments are tried; a few, so that it takes seconds, unless somebody has an hour.
const CUTS: &str = "HAFS_POWER_CUTS";
const FEW: usize = 24;

/// What one program promises.
struct Promise {
    program: &'static str,
    honesty: Honesty,
    /// Opens what the cut has left, and gives what it finds.
    open: fn(&Path) -> Result<BTreeSet<String>, String>,
}

/// What came of all cuts.
#[derive(Debug, Default)]
struct Outcome {
    cuts: usize,
    acknowledged: usize,
    lost: BTreeSet<String>,
    broken: Vec<String>,
}

/// Cuts the power of a program at many moments. Nothing where it cannot be traced.
fn cut(promise: &Promise) -> Option<Outcome> {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().canonicalize().expect("is there").join("home");
    let Some(calls) = trace::record(promise.program, programs::FOLDER, &home) else {
        println!("SKIPPED: no process can be traced here (strace is missing, or not allowed)");
        return None;
    };
    assert_faithful(&calls, &home, &folder.path().join("end"));
    let mut outcome = Outcome::default();
    for (nth, line) in moments(&calls).into_iter().enumerate() {
        let disk = Disk::at(&calls, line, promise.honesty);
        let told = told(&calls, line);
        outcome.acknowledged = outcome.acknowledged.max(told.len());
        for unsynced in
            [Unsynced::Lost, Unsynced::Kept, Unsynced::Torn(nth as u64), Unsynced::Torn(!(nth as u64))]
        {
            let after = folder.path().join("after");
            disk.restore(&home, &after, unsynced).expect("writes");
            match (promise.open)(&after) {
                Ok(found) => outcome.lost.extend(told.difference(&found).cloned()),
                Err(error) => outcome.broken.push(format!("line {line}, {unsynced:?}: {error}")),
            }
            outcome.cuts += 1;
            std::fs::remove_dir_all(&after).or_else(|_| std::fs::create_dir_all(&after)).expect("is ours");
        }
    }
    let Outcome { cuts, acknowledged, lost, broken } = &outcome;
    let (lost, broken) = (lost.len(), broken.len());
    println!(
        "{}: {cuts} power cuts, {acknowledged} acknowledged, {lost} lost, {broken} unreadable",
        promise.program
    );
    assert!(*acknowledged > 0, "the program acknowledged nothing");
    Some(outcome)
}

/// The disk that was put together again is, at the end of the program, the one that is there.
fn assert_faithful(calls: &[Call], home: &Path, end: &Path) {
    Disk::at(calls, usize::MAX, Honesty::Honest).restore(home, end, Unsynced::Kept).expect("writes");
    for file in std::fs::read_dir(home).expect("lists").map(|file| file.expect("a file")) {
        let is_file = file.file_type().expect("is there").is_file();
        // The index of the log is memory that happens to have a name.
        if is_file && !file.file_name().to_string_lossy().ends_with("-shm") {
            let replayed = std::fs::read(end.join(file.file_name())).ok();
            assert_eq!(
                replayed,
                std::fs::read(file.path()).ok(),
                "the trace lacks something of {:?}",
                file.file_name()
            );
        }
    }
}

/// Moments right after an acknowledgement, when most is owed, and others in between.
fn moments(calls: &[Call]) -> Vec<usize> {
    let wanted = std::env::var(CUTS).ok().and_then(|cuts| cuts.parse().ok()).unwrap_or(FEW);
    let acknowledged = calls.iter().filter(|call| matches!(call.what, What::Acknowledge(_)));
    let told: Vec<usize> = acknowledged.map(|call| call.began + 1).collect();
    let any: Vec<usize> = calls.iter().map(|call| call.began).collect();
    spread(&told, wanted).chain(spread(&any, wanted)).collect()
}

fn spread(lines: &[usize], wanted: usize) -> impl Iterator<Item = usize> {
    let step = lines.len().div_ceil(wanted.max(1)).max(1);
    lines.iter().rev().step_by(step).copied()
}

/// What was acknowledged before a line, and is not given up since.
fn told(calls: &[Call], line: usize) -> BTreeSet<String> {
    let mut told = BTreeSet::new();
    for call in calls.iter().take_while(|call| call.began < line) {
        if let What::Acknowledge(what) = &call.what {
            match what.strip_prefix(FORGOTTEN) {
                Some(given_up) => drop(told.remove(given_up)),
                None => drop(told.insert(what.clone())),
            }
        }
    }
    told
}

fn open_library(folder: &Path) -> Result<BTreeSet<String>, String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let birth = Birth { incarnation: [1; 16], lease_key: [2; 32] };
    let address = folder.join("library.db").into();
    let settings = OpenSettings { address, readers: NonZeroUsize::MIN, birth, now: Timestamp::EPOCH };
    let library = Library::open(&settings).map_err(|error| format!("{error:?}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let look = |tx: &mut dyn hafs_library::Tx| {
            let keys = tx.query("SELECT key FROM receipt", &[])?;
            let keys: Result<BTreeSet<String>, _> =
                keys.iter().map(|row| row.get::<CompletionId>("key").map(|key| key.to_string())).collect();
            Ok((keys?, verify::integrity(tx)?, verify::verify(tx, None)?.broken))
        };
        let (keys, damage, broken) = library.read(look).await.map_err(|error| format!("{error:?}"))?;
        if damage.is_empty() && broken.is_empty() { Ok(keys) } else { Err(format!("{damage:?} {broken:?}")) }
    })
}

fn open_spool(folder: &Path) -> Result<BTreeSet<String>, String> {
    let (spool, found) =
        Spool::open(folder, Arc::new(SteadyClock::start())).map_err(|error| error.to_string())?;
    let unread = found.iter().filter(|spooled| spool.read(spooled.key).is_none()).count();
    if unread > 0 {
        return Err(format!("{unread} results are listed and cannot be read"));
    }
    Ok(found.iter().map(|spooled| spooled.key.to_string()).collect())
}

fn open_careless(folder: &Path) -> Result<BTreeSet<String>, String> {
    let read = || -> rusqlite::Result<BTreeSet<String>> {
        let file = rusqlite::Connection::open(programs::careless_file(folder))?;
        let mut rows = file.prepare("SELECT key FROM row")?;
        rows.query_map([], |row| row.get(0))?.collect()
    };
    // A file that was never made has nothing in it.
    Ok(read().unwrap_or_default())
}

#[test]
fn what_a_coordinator_acknowledged_is_in_its_library_after_a_power_cut_and_the_library_is_whole() {
    let promise = Promise { program: "programs::coordinator", honesty: Honesty::Honest, open: open_library };
    let Some(outcome) = cut(&promise) else { return };
    assert!(outcome.broken.is_empty(), "{:#?}", outcome.broken);
    assert!(outcome.lost.is_empty(), "acknowledged and lost: {:?}", outcome.lost);
}

#[test]
fn what_was_spooled_is_in_the_spool_after_a_power_cut() {
    let promise = Promise { program: "programs::spool", honesty: Honesty::Honest, open: open_spool };
    let Some(outcome) = cut(&promise) else { return };
    assert!(outcome.broken.is_empty(), "{:#?}", outcome.broken);
    assert!(outcome.lost.is_empty(), "spooled and lost: {:?}", outcome.lost);
}

#[test]
fn the_test_finds_what_programs_lose_that_do_not_wait_for_the_disk() {
    for (program, loses) in
        [("programs::careless_off", true), ("programs::careless_normal", true), ("programs::careful", false)]
    {
        let promise = Promise { program, honesty: Honesty::Honest, open: open_careless };
        let Some(outcome) = cut(&promise) else { return };
        assert_eq!(!outcome.lost.is_empty(), loses, "{program}: {outcome:?}");
    }
}

#[test]
fn the_test_finds_what_is_lost_on_a_disk_that_does_not_do_what_it_says() {
    for promise in [
        Promise { program: "programs::coordinator", honesty: Honesty::Liar, open: open_library },
        Promise { program: "programs::spool", honesty: Honesty::Liar, open: open_spool },
    ] {
        let Some(outcome) = cut(&promise) else { return };
        assert!(!outcome.lost.is_empty(), "{}: nothing was lost", promise.program);
    }
}
