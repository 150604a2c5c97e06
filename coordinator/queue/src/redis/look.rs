//! Looking at the queue without changing it.

use std::collections::{BTreeMap, BTreeSet};

use hafs_proto::{Route, RunId, TaskId, Timestamp, WorkerId};
use redis::Value;
use uuid::Uuid;

use super::RedisQueue;
use super::bytes::{decode, read_pausable, read_route, read_time};
use super::script::Verb;
use crate::error::bounded;
use crate::idle::Survey;
use crate::{Explanation, Pausable, QueueError, RouteStats, Stats};

/// A line of ready tasks: route and run, how many, the first one's turn, when it was planned.
type Line = (Vec<u8>, u64, Vec<u8>, Vec<u8>);
/// The delayed tasks of a route: how many, when the first is due.
type Delayed = (Vec<u8>, u64, Vec<u8>);
/// What `lua/survey.lua` answers: lines, delayed tasks, leased tasks by route, what is paused.
pub(super) type RawSurvey = (Vec<Line>, Vec<Delayed>, Vec<Vec<u8>>, Vec<Vec<u8>>);

impl RedisQueue {
    pub(super) async fn count(&self) -> Result<Stats, QueueError> {
        let call = self.server.verb(Verb::Stats);
        let routes = survey(self.server.call("stats", &call).await?);
        let routes = routes.ok_or_else(|| self.server.foreign("stats", "a line of no route"))?;
        let routes: BTreeMap<Route, RouteStats> =
            routes.into_iter().map(|(route, outlook)| (route, outlook.stats)).collect();
        let total = routes.values().copied().fold(RouteStats::default(), RouteStats::plus);
        Ok(Stats { generation: self.server.generation(), total, routes })
    }

    pub(super) async fn held_by(&self, workers: &[WorkerId]) -> Result<Vec<u64>, QueueError> {
        bounded("held", workers.len())?;
        let mut call = self.server.verb(Verb::Held);
        for worker in workers {
            call.arg(worker.uuid().as_bytes());
        }
        self.server.call("held", &call).await
    }

    pub(super) async fn look_at(&self, task: TaskId) -> Result<Option<Explanation>, QueueError> {
        let mut call = self.server.verb(Verb::Explain);
        call.arg(task.uuid().as_bytes());
        let found: Value = self.server.call("explain", &call).await?;
        if found == Value::Array(Vec::new()) {
            return Ok(None);
        }
        let (bytes, ahead, paused): (Vec<u8>, i64, u8) = self.server.read("explain", found)?;
        let record = decode(task, &bytes);
        let record = record.ok_or_else(|| self.server.foreign("explain", "a task without a record"))?;
        Ok(Some(Explanation {
            entry: record.entry,
            state: record.state,
            ahead: u64::try_from(ahead).ok(),
            paused: paused > 0,
        }))
    }
}

/// Routes in numbers, by the pauses that are in force; nothing if a key is not ours.
pub(super) fn survey((lines, delayed, leased, paused): RawSurvey) -> Option<Survey> {
    let paused: BTreeSet<Pausable> = paused.iter().map(|what| read_pausable(what)).collect::<Option<_>>()?;
    let mut survey = Survey::new();
    let mut first: BTreeMap<Route, (Vec<u8>, Timestamp)> = BTreeMap::new();
    for (line, ready, turn, created) in lines {
        let (route, run) = line.split_at_checked(line.len().checked_sub(16)?)?;
        let (route, run) = (read_route(route)?, RunId::from_uuid(Uuid::from_slice(run).ok()?));
        let stats = &mut survey.entry(route.clone()).or_default().stats;
        stats.ready += ready;
        if paused.contains(&Pausable::Run(run)) {
            stats.paused += ready;
        } else {
            let head = (turn, read_time(created.try_into().ok()?)?);
            first.entry(route).and_modify(|least| *least = head.clone().min(least.clone())).or_insert(head);
        }
    }
    for (route, (_, planned_at)) in first {
        survey.entry(route).or_default().stats.oldest_ready = Some(planned_at);
    }
    for (route, count, earliest) in delayed {
        let outlook = survey.entry(read_route(&route)?).or_default();
        outlook.stats.delayed = count;
        outlook.earliest = Some(read_time(earliest.try_into().ok()?)?);
    }
    for (route, count) in counts(&leased, read_route)? {
        survey.entry(route).or_default().stats.leased = count;
    }
    for what in paused {
        let Pausable::Route(route) = what else { continue };
        if let Some(outlook) = survey.get_mut(&route) {
            outlook.stats = RouteStats { paused: outlook.stats.ready, oldest_ready: None, ..outlook.stats };
        }
    }
    Some(survey)
}

/// Fields and their numbers, in turns.
fn counts<K: Ord>(flat: &[Vec<u8>], key: impl Fn(&[u8]) -> Option<K>) -> Option<BTreeMap<K, u64>> {
    let number = |text: &[u8]| str::from_utf8(text).ok()?.parse().ok();
    flat.chunks_exact(2).map(|pair| Some((key(&pair[0])?, number(&pair[1])?))).collect()
}
