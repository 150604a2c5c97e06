//! The maps, and the one way in and out of them.

use std::collections::{BTreeMap, BTreeSet};

use hafs_proto::{Generation, Route, TaskId, TaskState, Timestamp, WorkerId};

use super::lane::Lane;
use crate::record::Record;
use crate::{Entry, Pausable};

/// All open tasks. Each is in `tasks` and in exactly one other place: in a line or among the delayed of its
/// route's lane, or, with its worker, in `leases`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Index {
    generation: Generation,
    /// Boxed, because half of a map's slots are empty.
    pub(super) tasks: BTreeMap<TaskId, Box<Record>>,
    pub(super) lanes: BTreeMap<Route, Lane>,
    pub(super) leases: BTreeSet<(Timestamp, TaskId)>,
    pub(super) held: BTreeMap<WorkerId, BTreeSet<TaskId>>,
    pub(super) paused: BTreeSet<Pausable>,
}

impl Index {
    pub(super) fn new(generation: Generation, paused: &[Pausable]) -> Self {
        Self {
            generation,
            tasks: BTreeMap::new(),
            lanes: BTreeMap::new(),
            leases: BTreeSet::new(),
            held: BTreeMap::new(),
            paused: paused.iter().cloned().collect(),
        }
    }

    pub(super) const fn generation(&self) -> Generation {
        self.generation
    }

    /// Puts a new task in; says whether it was new.
    pub(super) fn enqueue(&mut self, entry: Entry, now: Timestamp) -> bool {
        let new = !self.tasks.contains_key(&entry.task);
        if new {
            self.put(Box::new(Record::new(entry)), now);
        }
        new
    }

    /// Puts a record where its state belongs. A closed one is let go.
    pub(super) fn put(&mut self, mut record: Box<Record>, now: Timestamp) {
        let task = record.entry.task;
        match &record.state {
            TaskState::Ready { not_before } => {
                record.entry.not_before = *not_before;
                let lane = self.lanes.entry(record.entry.route.clone()).or_default();
                if *not_before <= now {
                    lane.line_up(&record.entry);
                } else {
                    lane.delayed.insert((*not_before, task));
                }
            }
            TaskState::Leased { worker, expires_at, .. } => {
                self.lanes.entry(record.entry.route.clone()).or_default().leased += 1;
                self.leases.insert((*expires_at, task));
                self.held.entry(*worker).or_default().insert(task);
            }
            TaskState::Done { .. } | TaskState::Dead { .. } | TaskState::Cancelled { .. } => return,
        }
        self.tasks.insert(task, record);
    }

    /// Takes a record out of every place that it is in.
    pub(super) fn take(&mut self, task: TaskId) -> Option<Box<Record>> {
        let record = self.tasks.remove(&task)?;
        match &record.state {
            TaskState::Ready { not_before } => {
                self.with_lane(&record.entry.route, |lane| lane.step_out(&record.entry, *not_before));
            }
            TaskState::Leased { worker, expires_at, .. } => {
                self.with_lane(&record.entry.route, |lane| lane.leased = lane.leased.saturating_sub(1));
                self.leases.remove(&(*expires_at, task));
                self.let_go(*worker, task);
            }
            TaskState::Done { .. } | TaskState::Dead { .. } | TaskState::Cancelled { .. } => {}
        }
        Some(record)
    }

    /// Makes delayed tasks of a route ready whose time has come, at most `limit`. Returns how many.
    pub(super) fn promote(&mut self, route: &Route, limit: usize, now: Timestamp) -> usize {
        let mut promoted = 0;
        while promoted < limit
            && let Some(task) = self.lanes.get(route).and_then(|lane| lane.due(now))
            && let Some(record) = self.take(task)
        {
            self.put(record, now);
            promoted += 1;
        }
        promoted
    }

    pub(super) fn pause(&mut self, what: Pausable) {
        self.paused.insert(what);
    }

    /// Whether it was paused.
    pub(super) fn resume(&mut self, what: &Pausable) -> bool {
        self.paused.remove(what)
    }

    pub(super) fn is_route_paused(&self, route: &Route) -> bool {
        self.paused.contains(&Pausable::Route(route.clone()))
    }

    pub(super) fn is_run_paused(&self, run: hafs_proto::RunId) -> bool {
        self.paused.contains(&Pausable::Run(run))
    }

    /// Tasks that a worker holds.
    pub(super) fn held_by(&self, worker: WorkerId) -> u64 {
        self.held.get(&worker).map_or(0, |held| u64::try_from(held.len()).unwrap_or(u64::MAX))
    }

    fn with_lane(&mut self, route: &Route, act: impl FnOnce(&mut Lane)) {
        if let Some(lane) = self.lanes.get_mut(route) {
            act(lane);
            if lane.is_empty() {
                self.lanes.remove(route);
            }
        }
    }

    fn let_go(&mut self, worker: WorkerId, task: TaskId) {
        if let Some(held) = self.held.get_mut(&worker) {
            held.remove(&task);
            if held.is_empty() {
                self.held.remove(&worker);
            }
        }
    }
}
