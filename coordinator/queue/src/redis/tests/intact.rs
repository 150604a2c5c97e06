//! Whether an index is whole: every task in one place, every number right.

use std::collections::{BTreeMap, BTreeSet};

use redis::FromRedisValue;
use uuid::Uuid;

use crate::record::{Hold, Record};
use crate::redis::RedisQueue;
use crate::redis::bytes::{decode, route_key, time};
use hafs_proto::{TaskId, TaskState};

async fn read<T: FromRedisValue>(queue: &RedisQueue, command: &[&str]) -> T {
    let mut call = redis::cmd(command[0]);
    call.arg(&command[1..]);
    queue.server.ask("check", &call).await.expect("the server answers")
}

/// Where a record belongs, as the bytes of its places.
fn places(record: &Record) -> [Vec<u8>; 3] {
    let entry = &record.entry;
    let (task, route) = (entry.task.uuid().into_bytes(), route_key(&entry.route));
    let turn = [entry.run.uuid().as_bytes(), &time(entry.deadline())[..]].concat();
    match (&record.state, record.hold.as_deref()) {
        (TaskState::Leased { worker, expires_at, .. }, Some(hold)) => {
            let how = match hold {
                Hold::Claimed { claim, .. } => [b"c", &claim.uuid().as_bytes()[..]].concat(),
                Hold::Adopted { .. } => b"a".to_vec(),
            };
            let held = [worker.uuid().as_bytes(), &how[..], &task].concat();
            [[&time(*expires_at)[..], &task].concat(), held, Vec::new()]
        }
        _ => {
            let delayed = [&route[..], &time(entry.not_before), &task, &turn].concat();
            [[&route[..], &turn, &task].concat(), delayed, route]
        }
    }
}

/// Reads the whole index.
///
/// # Panics
/// When anything is missing, left over or counted wrongly.
pub(super) async fn check(queue: &RedisQueue) {
    let keys = queue.server.keys.live();
    let [meta, tasks, ready, delayed, leases, held, leased, paused] = keys.each_ref().map(String::as_str);
    let flat: Vec<Vec<u8>> = read(queue, &["HGETALL", tasks]).await;
    let set = async |key| -> BTreeSet<Vec<u8>> { read(queue, &["ZRANGE", key, "0", "-1"]).await };
    let (mut ready, mut delayed) = (set(ready).await, set(delayed).await);
    let (mut leases, mut held) = (set(leases).await, set(held).await);
    let mut by_route = BTreeMap::new();
    for pair in flat.chunks_exact(2) {
        let task = TaskId::from_uuid(Uuid::from_slice(&pair[0]).expect("an id"));
        let record = decode(task, &pair[1]).expect("a record");
        let [first, second, _] = places(&record);
        if matches!(record.state, TaskState::Leased { .. }) {
            assert!(leases.remove(&first) && held.remove(&second), "{record:?}");
            *by_route.entry(route_key(&record.entry.route)).or_insert(0_u64) += 1;
        } else {
            assert!(ready.remove(&first) != delayed.remove(&second), "{record:?}");
        }
    }
    let left = [ready, delayed, leases, held].map(|set| set.len());
    assert_eq!(left, [0; 4], "places without a task");
    let counts: BTreeMap<Vec<u8>, u64> = read(queue, &["HGETALL", leased]).await;
    assert_eq!(counts, by_route);
    let told: Option<u64> = read(queue, &["HGET", meta, "paused"]).await;
    assert_eq!(told, Some(read(queue, &["SCARD", paused]).await));
}
