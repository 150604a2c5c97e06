//! Quarantines and what they taint.

use hafs_library::tables::quarantine::{
    self, Lifted, Place as At, lift_sample, marked_after, preview, samples_after, set_aside, verdicts_after,
    void,
};
use hafs_library::tables::{datasets, samples, taint, trust, verdicts};
use hafs_library::verify::verify;
use hafs_library::{StoreError, Tx};
use hafs_proto::people::{QuarantineState, QuarantineView, Selection};
use hafs_proto::*;

use super::given::library;
use crate::operations::*;
use crate::world::*;

async fn inside(test: impl FnOnce(&mut dyn Tx) -> Result<(), StoreError> + Send + 'static) {
    let Some((_place, library)) = library() else { return };
    library.write(test).await.expect("the test's statements work");
}

fn of_worker() -> Selection {
    Selection { worker: Some(id(WORKER)), ..Selection::default() }
}

fn view(n: u128, selection: Selection) -> QuarantineView {
    QuarantineView {
        id: id(n),
        selection,
        reason: text("poisoned"),
        state: QuarantineState::Running,
        by: text("cred_1"),
        created_at: at(50),
        ended_at: None,
        samples: 0,
        verdicts: 0,
        redrawn: 0,
        kept: 0,
        tainted: Vec::new(),
    }
}

fn why() -> BoundedText<1024> {
    text("poisoned")
}

/// Sets every sample of the worker aside, as quarantine `n`.
fn sweep(tx: &mut dyn Tx, n: u128) -> Result<u64, StoreError> {
    let mut stored = quarantine::insert(tx, &view(n, of_worker()))?;
    for sample in samples_after(tx, &of_worker(), &At::default(), 100)? {
        stored.view.samples += u64::from(set_aside(tx, id(n), sample, &why(), at(51))?);
    }
    stored.view.state = QuarantineState::Done;
    stored.view.ended_at = Some(at(52));
    quarantine::save(tx, &stored)?;
    assert_eq!(quarantine::get(tx, id(n))?, stored);
    Ok(stored.view.samples)
}

fn words(tx: &mut dyn Tx) -> Result<Vec<&'static str>, StoreError> {
    let all = [1_100, 1_101, 1_102];
    all.into_iter().map(|n| samples::get(tx, id(n)).map(|sample| sample.state.word())).collect()
}

