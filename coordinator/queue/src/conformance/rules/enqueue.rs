//! Rules of enqueueing and of the order.

use hafs_proto::task::Priority;

use super::super::given::{ask, at, enqueue, entry, leased, ok, open, task, tasks};
use crate::{Entry, Queue};

/// Planning may be repeated at any time.
pub async fn enqueueing_a_task_twice_keeps_one_and_leaves_it_as_it_is(queue: &dyn Queue) {
    open(queue).await;
    assert_eq!(enqueue(queue, [entry(1), entry(1), entry(2)]).await, 2);
    let lease = leased(queue, 1, 0).await;
    assert_eq!(enqueue(queue, [Entry { priority: Priority::Urgent, ..entry(1) }]).await, 0);
    let explained = ok(queue.explain(lease.task).await);
    assert!(explained.is_some_and(|it| it.state.word() == "leased" && it.entry.priority == Priority::Normal));
}

/// The order is total, so every backend has the same.
pub async fn tasks_are_handed_out_by_deadline_and_then_by_id(queue: &dyn Queue) {
    open(queue).await;
    let planned = |number, second| Entry { created_at: at(second), ..entry(number) };
    enqueue(queue, [planned(4, 1), planned(3, 2), planned(9, 1), planned(7, 0)]).await;
    let claimed = ok(queue.claim(&ask(1, 1, 9), at(9)).await);
    assert_eq!(tasks(&claimed), [task(7), task(4), task(9), task(3)]);
}

/// Ten minutes after it was planned, bulk work goes before what is urgent now.
pub async fn priority_is_an_offset_so_nothing_starves(queue: &dyn Queue) {
    open(queue).await;
    let planned = |number, priority, second| Entry {
        created_at: at(second),
        not_before: at(0),
        priority,
        ..entry(number)
    };
    enqueue(
        queue,
        [
            planned(1, Priority::Filler, 0),
            planned(2, Priority::Bulk, 0),
            planned(3, Priority::Normal, 0),
            planned(4, Priority::Urgent, 59),
            planned(5, Priority::Urgent, 601),
        ],
    )
    .await;
    let claimed = ok(queue.claim(&ask(1, 1, 9), at(700)).await);
    assert_eq!(tasks(&claimed), [task(4), task(3), task(2), task(5), task(1)]);
}
