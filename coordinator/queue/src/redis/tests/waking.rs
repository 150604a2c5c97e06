//! Wake-ups across coordinators.

use std::time::Duration;

use hafs_domain::retry::RetryPolicy;

use super::{Kind, at, entry, on_each_server, rebuild};
use crate::{Queue, RedisQueue};

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_change_of_one_coordinator_wakes_those_who_wait_at_another() {
    on_each_server(Kind::Plain, async |server| {
        let settings = server.settings();
        let connect = async || RedisQueue::connect(&settings, RetryPolicy::default()).await.expect("fit");
        let (one, two) = (connect().await, connect().await);
        rebuild(&one, 1, 0..1).await.expect("a life");
        let waiting = async {
            let mut changes = two.changes();
            for nth in 1..=20 {
                one.enqueue(vec![entry(nth)], at(0)).await.expect("open");
                let woken = tokio::time::timeout(SOON, changes.changed()).await;
                woken.expect("it is woken").expect("the queue is there");
                if nth == 10 {
                    server.tell(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
                }
            }
        };
        tokio::select! {
            () = two.follow() => unreachable!("it never ends"),
            () = waiting => {}
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_is_woken_twice_by_one_change_or_by_looking() {
    on_each_server(Kind::Plain, async |server| {
        let queue = server.queue().await;
        rebuild(&queue, 1, 0..1).await.expect("a life");
        let mut changes = queue.changes();
        queue.enqueue(vec![entry(1)], at(0)).await.expect("open");
        assert!(changes.has_changed().expect("the queue is there"));
        changes.mark_unchanged();
        let told = queue.server.generation().0;
        queue.server.notice((told, 1));
        queue.stats().await.expect("open");
        queue.enqueue(vec![entry(1)], at(0)).await.expect("open");
        assert!(!changes.has_changed().expect("the queue is there"));
    })
    .await;
}
