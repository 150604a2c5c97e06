//! The trait.

use std::time::Duration;

use async_trait::async_trait;
use hafs_proto::{Generation, TaskId, Timestamp, WorkerId};
use tokio::sync::watch;

use crate::{
    Ask, Claimed, Entry, Explanation, FailAnswer, FailedLease, LeaseRef, Pausable, QueueError, Reaped,
    ReleaseAnswer, Renewal, Stats,
};

/// The index of open tasks.
///
/// - Time is an argument and does not go backwards: a clock that is set back would make leases immortal, one
///   that is set forward would end them all. Callers give the wall time of their start plus a stopwatch.
/// - Batches are bounded (`limits::BATCH_ITEMS`), and so is every loop in a call.
/// - Only open tasks are kept: a task that is done, dead or cancelled has left, and the library remembers it.
/// - Until the first [`rebuild`](Self::rebuild), and whenever a backend finds its index gone, every verb
///   answers [`QueueError::Rebuilding`].
/// - The pair (generation, attempt) fences: renew, fail and release act for the current holder only. A result
///   is fenced by the library instead, so [`complete`](Self::complete) asks for no lease.
/// - An entry may be behind the library (a task closed between a read and an enqueue). Whoever claims looks
///   the task up in the library, and completes here what is closed there.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Puts tasks in. One that is there already, in whatever state, stays as it is. Returns how many are new.
    ///
    /// # Errors
    /// [`QueueError::Rebuilding`], [`QueueError::TooMany`].
    async fn enqueue(&self, entries: Vec<Entry>, now: Timestamp) -> Result<u64, QueueError>;

    /// Leases the next tasks by deadline to a worker, or says why there are none. Repeated under the same
    /// claim id, it gives again, freshly timed, what is still held under that id.
    ///
    /// # Errors
    /// [`QueueError::Rebuilding`]; [`QueueError::TooMany`] for more held tasks than a batch.
    async fn claim(&self, ask: &Ask, now: Timestamp) -> Result<Claimed, QueueError>;

    /// Extends leases to `now + lease`; one answer for each, in order. A lease of an older generation is
    /// adopted if nobody holds its task: the worker goes on under the current generation and a new attempt.
    ///
    /// # Errors
    /// [`QueueError::Rebuilding`], [`QueueError::TooMany`].
    async fn renew(
        &self,
        worker: WorkerId,
        leases: &[LeaseRef],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Renewal>, QueueError>;

    /// Takes out tasks whose result the library has, whoever holds them. Returns how many were open.
    ///
    /// # Errors
    /// [`QueueError::Rebuilding`], [`QueueError::TooMany`].
    async fn complete(&self, tasks: &[TaskId]) -> Result<u64, QueueError>;

    /// Reports failures of a worker's leases; one answer for each, in order.
    ///
    /// # Errors
    /// [`QueueError::Rebuilding`], [`QueueError::TooMany`].
    async fn fail(
        &self,
        worker: WorkerId,
        failures: &[FailedLease],
        now: Timestamp,
    ) -> Result<Vec<FailAnswer>, QueueError>;

    /// Hands tasks back unharmed, at their old place in line; one answer for each, in order.
    ///
    /// # Errors
    /// [`QueueError::Rebuilding`], [`QueueError::TooMany`].
    async fn release(
        &self,
        worker: WorkerId,
        leases: &[LeaseRef],
        now: Timestamp,
    ) -> Result<Vec<ReleaseAnswer>, QueueError>;

    /// Calls tasks off, whoever holds them. Returns those that were open.
    ///
    /// # Errors
    /// [`QueueError::Rebuilding`], [`QueueError::TooMany`].
    async fn cancel(&self, tasks: &[TaskId]) -> Result<Vec<TaskId>, QueueError>;

    /// Takes back at most `limit` leases that ran out, longest overdue first, and makes at most `limit`
    /// delayed tasks ready whose time has come.
    ///
    /// # Errors
    /// [`QueueError::Rebuilding`].
    async fn reap(&self, limit: usize, now: Timestamp) -> Result<Reaped, QueueError>;

    /// The queue in numbers. A delayed task counts as such until a claim or a reap has made it ready.
    ///
    /// # Errors
    /// [`QueueError::Rebuilding`].
    async fn stats(&self) -> Result<Stats, QueueError>;

    /// How many tasks each of these workers holds, in order.
    ///
    /// # Errors
    /// [`QueueError::Rebuilding`], [`QueueError::TooMany`].
    async fn held(&self, workers: &[WorkerId]) -> Result<Vec<u64>, QueueError>;

    /// Where a task stands; nothing if it is not open.
    ///
    /// # Errors
    /// [`QueueError::Rebuilding`].
    async fn explain(&self, task: TaskId) -> Result<Option<Explanation>, QueueError>;

    /// Forgets everything and begins a new life with these pauses and entries, all unleased. What is enqueued
    /// while it runs may be forgotten too; enqueueing the library's open tasks again mends that.
    ///
    /// # Errors
    /// [`QueueError::OldGeneration`] unless `generation` is higher than any before.
    async fn rebuild(
        &self,
        generation: Generation,
        paused: &[Pausable],
        entries: &mut (dyn Iterator<Item = Entry> + Send),
        now: Timestamp,
    ) -> Result<(), QueueError>;

    /// Holds tasks back from claims. What is leased goes on.
    ///
    /// # Errors
    /// [`QueueError::Rebuilding`].
    async fn pause(&self, what: &Pausable) -> Result<(), QueueError>;

    /// Lets them go again.
    ///
    /// # Errors
    /// [`QueueError::Rebuilding`].
    async fn resume(&self, what: &Pausable) -> Result<(), QueueError>;

    /// A number that changes whenever a claim that gave nothing may give something now, or earlier than it
    /// was told. Mark it as seen, claim, then wait for a change: no wake-up is lost.
    fn changes(&self) -> watch::Receiver<u64>;
}
