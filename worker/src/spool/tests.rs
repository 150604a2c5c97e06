//! What the spool promises.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hafs_proto::lease::{Attempt, Generation, LeaseKey};
use hafs_proto::task::{Completion, FailureClass, TaskOutput};
use hafs_proto::{
    CallRecord, CompletionId, ContentHash, MicroUsd, Reason, StopReason, TaskId, Usage, WorkerId,
};
use hafs_runtime::clock::ManualClock;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::agent::{Fault, Kept, Parcel, ParcelKind, Spooled};

fn key(number: u128) -> CompletionId {
    CompletionId::from_uuid(Uuid::from_u128(number))
}

fn task(number: u128) -> TaskId {
    TaskId::from_uuid(Uuid::from_u128(number + 1_000))
}

fn parcel(number: u128) -> Parcel {
    let (key, task) = (key(number), task(number));
    let worker = WorkerId::from_uuid(Uuid::from_u128(1));
    let token = LeaseKey::new([1; 32]).sign(task, worker, Generation(1), Attempt(1));
    if number.is_multiple_of(2) {
        let fault = Fault::new(FailureClass::Invalid, Reason::JsonUnparsable, "a detail\nof two lines");
        Parcel::Failure(Box::new(fault.into_failure(key, task, token, Vec::new())))
    } else {
        let output =
            TaskOutput::Harvest { seeds: Vec::new(), next_cursor: None, skipped: Default::default() };
        Parcel::Completion(Box::new(Completion { key, task, token, calls: Vec::new(), output }))
    }
}

fn open(folder: &Path) -> (Arc<Spool>, Vec<Spooled>) {
    let (spool, found) = Spool::open(folder, Arc::new(ManualClock::default())).expect("opens");
    (Arc::new(spool), found)
}

fn keys(found: &[Spooled]) -> Vec<CompletionId> {
    found.iter().map(|spooled| spooled.key).collect()
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(folder).expect("lists").map(|entry| entry.expect("an entry").path());
    let mut found: Vec<PathBuf> =
        all.filter(|path| path.extension().is_some_and(|suffix| suffix == "segment")).collect();
    found.sort();
    found
}

fn names(folder: &Path, place: &str) -> Vec<String> {
    let all = fs::read_dir(folder.join(place)).expect("lists");
    all.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn a_result_survives_a_restart_and_is_sent_with_the_same_bytes() {
    let dir = tempfile::tempdir().expect("a folder");
    let (spool, found) = open(dir.path());
    assert!(found.is_empty());
    let first = spool.put(&parcel(3)).await;
    let second = spool.put(&parcel(2)).await;
    let body = spool.read(first.key).expect("reads");
    drop(spool);
    let (spool, found) = open(dir.path());
    assert_eq!(found, [second.clone(), first.clone()], "oldest first");
    assert_eq!((second.kind, first.kind), (ParcelKind::Failure, ParcelKind::Completion));
    assert_eq!(spool.read(first.key), Some(body));
    spool.forget(&[first.key, second.key]).await;
    assert!(open(dir.path()).1.is_empty());
}

#[tokio::test]
async fn results_that_arrive_together_share_a_segment_and_each_is_answered_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    let (spool, _) = open(dir.path());
    let parcels: Vec<Parcel> = (1..=64).map(parcel).collect();
    let put = futures_util::future::join_all(parcels.iter().map(|parcel| spool.put(parcel))).await;
    assert!(put.iter().all(|spooled| spooled.kept == Kept::OnDisk));
    assert_eq!(segments(dir.path()).len(), 1);
    let answered: Vec<CompletionId> = (1..=64).filter(|number| number % 7 > 0).map(key).collect();
    spool.forget(&answered).await;
    assert!(answered.iter().all(|key| spool.read(*key).is_none()), "what is answered is gone");
    drop(spool);
    let (_, found) = open(dir.path());
    assert_eq!(keys(&found), (1..=64).filter(|number| number % 7 == 0).map(key).collect::<Vec<_>>());
}

