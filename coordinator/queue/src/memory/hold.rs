//! Leases after the claim: renewed, failed, given back, taken back.

use std::time::Duration;

use hafs_domain::retry::{AfterFailure, RetryPolicy, jitter};
use hafs_domain::task;
use hafs_proto::{Attempt, Route, TaskId, TaskState, Timestamp, WorkerId};

use super::index::{Hold, Index, Record};
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
        let current = Self::current(record, worker, pair);
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
        let held = failure.lease;
        let Some(record) = self.tasks.get(&held.task) else { return FailAnswer::Closed };
        let Some(holder) = Self::current(record, worker, (held.generation, held.attempt)) else {
            return FailAnswer::Stale;
        };
        let when = (jitter(held.task, holder.attempt), now);
        let after = retry.after_failure(&failure.failed, record.entry.tries, record.entry.max_attempts, when);
        match task::fail(&record.state, holder, &after, now) {
            Ok(state) => self.follow(held.task, state, &after, now),
            Err(_) => return FailAnswer::Stale,
        }
        match after {
            AfterFailure::Retry { not_before, tries } => FailAnswer::Retry { not_before, tries },
            AfterFailure::Dead { reason, tries } => FailAnswer::Dead { reason, tries },
        }
    }

    pub(super) fn release(&mut self, worker: WorkerId, held: LeaseRef, now: Timestamp) -> ReleaseAnswer {
        let Some(record) = self.tasks.get(&held.task) else { return ReleaseAnswer::Closed };
        let released = Self::current(record, worker, (held.generation, held.attempt))
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
        let record = self.tasks.get(&task)?;
        let holder = task::holder(&record.state)?;
        let after = retry.after_loss(record.entry.tries, jitter(task, holder.attempt), now);
        let state = task::reap(&record.state, &after, now).ok()?;
        self.follow(task, state, &after, now);
        Some(LostLease { task, worker: holder.worker, after })
    }

    fn follow(&mut self, task: TaskId, state: TaskState, after: &AfterFailure, now: Timestamp) {
        let (AfterFailure::Retry { tries, .. } | AfterFailure::Dead { tries, .. }) = *after;
        self.change(task, now, |record| {
            record.entry.tries = tries;
            record.state = state;
            record.hold = None;
        });
    }

    pub(super) fn change(&mut self, task: TaskId, now: Timestamp, act: impl FnOnce(&mut Record)) {
        if let Some(mut record) = self.take(task) {
            act(&mut record);
            self.put(record, now);
        }
    }
}