#[tokio::test]
async fn a_quarantine_sets_aside_what_fits_every_part_and_says_beforehand_how_much() {
    inside(|tx| {
        everything(tx)?;
        let count = |tx: &mut dyn Tx, selection: &Selection| {
            preview(tx, selection).map(|it| (it.samples, it.accepted, it.verdicts))
        };
        assert_eq!(count(tx, &of_worker())?, (3, 1, 1));
        let teacher = Selection { teacher: Some(name("mock/model")), ..of_worker() };
        assert_eq!(count(tx, &teacher)?, (3, 1, 0), "the judge is another one");
        let judge = Selection { teacher: Some(name("mock/judge")), ..Selection::default() };
        assert_eq!(count(tx, &judge)?, (0, 0, 1));
        let source = Selection { source: Some(name("repo")), ..Selection::default() };
        assert_eq!(count(tx, &source)?, (3, 1, 1));
        let elsewhere = Selection { source: Some(name("other")), ..of_worker() };
        assert_eq!(count(tx, &elsewhere)?, (0, 0, 0), "every part must fit");
        let since = Selection { since: Some(at(5)), ..Selection::default() };
        assert_eq!(count(tx, &since)?, (0, 0, 1), "samples came at 4, the verdict at 5");
        let until = Selection { until: Some(at(5)), ..Selection::default() };
        assert_eq!(count(tx, &until)?, (3, 1, 0), "an end is not part of its time");
        assert_eq!(words(tx)?, ["accepted", "rejected", "candidate"], "a look changes nothing");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn lifting_gives_every_sample_the_state_that_it_had() {
    inside(|tx| {
        everything(tx)?;
        let before: Vec<Sample> =
            [1_100, 1_101, 1_102].into_iter().map(|n| samples::get(tx, id(n))).collect::<Result<_, _>>()?;
        assert_eq!(sweep(tx, 60)?, 3);
        assert!(!set_aside(tx, id(60), id(1_100), &why(), at(53))?, "once for each quarantine");
        assert_eq!(words(tx)?, ["quarantined"; 3]);
        assert_eq!(verify(tx, Some(canon))?.broken, []);
        for sample in marked_after(tx, id(60), &At::default(), 100)? {
            assert_eq!(lift_sample(tx, id(60), sample)?, Lifted::Restored);
            assert_eq!(lift_sample(tx, id(60), sample)?, Lifted::Unmarked);
        }
        for sample in before {
            assert_eq!(samples::get(tx, sample.id)?, sample);
        }
        assert_eq!(verify(tx, Some(canon))?.broken, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn quarantines_of_one_sample_are_lifted_in_any_order() {
    inside(|tx| {
        everything(tx)?;
        for n in [60, 61, 62] {
            assert_eq!(sweep(tx, n)?, 3);
        }
        for (n, held) in [(61, true), (60, true), (62, false)] {
            let lifted = lift_sample(tx, id(n), id(1_100))?;
            assert_eq!(lifted, if held { Lifted::Held } else { Lifted::Restored }, "{n}");
            assert_eq!(verify(tx, Some(canon))?.broken, [], "{n}");
        }
        assert_eq!(samples::get(tx, id(1_100))?.state, SampleState::Accepted { at: at(6) });
        for n in [62, 61, 60] {
            lift_sample(tx, id(n), id(1_102))?;
        }
        assert_eq!(samples::get(tx, id(1_102))?.state, SampleState::Candidate);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_sample_whose_content_was_accepted_again_meanwhile_stays_set_aside() {
    inside(|tx| {
        everything(tx)?;
        sweep(tx, 60)?;
        let task = hafs_library::tables::tasks::get(tx, id(13))?;
        let attempt = attempt(13, &task, "accepted");
        hafs_library::tables::attempts::insert(tx, &attempt)?;
        let twin = samples::get(tx, id(1_100))?;
        let again = Sample {
            canon_hash: twin.canon_hash,
            content_hash: twin.content_hash,
            instruction: twin.instruction,
            output: twin.output,
            ..sample(1_300, &task.task, &attempt, 0)
        };
        samples::insert(tx, &again)?;
        hafs_library::tables::decisions::insert(tx, &decision(again.id, vec![]))?;
        assert_eq!(lift_sample(tx, id(60), id(1_100))?, Lifted::Twice(again.id));
        let state = samples::get(tx, id(1_100))?.state;
        assert!(matches!(state, SampleState::Quarantined { why, .. } if why.contains("same content")));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_verdict_of_a_quarantined_judge_does_not_count_until_it_is_lifted() {
    inside(|tx| {
        everything(tx)?;
        let judge = Selection { teacher: Some(name("mock/judge")), ..Selection::default() };
        quarantine::insert(tx, &view(60, judge.clone()))?;
        let found = verdicts_after(tx, &judge, &At::default(), 10)?;
        assert_eq!(found, [(id(21), id(1_100))]);
        assert!(void(tx, id(60), id(21))? && !void(tx, id(60), id(21))?);
        assert_eq!(verdicts::of_sample(tx, id(1_100))?.len(), 1, "it is still known");
        assert_eq!(verdicts::standing(tx, id(1_100))?, []);
        let void = verdicts::void(tx, id(1_100))?;
        assert!(void.len() == 1 && void[0].judge_itself, "{void:?}");
        samples::reopen(tx, id(1_100))?;
        assert_eq!(verify(tx, Some(canon))?.broken, []);
        quarantine::count_again(tx, id(60), id(21))?;
        assert_eq!(verdicts::standing(tx, id(1_100))?.len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_data_set_is_tainted_by_samples_that_do_not_stand_any_more() {
    inside(|tx| {
        everything(tx)?;
        assert_eq!(taint::all(tx)?, [].into());
        assert_eq!(taint::holding(tx, &of_worker())?.len(), 1);
        sweep(tx, 60)?;
        let found = taint::all(tx)?;
        let taint = &found[&id(31)];
        assert_eq!((taint.samples, taint.certain, &taint.quarantines[..]), (2, true, &[id(60)][..]));
        assert_eq!(taint::fallen(tx, id(31))?, [id(1_100), id(1_101)]);
        let sha = datasets::get(tx, id(31))?.manifest_sha256;
        assert_eq!(datasets::with_manifest(tx, &sha)?.map(|it| it.id), Some(id(31)));
        for sample in [1_100, 1_101] {
            lift_sample(tx, id(60), id(sample))?;
        }
        assert_eq!(taint::all(tx)?, [].into(), "it holds again what it held");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_data_set_without_a_list_counts_as_tainted_by_whatever_it_may_hold() {
    inside(|tx| {
        everything(tx)?;
        let (view, request) = dataset();
        for (n, runs, made) in [(32, vec![], 7), (33, vec![id(9)], 7), (34, vec![], 3)] {
            let view = people_view(n, made, &view);
            let request = people::ExportRequest { runs, ..request.clone() };
            datasets::insert(tx, &view, &request)?;
        }
        sweep(tx, 60)?;
        let found = taint::all(tx)?;
        assert_eq!(found.keys().copied().collect::<Vec<DatasetId>>(), [id(31), id(32)]);
        assert!(
            !found[&id(32)].certain && found[&id(32)].samples == 2,
            "of another run, or older: not tainted"
        );
        let listed = taint::holding(tx, &of_worker())?;
        assert_eq!(listed.iter().map(|view| view.id).collect::<Vec<_>>(), [id(31), id(32)]);
        Ok(())
    })
    .await;
}

fn people_view(n: u128, made: u64, like: &people::DatasetView) -> people::DatasetView {
    people::DatasetView { id: id(n), created_at: at(made), ..like.clone() }
}

#[tokio::test]
async fn the_trust_in_a_worker_is_noted_and_a_change_behind_our_back_is_named() {
    inside(|tx| {
        begin(tx, None)?;
        let noted = trust::get(tx, id(WORKER))?.expect("is noted");
        let suspended = trust::StoredTrust { state: TrustState::Suspended, since: at(9), ..noted };
        trust::put(tx, id(WORKER), &suspended)?;
        assert_eq!(trust::get(tx, id(WORKER))?, Some(suspended.clone()));
        assert_eq!(trust::suspended(tx)?, [id(WORKER)].into());
        assert_eq!(trust::all(tx)?, [(id(WORKER), suspended)].into());
        assert_eq!(verify(tx, None)?.broken, []);
        tx.exec("UPDATE worker_trust SET state = 'trusted'", &[])?;
        let broken = verify(tx, None)?.broken;
        assert!(broken.iter().any(|row| row.table == "worker_trust"), "{broken:?}");
        Ok(())
    })
    .await;
}
