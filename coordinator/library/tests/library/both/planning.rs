//! What the planner asks, and what people are told of a run.

use std::collections::{BTreeMap, BTreeSet};

use hafs_library::tables::tasks::{StoredState, StoredTries};
use hafs_library::tables::{
    budget, decisions, harvest, planning, progress, runs, samples, seeds, tasks, verdicts,
};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::ReasonCount;
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
async fn a_generator_gets_each_seed_of_the_runs_sources_once() {
    inside(|tx| {
        begin(tx, None)?;
        for n in 1..=3 {
            seeds::insert(tx, id(n), &draft(n), at(1))?;
        }
        tasks::insert(tx, &generate(1, id(1), seed(1), 0))?;
        let mut unused =
            |generator, kinds: &[SeedKind], rewrite: Option<&str>| -> Result<Vec<SeedId>, StoreError> {
                let wanted = planning::SeedsWanted { generator: &name(generator), kinds, rewrite };
                let found = planning::seeds(tx, id(1), &[name("repo")], wanted, 10)?;
                Ok(found.into_iter().map(|seed| seed.id).collect())
            };
        assert_eq!(unused("explain", &[SeedKind::CodeUnit], None)?, [id(2), id(3)]);
        assert_eq!(unused("complete", &[SeedKind::CodeUnit], None)?, [id(1), id(2), id(3)]);
        assert_eq!(unused("complete", &[SeedKind::CodeUnit], Some("hooked"))?, [], "they are no routines");
        let mut routine = draft(4);
        routine.context.insert("rewrites".to_owned(), text("faster hooked"));
        seeds::insert(tx, id(4), &routine, at(1))?;
        let mut unused = |rewrite| {
            planning::seeds(
                tx,
                id(1),
                &[name("repo")],
                planning::SeedsWanted {
                    generator: &name("complete"),
                    kinds: &[SeedKind::CodeUnit],
                    rewrite: Some(rewrite),
                },
                10,
            )
        };
        assert_eq!(unused("hooked")?.iter().map(|seed| seed.id).collect::<Vec<_>>(), [id(4)]);
        assert_eq!(unused("hook")?, [], "a part of a word is no word");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn progress_is_counted_from_the_rows_and_adds_up() {
    inside(|tx| {
        everything(tx)?;
        let progress = progress::of_run(tx, id(1))?;
        assert_eq!(
            (progress.generated, progress.accepted, progress.rejected, progress.candidates),
            (3, 1, 1, 1)
        );
        assert_eq!((progress.failed, progress.open_tasks, progress.seeds), (1, 1, 3));
        assert_eq!((progress.calls, progress.input_tokens, progress.output_tokens), (2, 20, 40));
        assert_eq!(progress.cost, MicroUsd(10));
        let count = |reason, first| ReasonCount { reason, first, any: 1 };
        assert_eq!(progress.rejections, [count(Reason::Hedge, 1), count(Reason::TooShort, 0)]);
        assert_eq!(progress.failures, [count(Reason::Timeout, 1)]);
        runs::set_state(tx, id(1), RunState::Finished, &text("target reached"), at(9))?;
        let run = runs::get(tx, id(1))?;
        assert_eq!((run.ended_at, run.ended_because), (Some(at(9)), Some(text("target reached"))));
        assert_eq!(runs::in_state(tx, RunState::Running)?, []);
        assert_eq!(runs::list(tx)?.len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_planner_sees_what_lacks_and_what_can_be_mended() {
    inside(|tx| {
        everything(tx)?;
        assert_eq!(
            planning::accepted_per_group(tx, id(1))?,
            BTreeMap::from([("repo:src/file2.rs".to_owned(), 1)])
        );
        let fixable = planning::fixable(tx, id(1), 1, 10)?;
        assert_eq!((fixable.len(), fixable[0].sample, fixable[0].round), (1, id(1_101), 0));
        assert_eq!(planning::fixable(tx, id(1), 0, 10)?, [], "no repair is allowed");
        let top = planning::top_reasons(tx, id(1), &name("explain"), 5)?;
        assert_eq!(top.iter().map(|top| top.reason).collect::<Vec<_>>(), [Reason::Hedge, Reason::TooShort]);
        tasks::insert(tx, &generate(99, id(1), seed(11), 1))?;
        assert_eq!(planning::fixable(tx, id(1), 5, 10)?, [], "the next round is planned already");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_sample_rejected_for_a_systemic_reason_too_is_not_tried_again() {
    inside(|tx| {
        everything(tx)?;
        decisions::insert(tx, &decision(id(1_101), vec![Reason::Hedge, Reason::NearDuplicate]))?;
        assert_eq!(planning::fixable(tx, id(1), 5, 10)?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_candidate_awaits_its_decision_when_no_judge_of_it_is_under_way() {
    inside(|tx| {
        everything(tx)?;
        assert_eq!(samples::awaiting(tx, 10)?, [id(1_102)]);
        let task = judge(40, &samples::get(tx, id(1_102))?);
        tasks::insert(tx, &task)?;
        assert_eq!(samples::awaiting(tx, 10)?, []);
        tasks::cancel(tx, task.id, at(9))?;
        assert_eq!(samples::awaiting(tx, 10)?, [id(1_102)]);
        runs::set_state(tx, id(1), RunState::Finished, &text("target reached"), at(9))?;
        assert_eq!(samples::awaiting(tx, 10)?, [], "nobody is asked and paid after the run's end");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_budget_is_never_overdrawn_and_never_negative() {
    inside(|tx| {
        begin(tx, Some(100))?;
        for n in 1..=3 {
            plan(tx, n)?;
        }
        let mut reserve = |n, amount| budget::reserve(tx, id(1), id(n), MicroUsd(amount), at(1));
        assert_eq!(reserve(1, 60)?, budget::Reservation::Held);
        assert_eq!(reserve(2, 41)?, budget::Reservation::Exhausted);
        assert_eq!(reserve(1, 50)?, budget::Reservation::Held, "a second claim replaces the first's hold");
        assert_eq!(reserve(2, 50)?, budget::Reservation::Held);
        generated(tx, 1, 1)?;
        for _ in 0..2 {
            budget::settle(tx, id(1))?;
        }
        let now = budget::get(tx, id(1))?;
        assert_eq!((now.reserved, now.spent, now.ceiling), (MicroUsd(50), MicroUsd(5), Some(MicroUsd(100))));
        assert_eq!(budget::settle_closed(tx)?, 0, "the task that it is held for is open still");
        assert_eq!(budget::get(tx, id(1))?.reserved, MicroUsd(50));
        tasks::cancel_run(tx, id(1), at(9))?;
        assert_eq!(budget::settle_closed(tx)?, 1);
        assert_eq!(budget::get(tx, id(1))?.reserved, MicroUsd::ZERO);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_planners_view_of_a_run_counts_tasks_samples_and_the_dearest_attempt() {
    inside(|tx| {
        everything(tx)?;
        let numbers = planning::numbers(tx, id(1))?;
        assert_eq!((numbers.accepted, numbers.augmented, numbers.decided, numbers.candidates), (1, 0, 2, 1));
        assert_eq!((numbers.finished, numbers.dearest_task), (2, MicroUsd(5)));
        assert_eq!(numbers.open, BTreeMap::from([(TaskKind::Generate, 1)]));
        let pair = (name("explain"), name("mock/model"));
        assert_eq!(planning::planned(tx, id(1))?, BTreeMap::from([(pair, 3)]));
        assert_eq!(planning::planned_per_group(tx, id(1))?.values().sum::<u64>(), 3);
        let parent = samples::get(tx, id(1_100))?;
        assert_eq!(planning::parents(tx, id(1), 5)?, [(parent.id, parent.content_hash)]);
        assert!(planning::harvest_tasks(tx, id(1))?.is_empty());
        assert_eq!(harvest::list(tx, id(1))?.len(), 1);
        let seeds = |tx: &mut dyn Tx, generator| {
            let wanted =
                planning::SeedsWanted { generator: &generator, kinds: &[SeedKind::CodeUnit], rewrite: None };
            planning::seeds(tx, id(1), &[name("repo")], wanted, 10)
        };
        assert_eq!(seeds(tx, name("explain"))?, []);
        let open = seeds(tx, name("complete"))?;
        assert_eq!(open.iter().map(|seed| seed.id).collect::<Vec<_>>(), [id(11), id(12), id(13)]);
        assert_eq!(open[0].tried, BTreeSet::from([name("explain")]));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn tries_are_stored_for_open_tasks_only_and_judges_are_known_by_what_was_served() {
    inside(|tx| {
        everything(tx)?;
        let tries = StoredTries { failures: 2, losses: 1, deferrals: 7 };
        assert!(tasks::record_tries(tx, id(13), tries, at(50))?);
        assert_eq!(tasks::get(tx, id(13))?.state, StoredState::Open { not_before: at(50), tries });
        assert_eq!(tasks::state_of(tx, id(13))?, StoredState::Open { not_before: at(50), tries });
        let mut open = Vec::new();
        tasks::open_each(tx, &mut |task| {
            open.push((task.id, task.tries));
            Ok(())
        })?;
        assert_eq!(open, [(id(13), tries)], "the queue is rebuilt with them");
        assert!(!tasks::record_tries(tx, id(11), tries, at(50))?);
        assert_eq!(verdicts::served(tx, id(1_100))?, [(name("mock/judge"), "model-1".to_owned())]);
        Ok(())
    })
    .await;
}
