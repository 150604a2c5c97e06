//! The queue of a cluster: the index in one Redis or Valkey server (7.0 or later), changed by scripts.
//!
//! Every verb is one script that runs whole or not at all; only what follows a failure or a lost lease is
//! decided here, by the same rule as everywhere, and applied by a second script to tasks that have not changed
//! meanwhile. All keys of a queue share one hash tag. How a task is kept is said in `lua/record.lua`; why the
//! index is trusted only under the run of the server that it was built in, in `call.rs`.

mod bytes;
mod call;
mod check;
mod claim;
mod connect;
mod fail;
#[cfg(any(test, feature = "conformance"))]
pub mod fixture;
mod follow;
mod hold;
mod keys;
mod look;
mod reap;
mod rebuild;
mod script;
mod settings;
mod settle;
#[cfg(test)]
mod tests;
mod trouble;

use std::time::Duration;

use async_trait::async_trait;
use hafs_domain::retry::RetryPolicy;
use hafs_proto::{Generation, TaskId, Timestamp, WorkerId};
use tokio::sync::watch;

use self::bytes::{encode, time};
use self::call::Server;
use self::script::Verb;
use crate::error::bounded;
use crate::record::Record;
use crate::{
    Ask, Claimed, Entry, Explanation, FailAnswer, FailedLease, LeaseRef, Pausable, Queue, QueueError, Reaped,
    ReleaseAnswer, Renewal, Stats,
};

pub use self::check::Unfit;
pub use self::settings::{ConnectError, RedisSettings};

/// The queue in a Redis or Valkey server, shared by any number of coordinators.
///
/// - It connects again by itself. A call under way when the connection breaks fails with
///   [`QueueError::Unavailable`]; all verbs bear to be repeated.
/// - It is served from only if it was built under the server's present run, for this library, and in a
///   generation not lower than any that this coordinator has seen. Otherwise every verb answers
///   [`QueueError::Rebuilding`]: after a wipe, a restart, a restored backup or a failover. A newer generation,
///   built by another coordinator, is taken over without more ado.
/// - Wake-ups of other coordinators arrive while [`follow`](Self::follow) runs.
#[derive(Debug)]
pub struct RedisQueue {
    server: Server,
    retry: RetryPolicy,
}

impl RedisQueue {
    async fn close(&self, verb: &'static str, tasks: &[TaskId]) -> Result<Vec<bool>, QueueError> {
        bounded(verb, tasks.len())?;
        let mut call = self.server.verb(Verb::Close);
        for task in tasks {
            call.arg(task.uuid().as_bytes());
        }
        self.server.call(verb, &call).await
    }

    async fn hold_back(&self, verb: &'static str, what: &Pausable) -> Result<(), QueueError> {
        let mut call = self.server.verb(Verb::Pause);
        call.arg(verb).arg(bytes::pausable(what));
        self.server.call::<u8>(verb, &call).await.map(drop)
    }
}

#[async_trait]
impl Queue for RedisQueue {
    async fn enqueue(&self, entries: Vec<Entry>, now: Timestamp) -> Result<u64, QueueError> {
        bounded("enqueue", entries.len())?;
        let mut call = self.server.verb(Verb::Enqueue);
        call.arg(&time(now));
        for entry in entries {
            call.arg(entry.task.uuid().as_bytes()).arg(encode(&Record::new(entry)));
        }
        self.server.call("enqueue", &call).await
    }

    async fn claim(&self, ask: &Ask, now: Timestamp) -> Result<Claimed, QueueError> {
        self.lease_next(ask, now).await
    }

    async fn renew(
        &self,
        worker: WorkerId,
        leases: &[LeaseRef],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Renewal>, QueueError> {
        self.extend(worker, leases, now.plus(lease)).await
    }

    async fn complete(&self, tasks: &[TaskId]) -> Result<u64, QueueError> {
        Ok(self.close("complete", tasks).await?.into_iter().map(u64::from).sum())
    }

    async fn fail(
        &self,
        worker: WorkerId,
        failures: &[FailedLease],
        now: Timestamp,
    ) -> Result<Vec<FailAnswer>, QueueError> {
        self.settle_failures(worker, failures, now).await
    }

    async fn release(
        &self,
        worker: WorkerId,
        leases: &[LeaseRef],
        now: Timestamp,
    ) -> Result<Vec<ReleaseAnswer>, QueueError> {
        self.hand_back(worker, leases, now).await
    }

    async fn cancel(&self, tasks: &[TaskId]) -> Result<Vec<TaskId>, QueueError> {
        let open = self.close("cancel", tasks).await?;
        Ok(tasks.iter().zip(open).filter(|(_, open)| *open).map(|(task, _)| *task).collect())
    }

    async fn reap(&self, limit: usize, now: Timestamp) -> Result<Reaped, QueueError> {
        self.take_back(limit, now).await
    }

    async fn stats(&self) -> Result<Stats, QueueError> {
        self.count().await
    }

    async fn held(&self, workers: &[WorkerId]) -> Result<Vec<u64>, QueueError> {
        self.held_by(workers).await
    }

    async fn explain(&self, task: TaskId) -> Result<Option<Explanation>, QueueError> {
        self.look_at(task).await
    }

    async fn rebuild(
        &self,
        generation: Generation,
        paused: &[Pausable],
        entries: &mut (dyn Iterator<Item = Entry> + Send),
        now: Timestamp,
    ) -> Result<(), QueueError> {
        self.begin_anew(generation, paused, entries, now).await
    }

    async fn pause(&self, what: &Pausable) -> Result<(), QueueError> {
        self.hold_back("pause", what).await
    }

    async fn resume(&self, what: &Pausable) -> Result<(), QueueError> {
        self.hold_back("resume", what).await
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.server.changes()
    }
}
