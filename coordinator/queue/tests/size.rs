//! How much a large queue takes: in its own process, so that nothing else is measured.

#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::time::Duration;

use hafs_domain::retry::{RetryPolicy, Tries};
use hafs_proto::task::Priority;
use hafs_proto::{
    BoundedText, CompletionId, Generation, RunId, TaskId, TaskKind, Timestamp, WorkerId, limits,
};
use hafs_queue::{Ask, Entry, MemoryQueue, Queue, Vacancy};
use uuid::Uuid;

const OPEN: u32 = 100_000;
const ROUTES: u32 = 20;

fn id<T: From<Uuid>>(number: u32) -> T {
    T::from(Uuid::from_u128(u128::from(number)))
}

fn entry(number: u32) -> Entry {
    Entry {
        task: id::<TaskId>(number),
        run: id::<RunId>(number % 3),
        kind: TaskKind::Generate,
        route: route(number % ROUTES).parse().expect("a route"),
        priority: Priority::Normal,
        created_at: Timestamp::EPOCH.plus(Duration::from_millis(u64::from(number))),
        not_before: Timestamp::EPOCH,
        tries: Tries::default(),
        max_attempts: 5,
    }
}

fn route(number: u32) -> String {
    format!("teacher/provider/some-model-with-a-long-name-{number}:14b")
}

/// Bytes of this process that are in memory.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux has it");
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number");
    pages * 4_096
}

#[tokio::test]
async fn a_hundred_thousand_open_tasks_take_less_than_sixty_megabytes() {
    let queue = MemoryQueue::new(RetryPolicy::default());
    let before = resident();
    let mut entries = (0..OPEN).map(entry);
    queue.rebuild(Generation(1), &[], &mut entries, Timestamp::EPOCH).await.expect("a first life");
    let bytes = resident() - before;
    assert!(bytes < 60_000_000, "{bytes} bytes");
    let routes = (0..ROUTES).map(|number| route(number).parse().expect("a route")).collect();
    let vacancies = vec![Vacancy { pool: BoundedText::clipped("gpu"), free: limits::CLAIM_TASKS, routes }];
    let ask = Ask {
        worker: id::<WorkerId>(1),
        claim: id::<CompletionId>(1),
        vacancies,
        holding: BTreeSet::new(),
        lease: Duration::from_secs(60),
        handicaps: std::collections::BTreeMap::new(),
        at_most: u32::MAX,
    };
    let claimed = queue.claim(&ask, Timestamp::EPOCH).await.expect("open");
    let first: Vec<TaskId> = claimed.grants.iter().map(|grant| grant.task).collect();
    assert_eq!(
        first,
        (0..limits::CLAIM_TASKS).map(id).collect::<Vec<TaskId>>(),
        "merged over routes and runs, in order"
    );
}
