//! Looking at the queue without changing it.

use hafs_proto::{Route, TaskId};

use super::index::Index;
use super::lane::{Lane, Turn};
use crate::record::Record;
use crate::{Explanation, RouteStats, Stats};

impl Index {
    pub(super) fn stats(&self) -> Stats {
        let routes = self.lanes.keys().map(|route| (route.clone(), self.route_stats(route))).collect();
        let total = self.lanes.keys().map(|route| self.route_stats(route));
        let total = total.fold(RouteStats::default(), RouteStats::plus);
        Stats { generation: self.generation(), total, routes }
    }

    pub(super) fn route_stats(&self, route: &Route) -> RouteStats {
        let Some(lane) = self.lanes.get(route) else { return RouteStats::default() };
        let stats = self.lane_stats(lane);
        if self.is_route_paused(route) {
            RouteStats { paused: stats.ready, oldest_ready: None, ..stats }
        } else {
            stats
        }
    }

    /// A lane in numbers, whether or not its route is paused.
    pub(super) fn lane_stats(&self, lane: &Lane) -> RouteStats {
        let mut stats =
            RouteStats { delayed: count(lane.delayed.len()), leased: lane.leased, ..RouteStats::default() };
        let mut first: Option<Turn> = None;
        for (run, line) in &lane.ready {
            stats.ready += count(line.len());
            if self.is_run_paused(*run) {
                stats.paused += count(line.len());
            } else {
                first = first.into_iter().chain(line.first().copied()).min();
            }
        }
        let planned_at = |turn: Turn| self.tasks.get(&turn.task).map(|record| record.entry.created_at);
        RouteStats { oldest_ready: first.and_then(planned_at), ..stats }
    }

    pub(super) fn explain(&self, task: TaskId) -> Option<Explanation> {
        let record = self.tasks.get(&task)?;
        Some(Explanation {
            entry: record.entry.clone(),
            state: record.state.clone(),
            ahead: self.ahead(record),
            paused: self.is_run_paused(record.entry.run) || self.is_route_paused(&record.entry.route),
        })
    }

    fn ahead(&self, record: &Record) -> Option<u64> {
        let lane = self.lanes.get(&record.entry.route)?;
        let turn = Turn::of(&record.entry);
        lane.ready.get(&record.entry.run).filter(|line| line.contains(&turn))?;
        let others = lane.ready.iter().filter(|(run, _)| !self.is_run_paused(**run));
        Some(others.map(|(_, line)| count(line.range(..turn).count())).sum())
    }
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
