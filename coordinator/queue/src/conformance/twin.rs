//! Two backends as one: every call goes to both, and every answer is compared.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use hafs_proto::{Generation, TaskId, Timestamp, WorkerId};
use tokio::sync::watch;

use crate::{
    Ask, Claimed, Entry, Explanation, FailAnswer, FailedLease, LeaseRef, Pausable, Queue, QueueError, Reaped,
    ReleaseAnswer, Renewal, Stats,
};

/// A backend beside the one that it must not differ from. Panics when it does.
#[derive(Debug)]
pub struct Twin<A, B> {
    /// What is right by definition.
    pub model: A,
    /// What is tested. Its changes are those of both.
    pub tested: B,
}

fn same<T: PartialEq + Debug>(verb: &str, expected: T, found: T) -> T {
    assert_eq!(found, expected, "{verb}");
    found
}

#[async_trait]
impl<A: Queue, B: Queue> Queue for Twin<A, B> {
    async fn enqueue(&self, entries: Vec<Entry>, now: Timestamp) -> Result<u64, QueueError> {
        let expected = self.model.enqueue(entries.clone(), now).await;
        same("enqueue", expected, self.tested.enqueue(entries, now).await)
    }

    async fn claim(&self, ask: &Ask, now: Timestamp) -> Result<Claimed, QueueError> {
        same("claim", self.model.claim(ask, now).await, self.tested.claim(ask, now).await)
    }

    async fn renew(
        &self,
        worker: WorkerId,
        leases: &[LeaseRef],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Renewal>, QueueError> {
        let expected = self.model.renew(worker, leases, lease, now).await;
        same("renew", expected, self.tested.renew(worker, leases, lease, now).await)
    }

    async fn complete(&self, tasks: &[TaskId]) -> Result<u64, QueueError> {
        same("complete", self.model.complete(tasks).await, self.tested.complete(tasks).await)
    }

    async fn fail(
        &self,
        worker: WorkerId,
        failures: &[FailedLease],
        now: Timestamp,
    ) -> Result<Vec<FailAnswer>, QueueError> {
        let expected = self.model.fail(worker, failures, now).await;
        same("fail", expected, self.tested.fail(worker, failures, now).await)
    }

    async fn release(
        &self,
        worker: WorkerId,
        leases: &[LeaseRef],
        now: Timestamp,
    ) -> Result<Vec<ReleaseAnswer>, QueueError> {
        let expected = self.model.release(worker, leases, now).await;
        same("release", expected, self.tested.release(worker, leases, now).await)
    }

    async fn cancel(&self, tasks: &[TaskId]) -> Result<Vec<TaskId>, QueueError> {
        same("cancel", self.model.cancel(tasks).await, self.tested.cancel(tasks).await)
    }

    async fn reap(&self, limit: usize, now: Timestamp) -> Result<Reaped, QueueError> {
        same("reap", self.model.reap(limit, now).await, self.tested.reap(limit, now).await)
    }

    async fn stats(&self) -> Result<Stats, QueueError> {
        same("stats", self.model.stats().await, self.tested.stats().await)
    }

    async fn held(&self, workers: &[WorkerId]) -> Result<Vec<u64>, QueueError> {
        same("held", self.model.held(workers).await, self.tested.held(workers).await)
    }

    async fn explain(&self, task: TaskId) -> Result<Option<Explanation>, QueueError> {
        same("explain", self.model.explain(task).await, self.tested.explain(task).await)
    }

    async fn rebuild(
        &self,
        generation: Generation,
        paused: &[Pausable],
        entries: &mut (dyn Iterator<Item = Entry> + Send),
        now: Timestamp,
    ) -> Result<(), QueueError> {
        let entries: Vec<Entry> = entries.collect();
        let expected = self.model.rebuild(generation, paused, &mut entries.clone().into_iter(), now).await;
        let found = self.tested.rebuild(generation, paused, &mut entries.into_iter(), now).await;
        same("rebuild", expected, found)
    }

    async fn pause(&self, what: &Pausable) -> Result<(), QueueError> {
        same("pause", self.model.pause(what).await, self.tested.pause(what).await)
    }

    async fn resume(&self, what: &Pausable) -> Result<(), QueueError> {
        same("resume", self.model.resume(what).await, self.tested.resume(what).await)
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.tested.changes()
    }
}