#[tokio::test]
async fn space_is_given_back_when_all_results_of_a_segment_are_answered() {
    let dir = tempfile::tempdir().expect("a folder");
    let (spool, _) = open(dir.path());
    for number in 1..=2 {
        spool.put(&parcel(number)).await;
    }
    drop(spool);
    let (spool, found) = open(dir.path());
    assert_eq!((found.len(), segments(dir.path()).len()), (2, 1));
    spool.put(&parcel(3)).await;
    assert_eq!(segments(dir.path()).len(), 2, "segments of an earlier process are not added to");
    spool.forget(&[key(1), key(2)]).await;
    assert_eq!(segments(dir.path()).len(), 1);
    spool.forget(&[key(3)]).await;
    let left = segments(dir.path());
    assert_eq!(left.iter().map(|path| fs::metadata(path).expect("is there").len()).sum::<u64>(), 0);
    spool.put(&parcel(4)).await;
    drop(spool);
    assert_eq!(keys(&open(dir.path()).1), [key(4)]);
}

#[tokio::test]
async fn a_line_that_was_cut_short_is_set_aside_once_and_what_is_whole_is_kept() {
    let dir = tempfile::tempdir().expect("a folder");
    let (spool, _) = open(dir.path());
    for number in 1..=3 {
        spool.put(&parcel(number)).await;
    }
    drop(spool);
    let path = segments(dir.path()).remove(0);
    let bytes = fs::read(&path).expect("reads");
    fs::write(&path, &bytes[..bytes.len() - 5]).expect("writes");
    let (spool, found) = open(dir.path());
    assert_eq!(keys(&found), [key(1), key(2)]);
    assert_eq!(names(dir.path(), "corrupt").len(), 1);
    spool.forget(&[key(1)]).await;
    drop(spool);
    assert_eq!(keys(&open(dir.path()).1), [key(2)], "the cut line does not swallow what follows");
    assert_eq!(names(dir.path(), "corrupt").len(), 1);
}

#[tokio::test]
async fn files_of_earlier_versions_are_taken_in_when_whole_and_strangers_are_moved_aside() {
    let dir = tempfile::tempdir().expect("a folder");
    for number in 1..=3 {
        let entry = super::parcel::entry(&parcel(number));
        let (name, text) = (file::name(&entry.key), file::encode(&entry));
        match number {
            1 => fs::write(dir.path().join(name), text),
            2 => fs::write(dir.path().join(format!("{name}.partial")), text),
            _ => fs::write(dir.path().join(name), &text[..text.len() - 1]),
        }
        .expect("writes");
    }
    let other = super::parcel::entry(&parcel(4));
    fs::write(dir.path().join(file::name(&key(99).to_string())), file::encode(&other)).expect("writes");
    fs::write(dir.path().join("notes.txt"), "hello").expect("writes");
    let (spool, found) = open(dir.path());
    assert_eq!(keys(&found), [key(1), key(2)]);
    assert_eq!(names(dir.path(), "corrupt").len(), 3);
    assert!(spool.read(key(2)).is_some());
    drop(spool);
    assert_eq!(keys(&open(dir.path()).1), [key(1), key(2)], "they are in a segment now");
}

#[tokio::test]
async fn a_disk_that_refuses_keeps_the_result_in_memory_until_it_takes_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().join("spool");
    let (spool, _) = open(&folder);
    fs::rename(&folder, dir.path().join("away")).expect("renames");
    let spooled = spool.put(&parcel(1)).await;
    assert_eq!(spooled.kept, Kept::InMemory);
    assert!(spool.read(spooled.key).is_some(), "it can be delivered all the same");
    assert_eq!(spool.put_again(spooled.key).await, Kept::InMemory);
    fs::rename(dir.path().join("away"), &folder).expect("renames back");
    assert_eq!(spool.put_again(spooled.key).await, Kept::OnDisk);
    assert_eq!(open(&folder).1.len(), 1);
}

#[tokio::test]
async fn a_refused_result_is_kept_where_a_person_can_look_at_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let (spool, _) = open(dir.path());
    let key = spool.put(&parcel(1)).await.key;
    spool.set_aside(key, "invalid".to_owned()).await;
    assert_eq!(names(dir.path(), "refused"), [format!("{key}.json")]);
    assert!(open(dir.path()).1.is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_spool() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().expect("a folder");
    let (spool, _) = open(dir.path());
    spool.put(&parcel(1)).await;
    let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!(mode(dir.path()), 0o700);
    assert_eq!(mode(&segments(dir.path())[0]), 0o600);
}

