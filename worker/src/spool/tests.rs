//! What the spool promises.

use std::fs;

use hafs_proto::lease::{Attempt, Generation, LeaseKey};
use hafs_proto::task::{FailureClass, TaskOutput};
use hafs_proto::{CompletionId, Reason, TaskId, WorkerId};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::agent::{Fault, Kept, Parcel, ParcelKind};

fn parcel(number: u128) -> Parcel {
    let key = CompletionId::from_uuid(Uuid::from_u128(number));
    let task = TaskId::from_uuid(Uuid::from_u128(number + 1_000));
    let worker = WorkerId::from_uuid(Uuid::from_u128(1));
    let token = LeaseKey::new([1; 32]).sign(task, worker, Generation(1), Attempt(1));
    if number.is_multiple_of(2) {
        let fault = Fault::new(FailureClass::Invalid, Reason::JsonUnparsable, "a detail\nof two lines");
        Parcel::Failure(Box::new(fault.into_failure(key, task, token, Vec::new())))
    } else {
        let output =
            TaskOutput::Harvest { seeds: Vec::new(), next_cursor: None, skipped: Default::default() };
        Parcel::Completion(Box::new(hafs_proto::task::Completion {
            key,
            task,
            token,
            calls: Vec::new(),
            output,
        }))
    }
}

#[test]
fn a_result_survives_a_restart_and_is_sent_with_the_same_bytes() {
    let dir = tempfile::tempdir().expect("a folder");
    let (spool, found) = Spool::open(dir.path()).expect("opens");
    assert!(found.is_empty());
    let first = spool.put(&parcel(3));
    let second = spool.put(&parcel(2));
    let body = spool.read(first.key).expect("reads");
    drop(spool);
    let (spool, found) = Spool::open(dir.path()).expect("opens again");
    assert_eq!(found, [second.clone(), first.clone()], "oldest first");
    assert_eq!((second.kind, first.kind), (ParcelKind::Failure, ParcelKind::Completion));
    assert_eq!(spool.read(first.key), Some(body));
    spool.forget(&[first.key, second.key]);
    assert!(Spool::open(dir.path()).expect("opens").1.is_empty());
}

#[test]
fn a_write_that_was_cut_short_is_taken_when_whole_and_kept_aside_when_not() {
    let dir = tempfile::tempdir().expect("a folder");
    let (spool, _) = Spool::open(dir.path()).expect("opens");
    let whole = spool.put(&parcel(1)).key;
    let cut = spool.put(&parcel(3)).key;
    let (whole_file, cut_file) =
        (dir.path().join(format!("{whole}.json")), dir.path().join(format!("{cut}.json")));
    fs::rename(&whole_file, dir.path().join(format!("{whole}.json.partial"))).expect("renames");
    let bytes = fs::read(&cut_file).expect("reads");
    fs::remove_file(&cut_file).expect("removes");
    fs::write(dir.path().join(format!("{cut}.json.partial")), &bytes[..bytes.len() - 5]).expect("writes");
    let (_, found) = Spool::open(dir.path()).expect("opens");
    assert_eq!(found.iter().map(|spooled| spooled.key).collect::<Vec<_>>(), [whole]);
    assert!(whole_file.exists());
    assert!(dir.path().join("corrupt").join(format!("{cut}.json.partial")).exists());
}

#[test]
fn strangers_in_the_folder_are_moved_aside_and_never_sent() {
    let dir = tempfile::tempdir().expect("a folder");
    let (spool, _) = Spool::open(dir.path()).expect("opens");
    let key = spool.put(&parcel(1)).key;
    let other = CompletionId::from_uuid(Uuid::from_u128(99));
    fs::copy(dir.path().join(format!("{key}.json")), dir.path().join(format!("{other}.json")))
        .expect("copies");
    fs::write(dir.path().join("notes.txt"), "hello").expect("writes");
    let (_, found) = Spool::open(dir.path()).expect("opens");
    assert_eq!(found.len(), 1);
    assert_eq!(fs::read_dir(dir.path().join("corrupt")).expect("lists").count(), 2);
}

#[test]
fn a_disk_that_refuses_keeps_the_result_in_memory_until_it_takes_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().join("spool");
    let (spool, _) = Spool::open(&folder).expect("opens");
    fs::rename(&folder, dir.path().join("away")).expect("renames");
    let spooled = spool.put(&parcel(1));
    assert_eq!(spooled.kept, Kept::InMemory);
    assert!(spool.read(spooled.key).is_some(), "it can be delivered all the same");
    assert_eq!(spool.put_again(spooled.key), Kept::InMemory);
    fs::rename(dir.path().join("away"), &folder).expect("renames back");
    assert_eq!(spool.put_again(spooled.key), Kept::OnDisk);
    assert_eq!(Spool::open(&folder).expect("opens").1.len(), 1);
}

#[test]
fn a_refused_result_is_kept_where_a_person_can_look_at_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let (spool, _) = Spool::open(dir.path()).expect("opens");
    let key = spool.put(&parcel(1)).key;
    spool.set_aside(key, "invalid");
    assert!(dir.path().join("refused").join(format!("{key}.json")).exists());
    assert!(Spool::open(dir.path()).expect("opens").1.is_empty());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_spool() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().expect("a folder");
    let (spool, _) = Spool::open(dir.path()).expect("opens");
    let key = spool.put(&parcel(1)).key;
    let mode = |path: &std::path::Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!(mode(dir.path()), 0o700);
    assert_eq!(mode(&dir.path().join(format!("{key}.json"))), 0o600);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_flipped_bit_or_a_cut_is_never_sent_as_if_it_were_whole(at in 0_usize..4_000, bit in 0_u8..8, cut: bool) {
        let dir = tempfile::tempdir().expect("a folder");
        let (spool, _) = Spool::open(dir.path()).expect("opens");
        let key = spool.put(&parcel(2)).key;
        let path = dir.path().join(format!("{key}.json"));
        let mut bytes = fs::read(&path).expect("reads");
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
        fs::write(&path, &bytes).expect("writes");
        prop_assert_eq!(spool.read(key), None);
        prop_assert!(!path.exists());
        let kept = dir.path().join("corrupt").join(format!("{key}.json"));
        prop_assert!(kept.exists());
    }
}
