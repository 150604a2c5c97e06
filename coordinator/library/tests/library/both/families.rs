//! The store functions, family by family: what goes in comes out.

use hafs_library::tables::seeds::{Inserted, SeedFilter};
use hafs_library::tables::tasks::{Closed, Planned, StoredState, TaskFilter};
use hafs_library::tables::{
    PageRequest, attempts, budget, checks, decisions, duplicates, embeddings, export, receipts, samples,
    seeds, tasks,
};
use hafs_library::{StoreError, Tx, Value};
use hafs_proto::worker::Answer;
use hafs_proto::*;

use super::given::library;
use crate::operations::*;
use crate::world::*;

/// Runs a test inside one write of a new library.
async fn inside(test: impl FnOnce(&mut dyn Tx) -> Result<(), StoreError> + Send + 'static) {
    let Some((_place, library)) = library() else { return };
    library.write(test).await.expect("the test's statements work");
}

#[tokio::test]
async fn a_seed_comes_out_as_it_went_in_and_its_content_is_stored_once() {
    inside(|tx| {
        let seed = seed(1);
        assert_eq!(seeds::insert(tx, seed.id, &seed.draft, seed.created_at)?, Inserted::New(seed.id));
        assert_eq!(seeds::insert(tx, id(2), &seed.draft, at(9))?, Inserted::Known(seed.id));
        assert_eq!(seeds::get(tx, seed.id)?, seed);
        assert_eq!(seeds::find(tx, seed.content_hash)?, Some(seed));
        assert!(matches!(seeds::get(tx, id(2)), Err(StoreError::Missing { what: "seed", .. })));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn pages_follow_each_other_newest_first_without_gaps() {
    inside(|tx| {
        for n in 1..=25 {
            seeds::insert(tx, id(n), &draft(n), at(1))?;
        }
        let filter = SeedFilter {
            kind: Some(SeedKind::CodeUnit),
            source: Some(name("repo")),
            domain: Some(name("rust")),
        };
        let mut request = PageRequest { cursor: None, limit: 10 };
        let mut seen: Vec<SeedId> = Vec::new();
        loop {
            let page = seeds::page(tx, &filter, &request)?;
            seen.extend(page.items.iter().map(|seed| seed.id));
            request.cursor = page.next_cursor;
            if request.cursor.is_none() {
                break;
            }
            // A newcomer does not disturb the pages that follow.
            seeds::insert(tx, id(100 + seen.len() as u128), &draft(100 + seen.len() as u128), at(2))?;
        }
        assert_eq!(seen, (1..=25).rev().map(id).collect::<Vec<SeedId>>());
        let none = SeedFilter { kind: Some(SeedKind::Commit), ..SeedFilter::default() };
        assert!(seeds::page(tx, &none, &PageRequest::default())?.items.is_empty());
        request.cursor = Some("task_0190b2f67c1a7e3f8d2b4c5a6e7f8091".to_owned());
        assert!(matches!(seeds::page(tx, &filter, &request), Err(StoreError::Refused { .. })));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_task_is_planned_once_and_closed_once() {
    inside(|tx| {
        begin(tx, None)?;
        seeds::insert(tx, id(1), &draft(1), at(1))?;
        let task = generate(1, id(1), seed(1), 0);
        assert_eq!(tasks::insert(tx, &task)?, Planned::New(task.id));
        let again = Task { id: id(2), ..task.clone() };
        assert_eq!(tasks::insert(tx, &again)?, Planned::Known(task.id));
        assert!(tasks::record_tries(tx, task.id, tried(1), at(60))?);
        let stored = tasks::get(tx, task.id)?;
        assert_eq!(stored.state, StoredState::Open { not_before: at(60), tries: tried(1) });
        assert_eq!(stored.task, task);
        let dead = task::DeadReason { reason: Reason::Timeout, detail: text("three times") };
        assert_eq!(tasks::bury(tx, task.id, &dead, at(70))?, Closed::Now);
        assert_eq!(tasks::finish(tx, task.id, at(71))?, Closed::Before);
        assert!(!tasks::record_tries(tx, task.id, tried(2), at(72))?);
        assert_eq!(tasks::get(tx, task.id)?.state, StoredState::Dead { at: at(70), reason: dead });
        assert_eq!(tasks::redrive(tx, task.id, at(80))?, Closed::Now);
        assert_eq!(tasks::get(tx, task.id)?.state, StoredState::Open { not_before: at(80), tries: tried(0) });
        assert_eq!(tasks::cancel_run(tx, id(1), at(90))?, [task.id]);
        assert_eq!(tasks::cancel(tx, task.id, at(91))?, Closed::Before);
        assert_eq!(tasks::finish(tx, id(99), at(92))?, Closed::Unknown);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_queue_gets_every_open_task_and_no_closed_one() {
    inside(|tx| {
        begin(tx, None)?;
        for n in 1..=4 {
            plan(tx, n)?;
        }
        tasks::cancel(tx, id(2), at(9))?;
        let mut open = Vec::new();
        tasks::open_each(tx, &mut into(&mut open))?;
        assert_eq!(open.iter().map(|task| task.id).collect::<Vec<_>>(), [id(1), id(3), id(4)]);
        let task = tasks::get(tx, id(1))?.task;
        assert_eq!(
            (open[0].kind, &open[0].route, open[0].priority),
            (TaskKind::Generate, &task.route(), task.priority)
        );
        let wanted = TaskFilter {
            run: Some(id(1)),
            kind: Some(TaskKind::Generate),
            state: Some("cancelled".to_owned()),
        };
        let page = tasks::page(tx, &wanted, &PageRequest::default())?;
        assert_eq!((page.items.len(), page.next_cursor), (1, None));
        assert_eq!(tasks::get_many(tx, &[id(4), id(77), id(1)])?.len(), 2);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_attempt_comes_out_with_its_calls_and_counts_against_the_budget() {
    inside(|tx| {
        begin(tx, Some(100))?;
        plan(tx, 1)?;
        let stored = tasks::get(tx, id(1))?;
        let mut attempt = attempt(1, &stored, "timeout");
        attempt.view.failure = Some(task::FailureClass::Transient);
        attempt.reason = Some(Reason::Timeout);
        let error =
            teacher::CallError { reason: Reason::Timeout, status: Some(504), message: text("too slow") };
        attempt.view.calls.push(CallRecord { error: Some(error), served_model: None, ..call(7) });
        attempts::insert(tx, &attempt)?;
        assert_eq!(attempts::get(tx, id(1))?, attempt.view);
        assert_eq!(attempts::of_task(tx, id(1))?, [attempt.view.clone()]);
        assert_eq!(budget::get(tx, id(1))?.spent, MicroUsd(12));
        attempt.view.id = id(2);
        assert!(attempts::check_call(&attempt.view.calls[0]).is_ok());
        attempt.view.calls[0].usage.input = u64::MAX;
        assert!(attempts::check_call(&attempt.view.calls[0]).is_err());
        assert!(matches!(attempts::insert(tx, &attempt), Err(StoreError::Refused { .. })));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_task_has_one_accepted_attempt_whatever_is_tried() {
    let Some((_place, library)) = library() else { return };
    library.write(|tx| everything(tx)).await.expect("fills");
    let again = library.write(|tx| {
        let task = tasks::get(tx, id(11))?;
        attempts::insert(tx, &attempt(99, &task, "accepted"))
    });
    assert!(matches!(again.await, Err(StoreError::Constraint { .. })));
}

#[tokio::test]
async fn a_sample_comes_out_with_its_whole_chain() {
    inside(|tx| {
        everything(tx)?;
        let detail = samples::detail(tx, id(1_100))?;
        assert_eq!(detail.sample.state, SampleState::Accepted { at: at(6) });
        assert_eq!(detail.seed, seed(11));
        assert_eq!(detail.attempt.calls, [call(5)]);
        let found: Vec<_> = detail.checks.iter().map(|view| view.check.clone()).collect();
        assert_eq!(found, [passed("limits"), failed("hedge")]);
        assert_eq!(detail.verdicts.len(), 1);
        assert_eq!(detail.decision, Some(decision(id(1_100), vec![])));
        let stored = tasks::get(tx, id(11))?;
        let attempt = attempt(11, &stored, "accepted");
        let taken = sample(5_000, &stored.task, &attempt, 0);
        assert_eq!(samples::insert(tx, &taken)?, samples::Stored::SlotTaken);
        let listed = samples::page(tx, &samples::SampleFilter::default(), &PageRequest::default())?;
        assert_eq!(listed.items.len(), 3);
        assert_eq!(tasks::of_sample(tx, id(1_100), TaskKind::Judge)?.len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn samples_are_found_by_state_domain_run_and_any_of_their_reasons() {
    inside(|tx| {
        everything(tx)?;
        let mut count = |filter: samples::SampleFilter| {
            samples::page(tx, &filter, &PageRequest::default()).map(|page| page.items.len())
        };
        let any = samples::SampleFilter::default;
        assert_eq!(count(any())?, 3);
        assert_eq!(count(samples::SampleFilter { state: Some("accepted".to_owned()), ..any() })?, 1);
        assert_eq!(count(samples::SampleFilter { reason: Some(Reason::TooShort), ..any() })?, 1);
        assert_eq!(count(samples::SampleFilter { reason: Some(Reason::TooLong), ..any() })?, 0);
        assert_eq!(
            count(samples::SampleFilter { run: Some(id(1)), domain: Some(name("rust")), ..any() })?,
            3
        );
        assert_eq!(count(samples::SampleFilter { domain: Some(name("docs")), ..any() })?, 0);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn only_whole_candidates_and_reasoned_decisions_are_stored() {
    inside(|tx| {
        everything(tx)?;
        let stored = tasks::get(tx, id(13))?;
        let attempt = attempt(13, &stored, "accepted");
        attempts::insert(tx, &attempt)?;
        let good = sample(1_300, &stored.task, &attempt, 0);
        let refused =
            |outcome: Result<samples::Stored, StoreError>| matches!(outcome, Err(StoreError::Refused { .. }));
        assert!(refused(samples::insert(
            tx,
            &Sample { state: SampleState::Accepted { at: at(1) }, ..good.clone() }
        )));
        assert!(refused(samples::insert(tx, &Sample { output: text("other"), ..good.clone() })));
        let mut groundless = decision(id(1_102), vec![]);
        groundless.accepted = false;
        assert!(matches!(decisions::insert(tx, &groundless), Err(StoreError::Refused { .. })));
        let nobody = decisions::insert(tx, &decision(id(9_999), vec![]));
        assert!(matches!(nobody, Err(StoreError::Missing { .. })));
        assert!(checks::of_sample(tx, id(9_999))?.is_empty());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_later_decision_replaces_the_state_and_keeps_the_history() {
    inside(|tx| {
        everything(tx)?;
        decisions::insert(tx, &decision(id(1_101), vec![]))?;
        assert_eq!(samples::get(tx, id(1_101))?.state, SampleState::Accepted { at: at(6) });
        let kept =
            tx.query("SELECT seq FROM decision WHERE sample = ?1", &[Value::from(id::<SampleId>(1_101))]);
        assert_eq!(kept?.len(), 2);
        assert!(decisions::latest(tx, id(1_101))?.is_some_and(|decision| decision.accepted));
        samples::quarantine(tx, id(1_101), &text("licence"), at(8))?;
        let quarantined = SampleState::Quarantined { at: at(8), why: text("licence") };
        assert_eq!(samples::get(tx, id(1_101))?.state, quarantined);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn duplicates_are_sought_among_accepted_and_undecided_samples_of_all_runs() {
    inside(|tx| {
        everything(tx)?;
        let (accepted, rejected) = (samples::get(tx, id(1_100))?, samples::get(tx, id(1_101))?);
        let mut exact = |hash| duplicates::exact(tx, hash, id(1));
        assert_eq!(exact(accepted.canon_hash)?, Some(accepted.id));
        assert_eq!(exact(rejected.canon_hash)?, None);
        assert_eq!(duplicates::exact(tx, accepted.canon_hash, accepted.id)?, None);
        let mut near = signature(accepted.canon_hash);
        near.bands[0] = 0;
        let found = duplicates::near(tx, &near, id(1))?;
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].sample, &found[0].bytes), (accepted.id, &near.bytes));
        assert_eq!(duplicates::near(tx, &signature(rejected.canon_hash), id(1))?, []);
        near.version = 2;
        assert_eq!(duplicates::near(tx, &near, id(1))?, []);
        assert_eq!(duplicates::get(tx, accepted.id)?, Some(signature(accepted.canon_hash)));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn embeddings_are_finite_and_come_out_bit_for_bit() {
    inside(|tx| {
        everything(tx)?;
        let model = name("embedded/minilm");
        assert_eq!(embeddings::get(tx, id(1_100), &model)?, Some(vec![0.5, -1.0]));
        embeddings::insert(tx, id(1_100), &model, &[f32::MIN_POSITIVE], at(7))?;
        assert_eq!(embeddings::get(tx, id(1_100), &model)?, Some(vec![f32::MIN_POSITIVE]));
        assert_eq!(embeddings::get(tx, id(1_101), &model)?, None);
        for bad in [vec![], vec![f32::NAN]] {
            assert!(embeddings::insert(tx, id(1_101), &model, &bad, at(7)).is_err());
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_repeated_delivery_gets_its_answer_again_and_another_body_is_refused() {
    inside(|tx| {
        everything(tx)?;
        let receipt = receipt(11, &attempt(11, &tasks::get(tx, id(11))?, "accepted"), Answer::Accepted);
        let mut look = |body| receipts::look(tx, id(CREDENTIAL), id(11), body);
        let receipts::Delivery::Repeated(answer) = look(receipt.body_hash)? else { panic!("it is known") };
        assert!(answer.replayed && answer.answer == Answer::Accepted);
        assert_eq!(look(ContentHash::of(b"another"))?, receipts::Delivery::KeyReused);
        assert_eq!(receipts::look(tx, id(9), id(11), receipt.body_hash)?, receipts::Delivery::New);
        assert_eq!(receipts::find(tx, id(CREDENTIAL), id(11))?, Some(receipt));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_delivery_has_one_receipt_whatever_is_tried() {
    let Some((_place, library)) = library() else { return };
    library.write(everything).await.expect("fills");
    let again = library.write(|tx| {
        let attempt = attempt(11, &tasks::get(tx, id(11))?, "accepted");
        receipts::insert(tx, &receipt(11, &attempt, Answer::Accepted))
    });
    assert!(matches!(again.await, Err(StoreError::Constraint { .. })));
}

#[tokio::test]
async fn an_export_gets_every_chosen_sample_once_in_order() {
    inside(|tx| {
        everything(tx)?;
        let mut rows = Vec::new();
        export::each(tx, &export::Choice::default(), &mut into(&mut rows))?;
        assert_eq!(
            rows.iter().map(|row| row.sample.id).collect::<Vec<_>>(),
            [id(1_100), id(1_101), id(1_102)]
        );
        assert_eq!(rows[0].provenance, seed(11).draft.provenance);
        assert_eq!(
            (rows[1].checks.len(), rows[1].decision.is_some(), rows[2].decision.is_some()),
            (2, true, false)
        );
        let other = export::Choice { runs: vec![id(2)], domains: vec![] };
        export::each(tx, &other, &mut |_| panic!("there is none"))?;
        let docs = export::Choice { runs: vec![id(1)], domains: vec![name("docs")] };
        export::each(tx, &docs, &mut |_| panic!("there is none"))?;
        Ok(())
    })
    .await;
}