fn record() -> CallRecord {
    CallRecord {
        teacher: "script/one".parse().expect("a teacher"),
        served_model: None,
        request_id: None,
        stop: StopReason::Complete,
        usage: Usage::default(),
        latency_ms: 1_234,
        cost: MicroUsd(7),
        prompt_hash: ContentHash::of(b"the question"),
        reply_hash: None,
        reply_excerpt: None,
        error: None,
    }
}

#[tokio::test]
async fn a_paid_reply_survives_a_restart_for_the_same_question_until_its_task_has_a_result() {
    let dir = tempfile::tempdir().expect("a folder");
    let (spool, _) = open(dir.path());
    spool.journal().keep(task(1), record(), "prose\nof two lines").await;
    drop(spool);
    let (spool, found) = open(dir.path());
    assert!(found.is_empty(), "it is no result");
    let kept = spool.journal().recall(task(1), record().prompt_hash).await.expect("is there");
    assert_eq!((kept.record, kept.reply.as_str()), (record(), "prose\nof two lines"));
    assert_eq!(spool.journal().recall(task(1), ContentHash::of(b"another")).await, None);
    assert_eq!(spool.journal().recall(task(2), record().prompt_hash).await, None);
    spool.put(&parcel(1)).await;
    assert_eq!(spool.journal().recall(task(1), record().prompt_hash).await, None);
    drop(spool);
    let (spool, _) = open(dir.path());
    assert_eq!(spool.journal().recall(task(1), record().prompt_hash).await, None);
}

#[tokio::test]
async fn replies_whose_tasks_never_come_back_are_dropped_by_age_and_number() {
    let dir = tempfile::tempdir().expect("a folder");
    let clock = ManualClock::default();
    let reopen = || Spool::open(dir.path(), Arc::new(clock.clone())).expect("opens").0.journal();
    let journal = reopen();
    journal.keep(task(1), record(), "old").await;
    clock.advance(Duration::from_hours(73));
    drop(journal);
    let journal = reopen();
    assert_eq!(journal.recall(task(1), record().prompt_hash).await, None);
    journal.keep(task(2), record(), "new").await;
    let more = (3..=1_026).map(|number| journal.keep(task(number), record(), "more"));
    clock.advance(Duration::from_secs(1));
    futures_util::future::join_all(more).await;
    assert_eq!(journal.recall(task(2), record().prompt_hash).await, None, "the oldest of too many");
    assert!(journal.recall(task(1_026), record().prompt_hash).await.is_some());
    journal.keep(task(1_026), record(), &"x".repeat(1_000_000)).await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_flipped_bit_or_a_cut_is_never_sent_as_if_it_were_whole(
        at in 0_usize..4_000, bit in 0_u8..8, cut: bool, restart: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let dir = tempfile::tempdir().expect("a folder");
        let (spool, _) = open(dir.path());
        for number in [1, 2, 4] {
            runtime.block_on(spool.put(&parcel(number)));
        }
        let whole: Vec<_> = [1, 2, 4].map(|number| spool.read(key(number))).to_vec();
        let path = segments(dir.path()).remove(0);
        let mut bytes = fs::read(&path).expect("reads");
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
        fs::write(&path, &bytes).expect("writes");
        let spool = if restart { open(dir.path()).0 } else { spool };
        let found: Vec<_> = [1, 2, 4].map(|number| spool.read(key(number))).to_vec();
        prop_assert!(found.iter().zip(&whole).all(|(found, whole)| found.is_none() || found == whole));
        let lost = found.iter().filter(|body| body.is_none()).count();
        if !cut {
            prop_assert!((1..=2).contains(&lost), "a line, or two when the break between them is hit: {}", lost);
        }
        let at_line_start = cut && (at == 0 || bytes.ends_with(b"\n"));
        prop_assert_eq!(names(dir.path(), "corrupt").is_empty(), restart && at_line_start);
    }
}
