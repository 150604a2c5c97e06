//! What the view shows, as the coordinator tells it, and how fast samples are accepted.

use std::collections::VecDeque;
use std::time::Duration;

use hafs_proto::people::{Page, RunView, Status, TeacherView, WorkerView};
use hafs_proto::{MicroUsd, RunId, RunState, Timestamp};

use crate::api::{Api, ApiError};

/// One look at the factory.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// When.
    pub at: Timestamp,
    /// Queue and runs.
    pub status: Status,
    /// Workers.
    pub workers: Vec<WorkerView>,
    /// Teachers.
    pub teachers: Vec<TeacherView>,
}

impl Facts {
    /// Looks, at a whole factory or at one of its runs.
    ///
    /// # Errors
    /// [`ApiError`] when the coordinator does not answer.
    pub async fn look(api: &Api, only: Option<RunId>, at: Timestamp) -> Result<Self, ApiError> {
        let mut status: Status = api.get("/v1/status", &[]).await?;
        if let Some(run) = only {
            status.runs = vec![api.get(&format!("/v1/runs/{run}"), &[]).await?];
        }
        let workers: Page<WorkerView> = api.get("/v1/workers", &[]).await?;
        let teachers: Page<TeacherView> = api.get("/v1/teachers", &[]).await?;
        Ok(Self { at, status, workers: workers.items, teachers: teachers.items })
    }

    /// Samples accepted in all runs that are shown.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.status.runs.iter().map(|view| view.progress.accepted).sum()
    }

    /// What the runs that are shown have cost.
    #[must_use]
    pub fn cost(&self) -> MicroUsd {
        self.status.runs.iter().map(|view| view.progress.cost).sum()
    }

    /// Runs that go on.
    pub fn running(&self) -> impl Iterator<Item = &RunView> {
        self.status.runs.iter().filter(|view| view.run.state == RunState::Running)
    }
}

/// Seconds of one column of the pace.
const SLOT: i64 = 10;
/// Columns that are kept: half an hour.
const SLOTS: usize = 180;

/// Accepted samples by time, since the view was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pace {
    /// Accepted within each column, newest last.
    made: VecDeque<u64>,
    slot: Option<i64>,
    last: u64,
}

impl Pace {
    /// Takes note of how many are accepted at a time.
    pub fn note(&mut self, at: Timestamp, accepted: u64) {
        let slot = at.as_millis() / 1_000 / SLOT;
        let passed = self.slot.map_or(1, |before| slot.saturating_sub(before).max(0));
        let made = if self.slot.is_some() { accepted.saturating_sub(self.last) } else { 0 };
        for _ in 0..usize::try_from(passed).unwrap_or(SLOTS).min(SLOTS) {
            self.made.push_back(0);
        }
        let surplus = self.made.len().saturating_sub(SLOTS);
        self.made.drain(..surplus);
        if let Some(now) = self.made.back_mut() {
            *now += made;
        }
        (self.slot, self.last) = (Some(self.slot.map_or(slot, |before| before.max(slot))), accepted);
    }

    /// Accepted within each column, oldest first.
    #[must_use]
    pub fn columns(&self) -> Vec<u64> {
        self.made.iter().copied().collect()
    }

    /// Accepted samples an hour, over what was seen; nothing before the first whole column.
    #[must_use]
    pub fn per_hour(&self) -> Option<u64> {
        let columns = u64::try_from(self.made.len()).unwrap_or(u64::MAX);
        let seconds = columns * SLOT.unsigned_abs();
        (columns > 1).then(|| self.made.iter().sum::<u64>() * 3_600 / seconds)
    }

    /// How long `left` more will take at this pace.
    #[must_use]
    pub fn remaining(&self, left: u64) -> Option<Duration> {
        let per_hour = self.per_hour().filter(|pace| *pace > 0)?;
        Some(Duration::from_secs(left.saturating_mul(3_600) / per_hour))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn the_pace_is_what_was_accepted_while_the_view_was_open() {
        let mut pace = Pace::default();
        pace.note(at(1_000), 50);
        assert_eq!((pace.per_hour(), pace.remaining(10)), (None, None), "nothing is promised at once");
        pace.note(at(1_005), 51);
        pace.note(at(1_030), 54);
        assert_eq!(pace.columns(), [1, 0, 0, 3]);
        assert_eq!(pace.per_hour(), Some(360));
        assert_eq!(pace.remaining(36), Some(Duration::from_secs(360)));
    }

    #[test]
    fn a_clock_that_jumps_and_counts_that_fall_do_no_harm() {
        let mut pace = Pace::default();
        for (seconds, accepted) in [(10, 5), (5, 9), (9_000_000, 2), (9_000_001, 3)] {
            pace.note(at(seconds), accepted);
        }
        assert_eq!(pace.columns().len(), SLOTS);
        assert_eq!(pace.columns().last(), Some(&1));
    }
}
