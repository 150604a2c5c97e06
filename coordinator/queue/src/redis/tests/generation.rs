//! Lives of the index, and several coordinators.

use hafs_domain::retry::RetryPolicy;
use hafs_proto::Generation;

use super::{Kind, ask, at, entry, id, on_each_server, rebuild};
use crate::redis::fixture::RedisProc;
use crate::{Queue, QueueError, RedisQueue};

async fn two(server: &RedisProc) -> (RedisQueue, RedisQueue) {
    let settings = server.settings();
    let connect = async || RedisQueue::connect(&settings, RetryPolicy::default()).await.expect("fit");
    (connect().await, connect().await)
}

#[tokio::test]
async fn a_wiped_server_is_noticed_and_a_rebuild_mends_it() {
    on_each_server(Kind::Plain, async |server| {
        let queue = server.queue().await;
        rebuild(&queue, 1, 0..10).await.expect("a first life");
        assert_eq!(queue.claim(&ask(1, 1, 3), at(0)).await.expect("open").grants.len(), 3);
        server.tell(&["FLUSHALL"]).await;
        assert_eq!(queue.claim(&ask(1, 2, 3), at(0)).await, Err(QueueError::Rebuilding));
        assert_eq!(queue.enqueue(vec![entry(1)], at(0)).await, Err(QueueError::Rebuilding));
        let again = QueueError::OldGeneration { given: Generation(1), current: Generation(1) };
        assert_eq!(rebuild(&queue, 1, 0..10).await, Err(again), "old leases would look current");
        rebuild(&queue, 2, 0..10).await.expect("a second life");
        assert_eq!(queue.claim(&ask(1, 3, 30), at(0)).await.expect("open").grants.len(), 10);
        super::intact::check(&queue).await;
    })
    .await;
}

#[tokio::test]
async fn an_index_that_is_older_or_another_librarys_is_not_served_from() {
    on_each_server(Kind::Plain, async |server| {
        let settings = server.settings();
        let connect = async |change: fn(&mut crate::redis::RedisSettings)| {
            let mut changed = settings.clone();
            change(&mut changed);
            RedisQueue::connect(&changed, RetryPolicy::default()).await.expect("fit")
        };
        let queue = connect(|_| {}).await;
        rebuild(&queue, 5, 0..3).await.expect("a life");
        let ahead = connect(|settings| settings.at_least = Generation(6)).await;
        assert_eq!(ahead.stats().await, Err(QueueError::Rebuilding), "a backup of the server was restored");
        let other = connect(|settings| settings.library = "other".to_owned()).await;
        assert_eq!(other.stats().await, Err(QueueError::Rebuilding));
        assert_eq!(queue.stats().await.expect("its own").generation, Generation(5));
        rebuild(&other, 1, 0..1).await.expect("another library counts from the beginning");
        assert_eq!(queue.stats().await, Err(QueueError::Rebuilding), "it was pushed aside, and is told");
    })
    .await;
}

#[tokio::test]
async fn a_newer_generation_of_another_coordinator_is_taken_over_and_its_leases_too() {
    on_each_server(Kind::Plain, async |server| {
        let (one, two) = two(&server).await;
        rebuild(&one, 1, 0..4).await.expect("a first life");
        let old = one.claim(&ask(1, 1, 1), at(0)).await.expect("open").grants;
        rebuild(&two, 2, 0..4).await.expect("a second life");
        let lease =
            crate::LeaseRef { task: old[0].task, generation: old[0].generation, attempt: old[0].attempt };
        let renewed =
            one.renew(id(1), &[lease], std::time::Duration::from_secs(9), at(1)).await.expect("open");
        assert!(matches!(renewed[..], [crate::Renewal::Renewed { generation: Generation(2), .. }]));
        assert_eq!(one.stats().await.expect("open").generation, Generation(2));
    })
    .await;
}

#[tokio::test]
async fn of_two_that_rebuild_at_once_the_higher_generation_wins_and_the_other_is_told() {
    on_each_server(Kind::Plain, async |server| {
        let (one, two) = two(&server).await;
        let mut slow = (0..2_500).map(entry);
        let (low, high) =
            tokio::join!(one.rebuild(Generation(7), &[], &mut slow, at(0)), rebuild(&two, 8, 0..10),);
        assert_eq!(high, Ok(()));
        let (given, current) = (Generation(7), Generation(8));
        assert!(low == Ok(()) || low == Err(QueueError::OldGeneration { given, current }), "{low:?}");
        for queue in [&one, &two] {
            let stats = queue.stats().await.expect("open");
            assert_eq!((stats.generation, stats.total.open()), (current, 10));
        }
        let again = rebuild(&one, 7, 0..1).await;
        assert_eq!(again, Err(QueueError::OldGeneration { given, current }));
        super::intact::check(&two).await;
    })
    .await;
}

#[tokio::test]
async fn what_an_abandoned_rebuild_leaves_vanishes_and_harms_nobody() {
    on_each_server(Kind::Plain, async |server| {
        let queue = server.queue().await;
        rebuild(&queue, 1, 0..10).await.expect("a first life");
        let mut entries = (0..2_000).map(entry).inspect(|entry| {
            assert!(entry.task < id(1_500), "the coordinator ends here");
        });
        let ends = std::panic::AssertUnwindSafe(queue.rebuild(Generation(2), &[], &mut entries, at(0)));
        assert!(futures_util::FutureExt::catch_unwind(ends).await.is_err());
        assert_eq!(queue.stats().await.expect("the old life goes on").total.open(), 10);
        for key in &queue.server.keys.staged(Generation(2))[1..3] {
            let mut ask = redis::cmd("TTL");
            let seconds: i64 = queue.server.ask("check", ask.arg(key)).await.expect("it answers");
            assert!((1..=600).contains(&seconds), "{key} stays for {seconds} s");
        }
        rebuild(&queue, 3, 0..7).await.expect("a third life");
        assert_eq!(queue.stats().await.expect("open").total.open(), 7);
        for key in queue.server.keys.live() {
            let mut ask = redis::cmd("TTL");
            let seconds: i64 = queue.server.ask("check", ask.arg(&key)).await.expect("it answers");
            assert!(seconds < 0, "{key} vanishes");
        }
    })
    .await;
}

#[tokio::test]
async fn all_keys_of_a_queue_are_in_one_slot() {
    on_each_server(Kind::Cluster, async |server| {
        let queue = server.queue().await;
        let keys = &queue.server.keys;
        let mut slots = std::collections::BTreeSet::new();
        for key in
            keys.live().iter().chain(&keys.staged(Generation(3))).chain([&keys.meta(), &keys.channel()])
        {
            let slot: u16 =
                redis::from_redis_value(server.tell(&["CLUSTER", "KEYSLOT", key]).await).expect("a slot");
            slots.insert(slot);
        }
        assert_eq!(slots.len(), 1, "{slots:?}");
    })
    .await;
}
