//! What teachers and generators have come to, counted from the newest rows.

use hafs_library::tables::{records, samples};
use hafs_proto::people::{ReasonCount, TeacherRecord};
use hafs_proto::{MicroUsd, Reason, Timestamp};

use super::given::library;
use crate::operations::*;
use crate::world::*;

/// The ids of the rows are small numbers: as old as time.
fn dawn() -> Timestamp {
    Timestamp::from_millis(0).expect("in range")
}

#[tokio::test]
async fn a_teacher_is_known_by_its_calls_its_samples_and_whether_its_verdicts_hold() {
    let Some((_place, library)) = library() else { return };
    library.write(everything).await.expect("fills");
    let author = TeacherRecord {
        calls: 2,
        latency_ms: 30,
        slowest_ms: 30,
        input_tokens: 20,
        output_tokens: 40,
        cost: MicroUsd(10),
        accepted: 1,
        rejected: 1,
        ..TeacherRecord::of(name("mock/model"))
    };
    let judge = TeacherRecord { agreed: 1, ..TeacherRecord::of(name("mock/judge")) };
    let all = library.read(|tx| records::of_teachers(tx, dawn())).await.expect("reads");
    assert_eq!(all, [judge, author]);
    assert_eq!(library.read(|tx| records::of_teachers(tx, at(0))).await.expect("reads"), [], "all are older");
}

#[tokio::test]
async fn a_domain_shows_what_a_generator_made_of_it_and_why_the_rest_was_rejected() {
    let Some((_place, library)) = library() else { return };
    library.write(everything).await.expect("fills");
    let yields = library.read(|tx| records::of_run(tx, id(1))).await.expect("reads");
    let [one] = yields.as_slice() else { panic!("one domain: {yields:?}") };
    assert_eq!((one.domain.as_str(), one.generator.as_str()), ("rust", "explain"));
    assert_eq!((one.accepted, one.rejected), (1, 1));
    let reason = |reason, first| ReasonCount { reason, first, any: 1 };
    assert_eq!(one.reasons, [reason(Reason::Hedge, 1), reason(Reason::TooShort, 0)]);
    assert!(library.read(|tx| records::of_run(tx, id(99))).await.is_err(), "no such run");
}

#[tokio::test]
async fn samples_are_counted_by_the_time_in_their_ids() {
    let Some((_place, library)) = library() else { return };
    library.write(everything).await.expect("fills");
    let counts = library.read(|tx| {
        let old = samples::made(tx, (id(1), "accepted", dawn()..at(0)))?;
        Ok((old, samples::made(tx, (id(1), "accepted", at(0)..at(1_000)))?))
    });
    assert_eq!(counts.await.expect("reads"), (1, 0));
}
