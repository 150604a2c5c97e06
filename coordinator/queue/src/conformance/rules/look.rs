//! Rules of looking, of bounds and of wake-ups.

use std::collections::BTreeMap;

use hafs_proto::task::FailureClass;
use hafs_proto::{Attempt, Generation, limits};

use super::super::given::{
    LEASE, ask, at, enqueue, entry, failed, leased, ok, open, rebuild, route, run, task, worker,
};
use crate::{Ask, Entry, LeaseRef, Pausable, Queue, QueueError, RouteStats};

/// Metrics and dashboards are counted, not kept on the side.
pub async fn the_numbers_add_up_over_routes(queue: &dyn Queue) {
    open(queue).await;
    let of = |number, to| Entry { route: route(to), created_at: at(number), ..entry(number) };
    let delayed = Entry { not_before: at(99), ..of(5, 2) };
    enqueue(queue, [of(1, 1), of(2, 1), of(3, 1), of(4, 2), delayed, Entry { run: run(2), ..of(6, 2) }])
        .await;
    ok(queue.pause(&Pausable::Run(run(2))).await);
    leased(queue, 1, 9).await;
    let stats = ok(queue.stats().await);
    let one = RouteStats { ready: 2, leased: 1, oldest_ready: Some(at(2)), ..RouteStats::default() };
    let two = RouteStats { ready: 2, paused: 1, delayed: 1, leased: 0, oldest_ready: Some(at(4)) };
    assert_eq!(stats.routes, BTreeMap::from([(route(1), one), (route(2), two)]));
    assert_eq!(stats.total, one.plus(two));
    assert_eq!(stats.total.open(), 6);
}

/// Leases are counted by worker, whichever way they came and went.
pub async fn what_workers_hold_is_counted(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, (0..5).map(entry)).await;
    ok(queue.claim(&ask(1, 1, 3), at(0)).await);
    let lease = leased(queue, 2, 0).await;
    assert_eq!(ok(queue.held(&[worker(2), worker(3), worker(1)]).await), [1, 0, 3]);
    ok(queue.release(worker(2), &[lease], at(0)).await);
    ok(queue.complete(&[task(1)]).await);
    assert_eq!(ok(queue.held(&[worker(1), worker(2)]).await), [2, 0]);
    ok(queue.reap(9, at(99)).await);
    assert_eq!(ok(queue.held(&[worker(1)]).await), [0]);
}

/// What a person sees who asks why a task does not move.
pub async fn an_explanation_gives_state_place_and_pause(queue: &dyn Queue) {
    open(queue).await;
    let delayed = Entry { not_before: at(50), ..entry(4) };
    enqueue(queue, [entry(1), entry(2), entry(3), delayed, Entry { route: route(2), ..entry(5) }]).await;
    leased(queue, 1, 0).await;
    ok(queue.pause(&Pausable::Route(route(2))).await);
    let mut seen = Vec::new();
    for number in 1..=6 {
        let explained = ok(queue.explain(task(number)).await);
        seen.push(explained.map(|it| (it.state.word(), it.ahead, it.paused)));
    }
    assert_eq!(
        seen,
        [
            Some(("leased", None, false)),
            Some(("ready", Some(0), false)),
            Some(("ready", Some(1), false)),
            Some(("ready", None, false)),
            Some(("ready", Some(0), true)),
            None,
        ]
    );
}

/// Half a batch is worse than none.
pub async fn a_batch_over_the_limit_is_refused_whole(queue: &dyn Queue) {
    open(queue).await;
    let max = limits::BATCH_ITEMS;
    let many: Vec<u32> = (0..).take(max + 1).collect();
    let too_many = |verb| QueueError::TooMany { verb, given: max + 1, max };
    let ids: Vec<_> = many.iter().map(|number| task(*number)).collect();
    let lease =
        |number: &u32| LeaseRef { task: task(*number), generation: Generation(1), attempt: Attempt(1) };
    let leases: Vec<_> = many.iter().map(lease).collect();
    let failures: Vec<_> = leases.iter().map(|lease| failed(*lease, FailureClass::Poison)).collect();
    let holding = ids.iter().copied().collect();
    let entries = many.iter().map(|number| entry(*number)).collect();
    assert_eq!(queue.enqueue(entries, at(0)).await, Err(too_many("enqueue")));
    assert_eq!(queue.claim(&Ask { holding, ..ask(1, 1, 1) }, at(0)).await, Err(too_many("claim")));
    assert_eq!(queue.renew(worker(1), &leases, LEASE, at(0)).await, Err(too_many("renew")));
    assert_eq!(queue.fail(worker(1), &failures, at(0)).await, Err(too_many("fail")));
    assert_eq!(queue.release(worker(1), &leases, at(0)).await, Err(too_many("release")));
    assert_eq!(queue.complete(&ids).await, Err(too_many("complete")));
    assert_eq!(queue.cancel(&ids).await, Err(too_many("cancel")));
    assert_eq!(ok(queue.stats().await).total.open(), 0);
}

/// A long poll that marks the number, claims and then waits misses nothing.
pub async fn a_change_is_told_whenever_a_claim_may_fare_better(queue: &dyn Queue) {
    let mut changes = queue.changes();
    let mut told = |what: &str| {
        let changed = changes.has_changed().unwrap_or(false);
        changes.mark_unchanged();
        assert!(changed, "{what} was not told");
    };
    rebuild(queue, 1, &[], vec![entry(1)]).await;
    told("a rebuild");
    enqueue(queue, [entry(2)]).await;
    told("a new task");
    let first = leased(queue, 1, 0).await;
    ok(queue.release(worker(1), &[first], at(0)).await);
    told("a release");
    let first = leased(queue, 1, 0).await;
    ok(queue.fail(worker(1), &[failed(first, FailureClass::Transient)], at(0)).await);
    told("a retry, whose time may come earlier than another's");
    ok(queue.pause(&Pausable::Run(run(1))).await);
    ok(queue.resume(&Pausable::Run(run(1))).await);
    told("a resumption");
    leased(queue, 2, 0).await;
    ok(queue.reap(9, at(30)).await);
    told("a lease that ran out");
}
