//! The open tasks of one route.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hafs_proto::{RunId, TaskId, Timestamp};

use crate::Entry;

/// A place in line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Turn {
    pub(super) deadline: Timestamp,
    pub(super) task: TaskId,
}

impl Turn {
    pub(super) fn of(entry: &Entry) -> Self {
        Self { deadline: entry.deadline(), task: entry.task }
    }

    /// The place that it has with a handicap.
    pub(super) fn later(self, handicap: Duration) -> Self {
        Self { deadline: self.deadline.plus(handicap), ..self }
    }
}

/// One route's lines, one for each run: a paused run is stepped over as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Lane {
    pub(super) ready: BTreeMap<RunId, BTreeSet<Turn>>,
    pub(super) delayed: BTreeSet<(Timestamp, TaskId)>,
    pub(super) leased: u64,
}

impl Lane {
    pub(super) fn is_empty(&self) -> bool {
        self.ready.is_empty() && self.delayed.is_empty() && self.leased == 0
    }

    pub(super) fn line_up(&mut self, entry: &Entry) {
        self.ready.entry(entry.run).or_default().insert(Turn::of(entry));
    }

    /// Takes a task out of its line, or out of the delayed ones.
    pub(super) fn step_out(&mut self, entry: &Entry, not_before: Timestamp) {
        if self.delayed.remove(&(not_before, entry.task)) {
            return;
        }
        if let Some(line) = self.ready.get_mut(&entry.run) {
            line.remove(&Turn::of(entry));
            if line.is_empty() {
                self.ready.remove(&entry.run);
            }
        }
    }

    /// The first delayed task, if its time has come.
    pub(super) fn due(&self, now: Timestamp) -> Option<TaskId> {
        self.delayed.first().filter(|(not_before, _)| *not_before <= now).map(|(_, task)| *task)
    }

    pub(super) fn earliest(&self) -> Option<Timestamp> {
        self.delayed.first().map(|(not_before, _)| *not_before)
    }
}

/// Merges lines into one, lazily and in order.
pub(super) struct Merge<I: Iterator<Item = Turn>> {
    lines: Vec<I>,
    heads: BTreeSet<(Turn, usize)>,
}

impl<I: Iterator<Item = Turn>> Merge<I> {
    pub(super) fn new(lines: impl Iterator<Item = I>) -> Self {
        let mut lines: Vec<I> = lines.collect();
        let heads =
            lines.iter_mut().enumerate().filter_map(|(nth, line)| Some((line.next()?, nth))).collect();
        Self { lines, heads }
    }
}

impl<I: Iterator<Item = Turn>> Iterator for Merge<I> {
    type Item = Turn;

    fn next(&mut self) -> Option<Turn> {
        let (turn, nth) = self.heads.pop_first()?;
        if let Some(next) = self.lines.get_mut(nth).and_then(Iterator::next) {
            self.heads.insert((next, nth));
        }
        Some(turn)
    }
}
