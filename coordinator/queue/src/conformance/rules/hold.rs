//! Rules of what a holder does.

use std::time::Duration;

use hafs_domain::retry::{Failed, Tries};
use hafs_proto::task::FailureClass;
use hafs_proto::{Attempt, Generation, Reason};

use super::super::given::{
    LEASE, ask, at, claim_one, enqueue, entry, failed, leased, ok, open, renew, renewed, task, tasks, worker,
};
use crate::{FailAnswer, FailedLease, LeaseRef, Queue, ReleaseAnswer, Renewal};

/// Never from the old end, so a worker cannot bank time.
pub async fn a_renewed_lease_runs_from_now(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1)]).await;
    let lease = leased(queue, 1, 0).await;
    for now in [1, 2] {
        assert_eq!(renew(queue, 1, lease, now).await, renewed(1, 1, now + 30));
    }
    assert_eq!(ok(queue.reap(9, at(31)).await).lost, []);
    assert_eq!(ok(queue.reap(9, at(32)).await).lost.len(), 1);
}

/// Safety comes from the fence, not from the clock.
pub async fn a_lease_that_ran_out_but_was_not_reaped_can_be_renewed(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1)]).await;
    let lease = leased(queue, 1, 0).await;
    assert_eq!(claim_one(queue, 2, 99).await, None, "it is not free before it is reaped");
    assert_eq!(renew(queue, 1, lease, 100).await, renewed(1, 1, 130));
}

/// A zombie can do no harm.
pub async fn only_the_current_holder_may_renew_fail_and_release(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1)]).await;
    let zombie = leased(queue, 1, 0).await;
    ok(queue.reap(9, at(30)).await);
    let current = leased(queue, 2, 60).await;
    let foreign = [
        (1, zombie),
        (2, zombie),
        (1, current),
        (2, LeaseRef { attempt: Attempt(current.attempt.0 + 1), ..current }),
        (2, LeaseRef { generation: Generation(0), ..current }),
        (2, LeaseRef { generation: Generation(2), ..current }),
    ];
    for (by, lease) in foreign {
        assert_eq!(renew(queue, by, lease, 61).await, Renewal::Lost, "{by} {lease:?}");
        let stale = ok(queue.fail(worker(by), &[failed(lease, FailureClass::Poison)], at(61)).await);
        assert_eq!(stale, [FailAnswer::Stale]);
        let stale = ok(queue.release(worker(by), &[lease], at(61)).await);
        assert_eq!(stale, [ReleaseAnswer::Stale]);
    }
    assert_eq!(renew(queue, 2, current, 62).await, renewed(1, 2, 92));
    let unknown = LeaseRef { task: task(9), ..current };
    assert_eq!(renew(queue, 2, unknown, 62).await, Renewal::Closed);
    let closed = ok(queue.fail(worker(2), &[failed(unknown, FailureClass::Poison)], at(61)).await);
    assert_eq!(closed, [FailAnswer::Closed]);
    assert_eq!(ok(queue.release(worker(2), &[unknown], at(61)).await), [ReleaseAnswer::Closed]);
}

/// The library has the result; whose it was does not matter.
pub async fn a_completed_task_is_gone_whoever_held_it(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, (1..4).map(entry)).await;
    let lease = leased(queue, 1, 0).await;
    assert_eq!(ok(queue.complete(&[task(1), task(2), task(2), task(9)]).await), 2);
    assert_eq!(renew(queue, 1, lease, 1).await, Renewal::Closed);
    assert_eq!(tasks(&ok(queue.claim(&ask(2, 2, 9), at(1)).await)), [task(3)]);
    assert_eq!(ok(queue.reap(9, at(99)).await).lost.len(), 1, "only the third one can run out");
}

/// Whoever works on it hears of it at the next renewal.
pub async fn a_cancelled_task_is_gone_and_its_worker_is_told(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1), entry(2)]).await;
    let lease = leased(queue, 1, 0).await;
    assert_eq!(ok(queue.cancel(&[task(1), task(2), task(9), task(1)]).await), [task(1), task(2)]);
    assert_eq!(renew(queue, 1, lease, 1).await, Renewal::Closed);
    assert_eq!(ok(queue.stats().await).total.open(), 0);
}

/// Retried work does not go to the back.
pub async fn a_failed_task_comes_back_later_at_its_old_place_in_line(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1), entry(2), entry(3)]).await;
    let lease = leased(queue, 1, 0).await;
    let answers = ok(queue.fail(worker(1), &[failed(lease, FailureClass::Transient)], at(0)).await);
    let [FailAnswer::Retry { not_before, tries }] = answers[..] else { panic!("{answers:?}") };
    assert_eq!(tries, Tries { failures: 1, ..Tries::default() });
    assert!(at(0) < not_before && not_before <= at(60), "{not_before}");
    assert_eq!(leased(queue, 1, 0).await.task, task(2), "it waits");
    let later = ok(queue.claim(&ask(3, 3, 9), at(60)).await);
    assert_eq!(tasks(&later), [task(1), task(3)]);
}

/// As many as the task allows; then it leaves the queue.
pub async fn failures_that_count_end_in_the_dead_letter_state(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1)]).await;
    for nth in 1..=3 {
        let lease = leased(queue, nth, nth * 100).await;
        let answers =
            ok(queue.fail(worker(nth), &[failed(lease, FailureClass::Invalid)], at(nth * 100)).await);
        match &answers[..] {
            [FailAnswer::Retry { tries, .. }] => assert_eq!((nth < 3, tries.failures), (true, nth)),
            [FailAnswer::Dead { reason, tries }] => {
                assert_eq!((nth, tries.failures, reason.reason), (3, 3, Reason::ProviderError));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(ok(queue.explain(task(1)).await), None);
}

/// The provider says when; the task bears no blame.
pub async fn a_rate_limit_is_waited_for_and_does_not_count(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1)]).await;
    for nth in 1..=9 {
        let lease = leased(queue, nth, nth * 100).await;
        let failed = Failed {
            class: FailureClass::RateLimited,
            reason: Reason::ProviderError,
            retry_after: Some(Duration::from_secs(90)),
        };
        let answers = ok(queue.fail(worker(nth), &[FailedLease { lease, failed }], at(nth * 100)).await);
        let [FailAnswer::Retry { not_before, tries }] = answers[..] else { panic!("{answers:?}") };
        assert_eq!((tries.failures, tries.deferrals, not_before), (0, nth, at(nth * 100 + 90)));
    }
}

/// Nobody is to blame: no delay, no count, the old place in line.
pub async fn a_released_task_is_handed_out_at_once_and_unharmed(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1), entry(2)]).await;
    let lease = leased(queue, 1, 0).await;
    assert_eq!(ok(queue.release(worker(1), &[lease], at(1)).await), [ReleaseAnswer::Released]);
    assert_eq!(ok(queue.release(worker(1), &[lease], at(1)).await), [ReleaseAnswer::Stale]);
    assert_eq!(ok(queue.renew(worker(1), &[lease], LEASE, at(1)).await), [Renewal::Lost]);
    assert_eq!(leased(queue, 2, 1).await.task, task(1));
    assert!(ok(queue.explain(task(1)).await).is_some_and(|it| it.entry.tries == Tries::default()));
}
