//! Servers that die, stall and forget.

use std::time::Duration;

use super::{Kind, ask, at, entry, id, intact, on_each_server, rebuild};
use crate::{Queue, QueueError, RedisQueue, Trouble};

fn trouble<T: std::fmt::Debug>(answer: Result<T, QueueError>) -> Trouble {
    match answer {
        Err(QueueError::Unavailable { trouble, .. }) => trouble,
        other => panic!("{other:?} is no trouble of the server"),
    }
}

/// Works as several coordinators do until the server is gone.
async fn work(queue: &RedisQueue, worker: u32) {
    for nth in 0.. {
        let (first, claim) = (worker * 1_000_000 + nth * 10, worker * 1_000_000 + nth);
        let entries = (first..first + 10).map(entry).collect();
        let worked = async {
            queue.enqueue(entries, at(0)).await?;
            let grants = queue.claim(&ask(worker, claim, 8), at(u64::from(nth))).await?.grants;
            let tasks: Vec<_> = grants.iter().map(|grant| grant.task).collect();
            queue.complete(&tasks[..tasks.len() / 2]).await?;
            queue.reap(5, at(u64::from(nth) * 1_000)).await
        };
        if worked.await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_killed_server_leaves_no_script_half_done_and_a_rebuild_recovers() {
    on_each_server(Kind::Plain, async |mut server| {
        for round in 1..=3 {
            let queue = server.queue().await;
            rebuild(&queue, round, 0..500).await.expect("a life");
            let killer = async {
                // Some way into the work, which is counted in changes and not in time.
                let mut changes = queue.changes();
                for _ in 0..40 * round {
                    changes.changed().await.expect("the queue is there");
                }
                server.kill();
            };
            tokio::join!(killer, work(&queue, 1), work(&queue, 2), work(&queue, 3));
            assert!(matches!(trouble(queue.stats().await), Trouble::Refused | Trouble::Dropped));
            server.restart().await;
            assert_eq!(
                answer(&queue).await,
                Err(QueueError::Rebuilding),
                "the server may have lost a second"
            );
            intact::check(&queue).await;
            rebuild(&queue, round + 10, 0..50).await.expect("a new life");
            let grants = queue.claim(&ask(1, 1, 99), at(0)).await.expect("open").grants;
            assert_eq!(grants.len(), 50);
        }
    })
    .await;
}

/// What the queue answers once it is connected again.
async fn answer(queue: &RedisQueue) -> Result<crate::Stats, QueueError> {
    for _ in 0..50 {
        match queue.stats().await {
            Err(QueueError::Unavailable {
                trouble: Trouble::Dropped | Trouble::Refused | Trouble::Loading,
                ..
            }) => {}
            other => return other,
        }
    }
    panic!("it does not connect again");
}

#[tokio::test]
async fn scripts_that_somebody_removed_are_loaded_again_without_a_rebuild() {
    on_each_server(Kind::Plain, async |server| {
        let queue = server.queue().await;
        rebuild(&queue, 1, 0..10).await.expect("a life");
        server.tell(&["SCRIPT", "FLUSH"]).await;
        assert_eq!(queue.stats().await.expect("open").total.open(), 10);
        server.tell(&["CLIENT", "KILL", "TYPE", "normal"]).await;
        assert_eq!(answer(&queue).await.expect("open").total.open(), 10);
    })
    .await;
}

#[tokio::test]
async fn a_repeated_call_after_a_lost_answer_does_no_harm() {
    on_each_server(Kind::Plain, async |server| {
        let queue = server.queue().await;
        rebuild(&queue, 1, 0..10).await.expect("a life");
        assert_eq!(queue.enqueue(vec![entry(20)], at(0)).await, Ok(1));
        assert_eq!(queue.enqueue(vec![entry(20)], at(0)).await, Ok(0));
        let first = queue.claim(&ask(1, 1, 4), at(0)).await.expect("open");
        assert_eq!(queue.claim(&ask(1, 1, 4), at(0)).await.expect("open"), first);
        let tasks: Vec<_> = first.grants.iter().map(|grant| grant.task).collect();
        assert_eq!(queue.complete(&tasks).await, Ok(4));
        assert_eq!(queue.complete(&tasks).await, Ok(0));
        intact::check(&queue).await;
    })
    .await;
}

#[tokio::test]
async fn a_server_that_stalls_is_not_waited_for_for_ever() {
    on_each_server(Kind::Plain, async |server| {
        let queue = server.queue().await;
        rebuild(&queue, 1, 0..10).await.expect("a life");
        let signal = |name: &str| {
            let sent = std::process::Command::new("kill").args([name, &server.pid().to_string()]).status();
            assert!(sent.is_ok_and(|status| status.success()));
        };
        signal("-STOP");
        let stalled = tokio::time::timeout(Duration::from_secs(8), queue.stats()).await;
        signal("-CONT");
        assert_eq!(trouble(stalled.expect("it ends by itself")), Trouble::Silent);
        assert_eq!(answer(&queue).await.expect("it goes on").total.open(), 10);
    })
    .await;
}

#[tokio::test]
async fn a_full_server_takes_no_tasks_but_lets_them_go() {
    on_each_server(Kind::Plain, async |server| {
        let queue = server.queue().await;
        rebuild(&queue, 1, 0..10).await.expect("a life");
        queue.claim(&ask(1, 1, 2), at(0)).await.expect("open");
        server.tell(&["CONFIG", "SET", "maxmemory", "1"]).await;
        assert_eq!(trouble(queue.enqueue(vec![entry(20)], at(0)).await), Trouble::Full);
        assert_eq!(queue.complete(&[id(0), id(5)]).await, Ok(2), "what frees memory is served");
        intact::check(&queue).await;
        server.tell(&["CONFIG", "SET", "maxmemory", "0"]).await;
        assert_eq!(queue.enqueue(vec![entry(20)], at(0)).await, Ok(1));
    })
    .await;
}

#[tokio::test]
async fn a_replica_and_a_key_of_somebody_else_are_told_apart() {
    on_each_server(Kind::Plain, async |server| {
        let queue = server.queue().await;
        rebuild(&queue, 1, 0..10).await.expect("a life");
        server.tell(&["REPLICAOF", "127.0.0.1", "1"]).await;
        assert_eq!(trouble(queue.enqueue(vec![entry(20)], at(0)).await), Trouble::ReadOnly);
        server.tell(&["REPLICAOF", "NO", "ONE"]).await;
        let [_, tasks, ready, ..] = queue.server.keys.live();
        server.tell(&["SET", &ready, "mine"]).await;
        assert!(matches!(trouble(queue.stats().await), Trouble::Foreign(_)));
        server.tell(&["DEL", &ready]).await;
        server.tell(&["HSET", &tasks, "abcdefghijklmnop", "mine"]).await;
        let foreign = uuid::Uuid::from_slice(b"abcdefghijklmnop").expect("16 bytes");
        assert!(queue.explain(foreign.into()).await.is_err(), "it is not answered from");
        rebuild(&queue, 2, 0..10).await.expect("a rebuild clears it away");
        intact::check(&queue).await;
    })
    .await;
}
