//! Limits and money of teachers, as rows.

use hafs_library::tables::quota::{self, Averages, Hold};
use hafs_library::tables::{decisions, samples};
use hafs_proto::people::SamplePrice;
use hafs_proto::{KeyName, MicroUsd, TaskKind, TeacherName, TeacherTerms};

use super::given::library;
use crate::operations::*;
use crate::world::*;

fn teacher() -> TeacherName {
    name("mock/model")
}

fn key() -> KeyName {
    text("0123456789ab")
}

fn hold(task: u128, amount: u64) -> Hold {
    Hold {
        task: id(task),
        run: id(1),
        teacher: teacher(),
        key: key(),
        input_tokens: 1_000,
        output_tokens: 256,
        amount: MicroUsd(amount),
        at: at(5),
    }
}

#[tokio::test]
async fn what_is_held_back_adds_up_until_it_is_taken_and_a_task_holds_once() {
    let Some((_place, library)) = library() else { return };
    library.write(everything).await.expect("fills");
    let sums = library.write(|tx| {
        quota::hold(tx, &hold(12, 30))?;
        quota::hold(tx, &hold(13, 50))?;
        quota::hold(tx, &hold(13, 70))?;
        let (run, provider) = (quota::held_for_run(tx, id(1))?, quota::held_for_provider(tx, "mock")?);
        Ok((
            run,
            provider,
            quota::held_for_provider(tx, "other")?,
            quota::in_flight(tx, (&teacher(), &key()))?,
        ))
    });
    let both = (MicroUsd(100), 2);
    assert_eq!(sums.await.expect("holds"), (both, both, (MicroUsd::ZERO, 0), 2));
    let absurd = library.write(|tx| {
        quota::hold(tx, &hold(11, u64::MAX))?;
        quota::hold(tx, &hold(12, u64::MAX))?;
        let sum = quota::held_for_run(tx, id(1))?;
        quota::take_hold(tx, id(11))?;
        Ok(sum.1)
    });
    assert_eq!(absurd.await.expect("absurd prices are sums still"), 3);
    let taken = library.write(|tx| Ok((quota::take_hold(tx, id(13))?, quota::take_hold(tx, id(13))?)));
    assert_eq!(taken.await.expect("takes"), (Some(hold(13, 70)), None));
    // Task 12 is dead: nobody will say what became of it.
    let dropped = library.write(|tx| Ok((quota::drop_closed(tx, at(5))?, quota::drop_closed(tx, at(6))?)));
    assert_eq!(dropped.await.expect("drops"), (0, 1));
    assert!(!library.read(|tx| quota::holds_any(tx, &[id(12), id(13)])).await.expect("reads"));
}

#[tokio::test]
async fn states_and_terms_are_kept_by_their_names_and_terms_only_of_workers_that_are_heard_of() {
    let Some((_place, library)) = library() else { return };
    library.write(everything).await.expect("fills");
    let (name, key) = (teacher(), key());
    let terms = TeacherTerms {
        teacher: name.clone(),
        key: key.clone(),
        limits: hafs_proto::Limits { requests_per_minute: Some(60), ..Default::default() },
        prices: None,
        batch: None,
        day_budget: Some(MicroUsd(5)),
    };
    let told = terms.clone();
    let states = library.write(move |tx| {
        quota::put_state(tx, (&name, &key), "first", at(1))?;
        quota::put_state(tx, (&name, &key), "second", at(2))?;
        quota::tell(tx, id(WORKER), &[])?;
        quota::tell(tx, id(WORKER), std::slice::from_ref(&told))?;
        Ok((quota::state(tx, (&name, &key))?, quota::states_of(tx, &name)?, quota::list(tx)?.len()))
    });
    let states = states.await.expect("stores");
    assert_eq!(states, (Some("second".to_owned()), vec![(self::key(), "second".to_owned())], 1));
    let read = library.read(|tx| {
        Ok((quota::terms(tx, id(WORKER))?, quota::all_terms(tx, at(0))?, quota::all_terms(tx, at(900))?))
    });
    assert_eq!(read.await.expect("reads"), (vec![terms.clone()], vec![terms], vec![]));
    library.write(|tx| quota::forget(tx, id(WORKER))).await.expect("forgets");
    assert_eq!(library.read(|tx| quota::terms(tx, id(WORKER))).await.expect("reads"), []);
}

#[tokio::test]
async fn money_is_counted_by_provider_and_day_and_the_prices_of_accepted_samples_add_up_to_it() {
    let Some((_place, library)) = library() else { return };
    library.write(everything).await.expect("fills");
    let spent = library.read(|tx| {
        let tomorrow = at(24 * 3_600);
        Ok((quota::spent_on_day(tx, "mock", at(9))?, quota::spent_on_day(tx, "mock", tomorrow)?))
    });
    assert_eq!(spent.await.expect("reads"), (MicroUsd(10), MicroUsd::ZERO), "two attempts of five");
    let price = |sample: u128| library.read(move |tx| Ok(samples::detail(tx, id(sample))?.price));
    // One of three samples of its attempt, judged once: 5 / 3 and 5; nothing else was accepted.
    let own = MicroUsd(6);
    assert_eq!(price(1_100).await.expect("reads"), Some(SamplePrice { own, shared: MicroUsd(4) }));
    assert_eq!(price(1_101).await.expect("reads"), None, "it was rejected");
    library.write(|tx| decisions::insert(tx, &decision(id(1_102), vec![]))).await.expect("accepts");
    let all = [price(1_100).await, price(1_102).await];
    let sum: MicroUsd = all.into_iter().map(|price| price.expect("reads").expect("accepted").total()).sum();
    assert!((8..=10).contains(&sum.0), "{sum} of ten, but for rounding");
    let averages = library.read(|tx| {
        Ok((
            quota::averages(tx, &teacher(), TaskKind::Generate)?,
            quota::averages(tx, &teacher(), TaskKind::Harvest)?,
            quota::of_library(tx)?,
        ))
    });
    let (generate, harvest, all) = averages.await.expect("reads");
    let per_call = Averages { calls: 1, input_tokens: 10, cached_tokens: 1, output_tokens: 20 };
    assert_eq!((generate, harvest), (Some(per_call), None));
    assert_eq!((all.made, all.accepted, all.verdicts, all.generate_calls), (3, 2, 1, 1));
}
