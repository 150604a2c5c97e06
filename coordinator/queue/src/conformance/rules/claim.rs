//! Rules of claiming.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hafs_proto::worker::IdleCode;
use hafs_proto::{limits, task::FailureClass};

use super::super::given::{
    LEASE, ask, at, claim_one, enqueue, entry, failed, held, leased, ok, open, route, run, task, tasks,
    vacancy, worker,
};
use crate::{Ask, Entry, Pausable, Queue};

/// A pool is matched by route and filled by its free slots.
pub async fn a_pool_gets_only_what_it_can_do_and_only_for_its_free_slots(queue: &dyn Queue) {
    open(queue).await;
    let of = |number, to| Entry { route: route(to), ..entry(number) };
    enqueue(queue, [of(1, 1), of(2, 2), of(3, 3), of(4, 2), of(5, 1)]).await;
    let vacancies = vec![vacancy("cpu", 1, &[1]), vacancy("gpu", 3, &[1, 2]), vacancy("full", 0, &[3])];
    let claimed = ok(queue.claim(&Ask { vacancies, ..ask(1, 1, 0) }, at(0)).await);
    let pools: Vec<_> = claimed.grants.iter().map(|grant| (grant.task, grant.pool.as_str())).collect();
    assert_eq!(pools, [(task(1), "cpu"), (task(2), "gpu"), (task(4), "gpu"), (task(5), "gpu")]);
    assert_eq!(claimed.reasons, [], "who got something needs no reasons");
}

/// A worker stays with the models that it has loaded, as long as the others can wait.
pub async fn a_route_with_a_handicap_stands_later_by_so_much_and_no_longer(queue: &dyn Queue) {
    open(queue).await;
    let of = |number, to, second| Entry { route: route(to), created_at: at(second), ..entry(number) };
    enqueue(queue, [of(1, 2, 0), of(2, 1, 5), of(3, 1, 59), of(4, 1, 61), of(5, 2, 2)]).await;
    let vacancies = vec![vacancy("gpu", 9, &[1, 2])];
    let handicaps = BTreeMap::from([(route(2), Duration::from_secs(60))]);
    let claimed = ok(queue.claim(&Ask { vacancies, handicaps, ..ask(1, 1, 0) }, at(100)).await);
    assert_eq!(tasks(&claimed), [task(2), task(3), task(1), task(4), task(5)]);
}

/// A swap is never refused when nothing else is there to do.
pub async fn a_handicap_keeps_nothing_from_a_worker_that_has_nothing_else(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1)]).await;
    let handicaps = BTreeMap::from([(route(1), Duration::from_secs(1_800))]);
    let claimed = ok(queue.claim(&Ask { handicaps, ..ask(1, 1, 1) }, at(0)).await);
    assert_eq!(tasks(&claimed), [task(1)]);
}

/// Every answer is bounded, whatever is asked for.
pub async fn one_claim_hands_out_at_most_the_limit(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, (0..limits::CLAIM_TASKS + 10).map(entry)).await;
    let claimed = ok(queue.claim(&ask(1, 1, u32::MAX), at(0)).await);
    assert_eq!(claimed.grants.len(), limits::CLAIM_TASKS as usize);
}

/// Who hoards leases keeps tasks from others for nothing.
pub async fn a_worker_gets_no_more_than_it_may_hold(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, (0..9).map(entry)).await;
    let of = |claim, free| Ask { at_most: 4, ..ask(1, claim, free) };
    assert_eq!(ok(queue.claim(&of(1, 3), at(0)).await).grants.len(), 3);
    let vacancies = vec![vacancy("gpu", 5, &[2]), vacancy("cpu", 5, &[1])];
    let first = ok(queue.claim(&Ask { vacancies, ..of(2, 0) }, at(0)).await);
    let codes: Vec<IdleCode> = first.reasons.iter().map(|reason| reason.code).collect();
    assert_eq!(codes, [IdleCode::NoFreeSlot, IdleCode::AllLeased], "the first pool has the room");
    assert_eq!(ok(queue.claim(&of(3, 3), at(0)).await).grants.len(), 1);
    assert_eq!(ok(queue.claim(&of(4, 3), at(0)).await).grants, [], "it holds four");
    assert_eq!(ok(queue.claim(&of(3, 3), at(0)).await).grants.len(), 1, "what was given is given again");
    assert_eq!(ok(queue.claim(&ask(2, 5, 3), at(0)).await).grants.len(), 3, "others may have as many");
    ok(queue.complete(&[task(0)]).await);
    assert_eq!(ok(queue.claim(&of(6, 3), at(0)).await).grants.len(), 1);
}

