//! What workers know of their teachers, as rows.

use hafs_library::tables::{families, quota, trials};
use hafs_proto::TeacherName;
use hafs_proto::worker::{TeacherFacts, TeacherTrial};

use super::given::library;
use crate::operations::*;
use crate::world::*;

fn facts(tried: u64, family: &str) -> TeacherFacts {
    let call = call(7);
    TeacherFacts {
        teacher: call.teacher.clone(),
        family: Some(text(family)),
        trial: Some(TeacherTrial { at: at(tried), structured: true, call }),
        withheld: None,
    }
}

#[tokio::test]
async fn a_trial_is_paid_once_however_often_it_is_told_and_the_latest_family_counts() {
    let Some((_place, library)) = library() else { return };
    library.write(everything).await.expect("fills");
    let told = library.write(|tx| {
        let (worker, day) = (id(WORKER), at(20));
        let first = facts(10, "qwen");
        let teacher: TeacherName = first.teacher.clone();
        let before = quota::spent_on_day(tx, teacher.provider(), day)?;
        for _ in 0..3 {
            trials::tell(tx, worker, std::slice::from_ref(&first), day)?;
        }
        let once = quota::spent_on_day(tx, teacher.provider(), day)?;
        trials::tell(tx, worker, &[facts(11, "qwen")], day)?;
        let twice = quota::spent_on_day(tx, teacher.provider(), day)?;
        families::tell(tx, worker, &[first], day)?;
        families::tell(tx, worker, &[facts(11, "llama")], day)?;
        let stranger: TeacherName = name("near/stranger");
        let known = families::of(tx, [&teacher, &stranger])?;
        Ok((once.0 - before.0, twice.0 - before.0, known == [(teacher, "llama".to_owned())].into()))
    });
    assert_eq!(told.await.expect("tells"), (7, 14, true));
}
