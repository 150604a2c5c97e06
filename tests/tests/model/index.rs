//! The queue of the model: the real one in memory, put into every state and taken out again.

use std::collections::BTreeSet;

use futures_util::FutureExt as _;
use hafs_domain::retry::{AfterFailure, Failed, Tries};
use hafs_domain::task;
use hafs_proto::task::{FailureClass, Priority};
use hafs_proto::{BoundedText, Generation, Reason, TaskId, TaskKind, Timestamp};
use hafs_queue::{
    Ask, Entry, FailAnswer, FailedLease, Grant, LeaseRef, MemoryQueue, Queue as _, QueueError, ReleaseAnswer,
    Renewal, Snapshot, Vacancy,
};

use crate::given::{LEASE, RETRY, Task, Who, id, route, run};
use crate::library::Fate;
use crate::message::{Lease, Outcome};

/// Leases and promotions of one pass.
const BATCH: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Index(Snapshot);

/// Whoever a lease is said to be of.
pub type Claimant = (Who, LeaseRef);

impl Index {
    pub const fn is_unbuilt(&self) -> bool {
        self.0.is_unbuilt()
    }

    fn with<T>(&mut self, act: impl AsyncFnOnce(&MemoryQueue) -> T) -> T {
        let queue = std::mem::take(&mut self.0).open(RETRY);
        let answer = act(&queue).now_or_never().expect("the queue in memory never waits");
        self.0 = queue.into();
        answer
    }

    pub fn rebuild(&mut self, generation: Generation, open: &[(Task, Tries)], now: Timestamp) -> bool {
        let entries: Vec<Entry> = open.iter().map(|task| entry(*task)).collect();
        self.with(async |queue| queue.rebuild(generation, &[], &mut entries.into_iter(), now).await).is_ok()
    }

    pub fn enqueue(&mut self, open: &[(Task, Tries)], now: Timestamp) {
        let entries = open.iter().map(|task| entry(*task)).collect();
        // A queue that is being rebuilt gets them from the library.
        let _ = self.with(async |queue| queue.enqueue(entries, now).await);
    }

    pub fn claim(
        &mut self,
        (worker, claim): (Who, u8),
        holding: &BTreeSet<Task>,
        now: Timestamp,
    ) -> Result<Vec<Grant>, QueueError> {
        let vacancy =
            Vacancy { pool: BoundedText::clipped("all"), free: 1, routes: [route()].into_iter().collect() };
        let ask = Ask {
            worker: worker.id(),
            claim: id(claim),
            vacancies: vec![vacancy],
            holding: holding.iter().map(|task| task.id()).collect(),
            lease: LEASE,
            handicaps: std::collections::BTreeMap::new(),
            at_most: u32::MAX,
        };
        Ok(self.with(async |queue| queue.claim(&ask, now).await)?.grants)
    }

    /// Who holds a task at present, in the queue's own words.
    pub fn holder(&mut self, task: TaskId) -> Option<LeaseRef> {
        let explained = self.with(async |queue| queue.explain(task).await).ok()??;
        let holder = task::holder(&explained.state)?;
        Some(LeaseRef { task, generation: holder.generation, attempt: holder.attempt })
    }

    /// The worker that holds a task.
    pub fn holding(&mut self, task: TaskId, workers: impl Iterator<Item = Who>) -> Option<Who> {
        let explained = self.with(async |queue| queue.explain(task).await).ok()??;
        let holder = task::holder(&explained.state)?;
        workers.into_iter().find(|worker| worker.id() == holder.worker)
    }

    pub fn renew(&mut self, (worker, lease): Claimant, now: Timestamp) -> Option<Renewal> {
        let renewed = self.with(async |queue| queue.renew(worker.id(), &[lease], LEASE, now).await);
        renewed.ok()?.first().copied()
    }

    pub fn release(&mut self, (worker, lease): Claimant, now: Timestamp) -> bool {
        let answers = self.with(async |queue| queue.release(worker.id(), &[lease], now).await);
        answers.is_ok_and(|answers| answers.contains(&ReleaseAnswer::Released))
    }

    pub fn complete(&mut self, task: Task) {
        let _ = self.with(async |queue| queue.complete(&[task.id()]).await);
    }

    /// What would follow a failure; nothing is changed. Nothing while the queue is rebuilt.
    pub fn foresee(&self, (worker, lease): Claimant, outcome: Outcome, now: Timestamp) -> Option<Fate> {
        self.clone().fail((worker, lease), outcome, now)
    }

    pub fn fail(&mut self, (worker, lease): Claimant, outcome: Outcome, now: Timestamp) -> Option<Fate> {
        let class = outcome.class().unwrap_or(FailureClass::Transient);
        let failed = Failed { class, reason: Reason::ProviderError, retry_after: None };
        let failure = FailedLease { lease, failed };
        let answers = self.with(async |queue| queue.fail(worker.id(), &[failure], now).await).ok()?;
        answers.first().map(|answer| match answer {
            FailAnswer::Retry { tries, .. } => Fate::Retry(*tries),
            FailAnswer::Dead { tries, .. } => Fate::Dead(*tries),
            FailAnswer::Stale => Fate::Stale,
            FailAnswer::Closed => Fate::Closed,
        })
    }

    pub fn reap(&mut self, now: Timestamp) -> Vec<(Task, Fate)> {
        let Ok(reaped) = self.with(async |queue| queue.reap(BATCH, now).await) else { return Vec::new() };
        let fate = |after: &AfterFailure| match after {
            AfterFailure::Retry { tries, .. } => Fate::Retry(*tries),
            AfterFailure::Dead { tries, .. } => Fate::Dead(*tries),
        };
        reaped.lost.iter().map(|lost| (Task::of(lost.task), fate(&lost.after))).collect()
    }
}

impl Lease {
    /// Whose lease this is said to be, and which.
    pub fn claimed_by(&self, worker: Who) -> Claimant {
        (worker, self.reference())
    }
}

fn entry((task, tries): (Task, Tries)) -> Entry {
    Entry {
        task: task.id(),
        run: run(),
        kind: TaskKind::Check,
        route: route(),
        priority: Priority::Normal,
        created_at: Timestamp::EPOCH,
        not_before: Timestamp::EPOCH,
        tries,
        max_attempts: 3,
    }
}
