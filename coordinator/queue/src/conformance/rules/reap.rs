//! Rules of reaping.

use hafs_domain::retry::AfterFailure;
use hafs_proto::Reason;

use super::super::given::{at, claim_one, enqueue, entry, leased, ok, open, renew, task, worker};
use crate::{Entry, Queue, Renewal};

/// The task comes back, with the loss counted.
pub async fn a_lease_that_ran_out_is_reaped_and_a_running_one_is_not(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1), entry(2)]).await;
    let lease = leased(queue, 1, 0).await;
    leased(queue, 2, 1).await;
    let reaped = ok(queue.reap(9, at(30)).await);
    let [lost] = &reaped.lost[..] else { panic!("{reaped:?}") };
    assert_eq!((lost.task, lost.worker), (task(1), worker(1)));
    assert!(
        matches!(lost.after, AfterFailure::Retry { tries, .. } if tries.losses == 1 && tries.failures == 0)
    );
    assert_eq!(renew(queue, 1, lease, 31).await, Renewal::Lost);
    assert!(claim_one(queue, 3, 91).await.is_some_and(|grant| grant.task == task(1)));
}

/// It may be what kills its workers.
pub async fn a_task_whose_leases_run_out_three_times_in_a_row_is_poison(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1)]).await;
    for nth in 1..=3 {
        leased(queue, nth, nth * 100).await;
        let reaped = ok(queue.reap(9, at(nth * 100 + 30)).await);
        match &reaped.lost[..] {
            [lost] => match &lost.after {
                AfterFailure::Retry { .. } => assert!(nth < 3),
                AfterFailure::Dead { reason, .. } => assert_eq!((nth, reason.reason), (3, Reason::Timeout)),
            },
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(ok(queue.explain(task(1)).await), None);
}

/// A backlog is worked off in bounded steps.
pub async fn a_reap_takes_the_longest_overdue_first_and_keeps_to_its_limit(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, (1..=3).map(entry)).await;
    enqueue(queue, (4..=8).map(|number| Entry { not_before: at(50), ..entry(number) })).await;
    let [first, second, _] =
        [leased(queue, 1, 0).await, leased(queue, 2, 0).await, leased(queue, 3, 0).await];
    renew(queue, 2, second, 1).await;
    renew(queue, 1, first, 2).await;
    let reaped = ok(queue.reap(2, at(200)).await);
    assert_eq!(reaped.lost.iter().map(|lost| lost.task).collect::<Vec<_>>(), [task(3), task(2)]);
    assert_eq!(reaped.promoted, 2);
    assert_eq!(ok(queue.reap(9, at(200)).await).lost.len(), 1);
    assert_eq!(ok(queue.reap(9, at(400)).await).lost, []);
    assert_eq!(ok(queue.stats().await).total.ready, 8);
}
