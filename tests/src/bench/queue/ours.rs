//! Our queue, through its trait: every verb with all that it does.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::ensure;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use hafs_domain::retry::Tries;
use hafs_proto::task::Priority;
use hafs_proto::{BoundedText, Route, RunId, TaskId, TaskKind, Timestamp, WorkerId};
use hafs_queue::{Ask, Entry, Queue, RedisQueue, Vacancy};
use hafs_runtime::clock::Stopwatch;
use hafs_runtime::ids::IdGen;

use super::super::numbers::float;
use super::AT_ONCE;
use crate::client;

const LEASE: Duration = Duration::from_secs(90);

/// Puts `count` tasks in, `batch` a call; seconds.
pub(super) async fn enqueue(queue: &RedisQueue, count: usize, batch: usize) -> anyhow::Result<f64> {
    let (ids, now) = (client::ids(), Timestamp::EPOCH);
    let run: RunId = ids.mint();
    let route = route()?;
    let entries: Vec<Entry> = (0..count).map(|_| entry(ids.mint(), run, route.clone())).collect();
    let batches: Vec<Vec<Entry>> = entries.chunks(batch).map(<[Entry]>::to_vec).collect();
    let watch = Stopwatch::start();
    let put = stream::iter(batches).map(|batch| queue.enqueue(batch, now)).buffer_unordered(AT_ONCE);
    let new: u64 = put.try_fold(0, |sum, new| async move { Ok(sum + new) }).await?;
    ensure!(usize::try_from(new)? == count, "{new} of {count} tasks were new");
    Ok(watch.elapsed().as_secs_f64())
}

/// Claims and completes `count` tasks, `batch` a call; seconds.
pub(super) async fn work(queue: &RedisQueue, count: usize, batch: usize) -> anyhow::Result<f64> {
    let ids = client::ids();
    let routes: BTreeSet<Route> = [route()?].into_iter().collect();
    let workers: Vec<WorkerId> = (0..AT_ONCE).map(|_| ids.mint()).collect();
    let watch = Stopwatch::start();
    let each = workers.into_iter().map(|worker| one_worker(queue, &ids, (worker, &routes), batch));
    let done: usize = futures_util::future::try_join_all(each).await?.into_iter().sum();
    ensure!(done == count, "{done} of {count} tasks were completed");
    Ok(watch.elapsed().as_secs_f64())
}

async fn one_worker(
    queue: &RedisQueue,
    ids: &IdGen,
    (worker, routes): (WorkerId, &BTreeSet<Route>),
    batch: usize,
) -> anyhow::Result<usize> {
    let mut done = 0;
    loop {
        let vacancy = Vacancy {
            pool: BoundedText::clipped("all"),
            free: u32::try_from(batch)?,
            routes: routes.clone(),
        };
        let ask = Ask {
            worker,
            claim: ids.mint(),
            vacancies: vec![vacancy],
            holding: BTreeSet::new(),
            lease: LEASE,
            handicaps: std::collections::BTreeMap::new(),
            at_most: u32::MAX,
        };
        let claimed = queue.claim(&ask, Timestamp::EPOCH).await?;
        let tasks: Vec<TaskId> = claimed.grants.iter().map(|grant| grant.task).collect();
        if tasks.is_empty() {
            return Ok(done);
        }
        done += usize::try_from(queue.complete(&tasks).await?)?;
    }
}

fn route() -> anyhow::Result<Route> {
    Ok("teacher/bench/model".parse()?)
}

fn entry(task: TaskId, run: RunId, route: Route) -> Entry {
    Entry {
        task,
        run,
        kind: TaskKind::Generate,
        route,
        priority: Priority::Normal,
        created_at: Timestamp::EPOCH,
        not_before: Timestamp::EPOCH,
        tries: Tries::default(),
        max_attempts: 3,
    }
}

/// A count per second.
pub(super) fn rate(count: usize, seconds: f64) -> f64 {
    float(count) / seconds
}
