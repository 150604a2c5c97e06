//! The queue of one process: plain maps behind a mutex that is never held across an await.

mod claim;
mod hold;
mod index;
mod lane;
mod look;
#[cfg(feature = "conformance")]
mod snapshot;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use hafs_domain::retry::RetryPolicy;
use hafs_proto::{Generation, TaskId, Timestamp, WorkerId};
use tokio::sync::watch;

use self::index::Index;
#[cfg(feature = "conformance")]
pub use self::snapshot::Snapshot;
use crate::error::bounded;
use crate::{
    Ask, Claimed, Entry, Explanation, FailAnswer, FailedLease, LeaseRef, Pausable, Queue, QueueError, Reaped,
    ReleaseAnswer, Renewal, Stats,
};

/// The in-memory queue: the embedded default, and what other backends are compared with.
///
/// A claim costs `O(routes + n log N)`; a hundred thousand open tasks take about 35 MB.
#[derive(Debug)]
pub struct MemoryQueue {
    index: Mutex<Option<Index>>,
    retry: RetryPolicy,
    changes: watch::Sender<u64>,
}

impl MemoryQueue {
    /// A queue that waits for its first [`Queue::rebuild`].
    #[must_use]
    pub fn new(retry: RetryPolicy) -> Self {
        Self { index: Mutex::new(None), retry, changes: watch::Sender::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Index>> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Index) -> T) -> Result<T, QueueError> {
        self.lock().as_mut().map(act).ok_or(QueueError::Rebuilding)
    }

    fn tell(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn enqueue(&self, entries: Vec<Entry>, now: Timestamp) -> Result<u64, QueueError> {
        bounded("enqueue", entries.len())?;
        let new =
            self.with(|index| entries.into_iter().map(|entry| u64::from(index.enqueue(entry, now))).sum())?;
        if new > 0 {
            self.tell();
        }
        Ok(new)
    }

    async fn claim(&self, ask: &Ask, now: Timestamp) -> Result<Claimed, QueueError> {
        bounded("claim", ask.holding.len())?;
        self.with(|index| index.claim(ask, now))
    }

    async fn renew(
        &self,
        worker: WorkerId,
        leases: &[LeaseRef],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Renewal>, QueueError> {
        bounded("renew", leases.len())?;
        self.with(|index| leases.iter().map(|held| index.renew(worker, *held, lease, now)).collect())
    }

    async fn complete(&self, tasks: &[TaskId]) -> Result<u64, QueueError> {
        bounded("complete", tasks.len())?;
        self.with(|index| tasks.iter().map(|task| u64::from(index.take(*task).is_some())).sum())
    }

    async fn fail(
        &self,
        worker: WorkerId,
        failures: &[FailedLease],
        now: Timestamp,
    ) -> Result<Vec<FailAnswer>, QueueError> {
        bounded("fail", failures.len())?;
        let answers = self.with(|index| {
            failures.iter().map(|it| index.fail(worker, it, &self.retry, now)).collect::<Vec<_>>()
        })?;
        if answers.iter().any(|answer| matches!(answer, FailAnswer::Retry { .. })) {
            self.tell();
        }
        Ok(answers)
    }

    async fn release(
        &self,
        worker: WorkerId,
        leases: &[LeaseRef],
        now: Timestamp,
    ) -> Result<Vec<ReleaseAnswer>, QueueError> {
        bounded("release", leases.len())?;
        let answers = self
            .with(|index| leases.iter().map(|held| index.release(worker, *held, now)).collect::<Vec<_>>())?;
        if answers.contains(&ReleaseAnswer::Released) {
            self.tell();
        }
        Ok(answers)
    }

    async fn cancel(&self, tasks: &[TaskId]) -> Result<Vec<TaskId>, QueueError> {
        bounded("cancel", tasks.len())?;
        self.with(|index| tasks.iter().copied().filter(|task| index.take(*task).is_some()).collect())
    }

    async fn reap(&self, limit: usize, now: Timestamp) -> Result<Reaped, QueueError> {
        let reaped = self.with(|index| index.reap(limit, &self.retry, now))?;
        if reaped != Reaped::default() {
            self.tell();
        }
        Ok(reaped)
    }

    async fn stats(&self) -> Result<Stats, QueueError> {
        self.with(|index| index.stats())
    }

    async fn held(&self, workers: &[WorkerId]) -> Result<Vec<u64>, QueueError> {
        bounded("held", workers.len())?;
        self.with(|index| workers.iter().map(|worker| index.held_by(*worker)).collect())
    }

    async fn explain(&self, task: TaskId) -> Result<Option<Explanation>, QueueError> {
        self.with(|index| index.explain(task))
    }

    async fn rebuild(
        &self,
        generation: Generation,
        paused: &[Pausable],
        entries: &mut (dyn Iterator<Item = Entry> + Send),
        now: Timestamp,
    ) -> Result<(), QueueError> {
        let mut fresh = Index::new(generation, paused);
        for entry in entries {
            fresh.enqueue(entry, now);
        }
        let mut index = self.lock();
        if let Some(current) = index.as_ref().map(Index::generation).filter(|current| generation <= *current)
        {
            return Err(QueueError::OldGeneration { given: generation, current });
        }
        *index = Some(fresh);
        drop(index);
        self.tell();
        Ok(())
    }

    async fn pause(&self, what: &Pausable) -> Result<(), QueueError> {
        self.with(|index| index.pause(what.clone()))
    }

    async fn resume(&self, what: &Pausable) -> Result<(), QueueError> {
        if self.with(|index| index.resume(what))? {
            self.tell();
        }
        Ok(())
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::{ops, play, rules, suite};
    use proptest::prelude::*;

    fn fresh() -> MemoryQueue {
        MemoryQueue::new(RetryPolicy::default())
    }

    macro_rules! one_test_each {
        ($($rule:ident,)*) => {$(
            #[tokio::test]
            async fn $rule() {
                rules::$rule(&fresh()).await;
            }
        )*};
    }

    crate::for_each_rule!(one_test_each);

    #[tokio::test]
    async fn the_suite_runs_every_rule_on_a_queue_of_its_own() {
        suite(|| Box::new(fresh())).await;
    }

    #[tokio::test]
    async fn what_has_left_leaves_no_trace_in_any_map() {
        let queue = fresh();
        rules::a_completed_task_is_gone_whoever_held_it(&queue).await;
        let open: Vec<TaskId> = queue.with(|index| index.tasks.keys().copied().collect()).expect("built");
        queue.cancel(&open).await.expect("built");
        let traces =
            |index: &mut Index| (index.tasks.len(), index.lanes.len(), index.leases.len(), index.held.len());
        assert_eq!(queue.with(traces), Ok((0, 0, 0, 0)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn it_behaves_like_the_model(ops in ops()) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(play(&fresh(), &ops));
        }
    }
}
