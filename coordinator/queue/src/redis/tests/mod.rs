//! Against real servers.

mod backlog;
mod conform;
mod faults;
mod generation;
mod intact;
mod refusals;
mod waking;

use hafs_proto::{BoundedText, Generation, RunId, TaskId, TaskKind, Timestamp, WorkerId};
use uuid::Uuid;

use super::fixture::{Kind, RedisProc, programs};
use crate::{Ask, Entry, Queue, QueueError, RedisQueue, Vacancy};

/// The servers that are installed.
fn found() -> Vec<std::path::PathBuf> {
    let programs = programs();
    if programs.is_empty() {
        println!("SKIPPED: neither redis-server nor valkey-server is installed; scripts/setup.sh gets them");
    }
    for program in &programs {
        println!("with {}", program.display());
    }
    programs
}

/// Runs a test once on each server that is installed.
#[expect(clippy::future_not_send, reason = "each test has a runtime and a thread of its own")]
async fn on_each_server(kind: Kind, test: impl AsyncFn(RedisProc)) {
    for program in found() {
        test(RedisProc::start(&program, kind).await).await;
    }
}

fn id<T: From<Uuid>>(number: u32) -> T {
    T::from(Uuid::from_u128(u128::from(number)))
}

fn at(ms: u64) -> Timestamp {
    Timestamp::EPOCH.plus(std::time::Duration::from_millis(ms))
}

fn entry(number: u32) -> Entry {
    Entry {
        task: id::<TaskId>(number),
        run: id::<RunId>(number % 3),
        kind: TaskKind::Generate,
        route: route(number % 20),
        priority: hafs_proto::task::Priority::Normal,
        created_at: at(u64::from(number)),
        not_before: Timestamp::EPOCH,
        tries: hafs_domain::retry::Tries::default(),
        max_attempts: 5,
    }
}

fn route(number: u32) -> hafs_proto::Route {
    format!("teacher/provider/some-model-with-a-long-name-{number}:14b").parse().expect("a route")
}

/// An ask for all routes.
fn ask(worker: u32, claim: u32, free: u32) -> Ask {
    Ask {
        worker: id::<WorkerId>(worker),
        claim: id(claim),
        vacancies: vec![Vacancy {
            pool: BoundedText::clipped("gpu"),
            free,
            routes: (0..20).map(route).collect(),
        }],
        holding: std::collections::BTreeSet::new(),
        lease: std::time::Duration::from_secs(60),
        handicaps: std::collections::BTreeMap::new(),
        at_most: u32::MAX,
    }
}

async fn rebuild(queue: &RedisQueue, generation: u64, tasks: std::ops::Range<u32>) -> Result<(), QueueError> {
    queue.rebuild(Generation(generation), &[], &mut tasks.map(entry), at(0)).await
}
