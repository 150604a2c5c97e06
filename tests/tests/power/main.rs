//! A power cut at any moment: what was acknowledged is on the disk, and what is on the disk is whole.
//!
//! A program is traced, and the disk is put together again as a power cut at some moment would leave it: what was
//! synced by then is there; of the rest nothing, everything or any part, torn between sectors. Then our own code opens it.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a test program, with tasks of its own")]

mod disk;
mod postgres;
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

/// What one program promises.
#[derive(Clone, Copy)]
struct Promise {
    program: &'static str,
    honesty: Honesty,
    search: Search,
    /// Makes what is there before the program begins.
    prepare: fn(&Path) -> Result<(), String>,
    /// Opens what the cut has left, and gives what it finds.
    open: fn(&Path) -> Result<BTreeSet<String>, String>,
}

/// How long a loss is searched for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Search {
    /// Where to open what is left takes milliseconds.
    Thorough,
    /// Where it takes a second.
    Slow,
    /// Where there is much to be found.
    Brief,
}

impl Search {
    /// Moments of each kind.
    fn moments(self) -> usize {
        let few = match self {
            Self::Thorough => 24,
            Self::Slow => 4,
            Self::Brief => 2,
        };
        std::env::var(CUTS).ok().and_then(|cuts| cuts.parse().ok()).unwrap_or(few)
    }

    /// What may be left of what was not synced.
    fn leftovers(self, nth: u64) -> Vec<Unsynced> {
        match self {
            Self::Thorough => {
                vec![Unsynced::Lost, Unsynced::Kept, Unsynced::Torn(nth), Unsynced::Torn(!nth)]
            }
            Self::Slow => vec![Unsynced::Lost, Unsynced::Torn(nth)],
            Self::Brief => vec![Unsynced::Lost],
        }
    }
}

impl Promise {
    /// What begins with an empty disk that does as it says.
    const fn of(program: &'static str, open: fn(&Path) -> Result<BTreeSet<String>, String>) -> Self {
        Self { program, honesty: Honesty::Honest, search: Search::Thorough, prepare: |_| Ok(()), open }
    }
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
    if let Err(why) = (promise.prepare)(&home) {
        println!("SKIPPED: {why}");
        return None;
    }
    let before = Disk::of(&home);
    let Some(calls) = trace::record(promise.program, programs::FOLDER, &home) else {
        println!("SKIPPED: no process can be traced here (strace is missing, or not allowed)");
        return None;
    };
    assert_faithful(&before, &calls, &home, &folder.path().join("end"));
    let mut outcome = Outcome::default();
    for (nth, line) in moments(&calls, promise.search.moments()).into_iter().enumerate() {
        let disk = before.after(&calls, line, promise.honesty);
        let told = told(&calls, line);
        outcome.acknowledged = outcome.acknowledged.max(told.len());
        for unsynced in promise.search.leftovers(nth as u64) {
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
fn assert_faithful(before: &Disk, calls: &[Call], home: &Path, end: &Path) {
    let whole = before.after(calls, usize::MAX, Honesty::Honest);
    whole.restore(home, end, Unsynced::Kept).expect("writes");
    let (replayed, found) = (Disk::of(end), Disk::of(home));
    // The index of SQLite's log is memory that happens to have a name.
    for name in found.names(home).filter(|name| !name.to_string_lossy().ends_with("-shm")) {
        assert!(
            replayed.bytes(&end.join(&name)) == found.bytes(&home.join(&name)),
            "the trace lacks something of {}",
            name.display()
        );
    }
}

/// Moments right after an acknowledgement, when most is owed, and others in between.
fn moments(calls: &[Call], wanted: usize) -> Vec<usize> {
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
    results(&settings)
}

/// The results that a library has, if it is whole.
fn results(settings: &OpenSettings) -> Result<BTreeSet<String>, String> {
    let library = Library::open(settings).map_err(|error| format!("{error:?}"))?;
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

fn assert_kept(promise: &Promise) {
    let Some(outcome) = cut(promise) else { return };
    assert!(outcome.broken.is_empty(), "{:#?}", outcome.broken);
    assert!(outcome.lost.is_empty(), "acknowledged and lost: {:?}", outcome.lost);
}

fn assert_lost(promise: &Promise) {
    let Some(outcome) = cut(promise) else { return };
    assert!(!outcome.lost.is_empty(), "{}: nothing was lost", promise.program);
}

#[test]
fn what_a_coordinator_acknowledged_is_in_its_library_after_a_power_cut_and_the_library_is_whole() {
    assert_kept(&Promise::of("programs::coordinator", open_library));
}

#[test]
fn what_was_spooled_is_in_the_spool_after_a_power_cut() {
    assert_kept(&Promise::of("programs::spool", open_spool));
}

#[test]
fn the_test_finds_what_programs_lose_that_do_not_wait_for_the_disk() {
    assert_lost(&Promise::of("programs::careless_off", open_careless));
    assert_lost(&Promise::of("programs::careless_normal", open_careless));
    assert_kept(&Promise::of("programs::careful", open_careless));
}

#[test]
fn the_test_finds_what_is_lost_on_a_disk_that_does_not_do_what_it_says() {
    let promises =
        [Promise::of("programs::coordinator", open_library), Promise::of("programs::spool", open_spool)];
    for promise in promises {
        assert_lost(&Promise { honesty: Honesty::Liar, ..promise });
    }
}