/// A lease is exclusive, and each claim of a task has a higher number.
pub async fn a_task_is_never_leased_twice_at_a_time(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1)]).await;
    let first = leased(queue, 1, 0).await;
    assert_eq!(claim_one(queue, 2, 0).await, None);
    ok(queue.release(worker(1), &[first], at(0)).await);
    let second = leased(queue, 2, 0).await;
    assert!(second.attempt > first.attempt);
}

/// The answer may have been lost; the task must not be, for a whole lease.
pub async fn a_repeated_claim_gets_the_same_leases_freshly_timed(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, (0..5).map(entry)).await;
    let first = ok(queue.claim(&ask(1, 1, 2), at(0)).await);
    let again = ok(queue.claim(&ask(1, 1, 2), at(9)).await);
    assert_eq!(tasks(&first), tasks(&again));
    let timed = |grant: &crate::Grant| crate::Grant { expires_at: at(9).plus(LEASE), ..grant.clone() };
    assert_eq!(again.grants, first.grants.iter().map(timed).collect::<Vec<_>>());
    let other = ok(queue.claim(&ask(1, 2, 2), at(9)).await);
    assert_eq!(tasks(&other), [task(2), task(3)], "another claim id asks for more");
}

/// A repetition revives nothing.
pub async fn a_repeated_claim_leaves_out_what_is_not_held_any_more(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, (0..3).map(entry)).await;
    let first = ok(queue.claim(&ask(1, 1, 3), at(0)).await);
    ok(queue.complete(&[task(0)]).await);
    ok(queue.fail(worker(1), &[failed(held(&first.grants[1]), FailureClass::Transient)], at(0)).await);
    let again = ok(queue.claim(&ask(1, 1, 3), at(1)).await);
    assert_eq!(tasks(&again), [task(2)]);
}

/// It may have the result in its spool already, from before the index was rebuilt.
pub async fn a_task_that_the_worker_has_is_not_given_to_it(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, (0..3).map(entry)).await;
    let holding = BTreeSet::from([task(0), task(1)]);
    let claimed = ok(queue.claim(&Ask { holding, ..ask(1, 1, 3) }, at(0)).await);
    assert_eq!(tasks(&claimed), [task(2)]);
    assert_eq!(tasks(&ok(queue.claim(&ask(2, 2, 3), at(0)).await)), [task(0), task(1)]);
}

/// No reaper needs to come by first.
pub async fn a_delayed_task_is_handed_out_when_its_time_has_come(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [Entry { not_before: at(10), ..entry(1) }]).await;
    assert_eq!(claim_one(queue, 1, 9).await, None);
    assert_eq!(leased(queue, 1, 10).await.task, task(1));
}

/// What is leased goes on; what is not waits.
pub async fn a_paused_run_or_route_is_stepped_over_until_it_is_resumed(queue: &dyn Queue) {
    for what in [Pausable::Run(run(1)), Pausable::Route(route(1))] {
        ok(queue
            .rebuild(
                hafs_proto::Generation(if matches!(what, Pausable::Run(_)) { 1 } else { 2 }),
                &[],
                &mut [entry(1), entry(2), Entry { run: run(2), route: route(2), ..entry(3) }].into_iter(),
                at(0),
            )
            .await);
        let vacancies = |free| vec![vacancy("cpu", free, &[1, 2])];
        let first = ok(queue.claim(&Ask { vacancies: vacancies(1), ..ask(1, 1, 0) }, at(0)).await);
        assert_eq!(tasks(&first), [task(1)]);
        ok(queue.pause(&what).await);
        let second = ok(queue.claim(&Ask { vacancies: vacancies(9), ..ask(1, 2, 0) }, at(0)).await);
        assert_eq!(tasks(&second), [task(3)], "{what:?}");
        let lease = held(&first.grants[0]);
        let renewals = ok(queue.renew(worker(1), &[lease], LEASE, at(1)).await);
        assert!(matches!(renewals[..], [crate::Renewal::Renewed { .. }]), "{what:?}");
        ok(queue.resume(&what).await);
        let third = ok(queue.claim(&Ask { vacancies: vacancies(9), ..ask(1, 3, 0) }, at(0)).await);
        assert_eq!(tasks(&third), [task(2)], "{what:?}");
    }
}
