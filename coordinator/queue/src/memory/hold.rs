//! Leases after the claim: renewed, failed, given back, taken back.

use std::time::Duration;

use hafs_domain::retry::{AfterFailure, RetryPolicy};
use hafs_domain::task;
use hafs_proto::{Attempt, Route, TaskId, TaskState, Timestamp, WorkerId};

use super::index::Index;
use crate::record::{Hold, Record};
use crate::{FailAnswer, FailedLease, LeaseRef, LostLease, Reaped, ReleaseAnswer, Renewal};

impl Index {
    pub(super) fn renew(
        &mut self,
        worker: WorkerId,
        held: LeaseRef,
        lease: Duration,
        now: Timestamp,
    ) -> Renewal {
        let Some(record) = self.tasks.get(&held.task) else { return Renewal::Closed };
        let pair = (held.generation, held.attempt);
        let current = record.current(worker, pair);
        let holder = current.unwrap_or(task::Holder {
            worker,
            generation: self.generation(),
            attempt: Attempt(record.attempt.0.saturating_add(1)),
        });
        let moved = match current {
            Some(_) => task::renew(&record.state, holder, lease, now),
            None => task::adopt(&record.state, held.generation, holder, lease, now),
        };
        let Ok(state) = moved else { return Renewal::Lost };
        self.change(held.task, now, |record| {
            record.state = state;
            if current.is_none() {
                record.attempt = holder.attempt;
                record.hold = Some(Box::new(Hold::Adopted { from: pair }));
            }
        });
        let (generation, attempt) = (holder.generation, holder.attempt);
        Renewal::Renewed { generation, attempt, expires_at: now.plus(lease) }
    }

    pub(super) fn fail(
        &mut self,
        worker: WorkerId,
        failure: &FailedLease,
        retry: &RetryPolicy,
        now: Timestamp,
    ) -> FailAnswer {
        let Some(record) = self.tasks.get(&failure.lease.task) else { return FailAnswer::Closed };
        let Some((state, after)) = record.failed(worker, failure, retry, now) else {
            return FailAnswer::Stale;
        };
        self.follow(failure.lease.task, state, &after, now);
        after.into()
    }

    pub(super) fn release(&mut self, worker: WorkerId, held: LeaseRef, now: Timestamp) -> ReleaseAnswer {
        let Some(record) = self.tasks.get(&held.task) else { return ReleaseAnswer::Closed };
        let released = record
            .current(worker, (held.generation, held.attempt))
            .and_then(|holder| task::release(&record.state, holder, now).ok());
        let Some(state) = released else { return ReleaseAnswer::Stale };
        self.change(held.task, now, |record| {
            record.state = state;
            record.hold = None;
        });
        ReleaseAnswer::Released
    }

    pub(super) fn reap(&mut self, limit: usize, retry: &RetryPolicy, now: Timestamp) -> Reaped {
        let overdue: Vec<TaskId> = self
            .leases
            .iter()
            .take_while(|(expires_at, _)| *expires_at <= now)
            .take(limit)
            .map(|it| it.1)
            .collect();
        let lost = overdue.into_iter().filter_map(|task| self.take_back(task, retry, now)).collect();
        let routes: Vec<Route> = self.lanes.keys().cloned().collect();
        let promoted = routes.iter().fold(0, |sum, route| sum + self.promote(route, limit - sum, now));
        Reaped { lost, promoted: u64::try_from(promoted).unwrap_or(u64::MAX) }
    }

    fn take_back(&mut self, task: TaskId, retry: &RetryPolicy, now: Timestamp) -> Option<LostLease> {
        let (worker, state, after) = self.tasks.get(&task)?.lost(retry, now)?;
        self.follow(task, state, &after, now);
        Some(LostLease { task, worker, after })
    }

    fn follow(&mut self, task: TaskId, state: TaskState, after: &AfterFailure, now: Timestamp) {
        self.change(task, now, |record| record.follow(state, after));
    }

    pub(super) fn change(&mut self, task: TaskId, now: Timestamp, act: impl FnOnce(&mut Record)) {
        if let Some(mut record) = self.take(task) {
            act(&mut record);
            self.put(record, now);
        }
    }
}
