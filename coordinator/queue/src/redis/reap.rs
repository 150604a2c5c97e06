//! Taking back leases that ran out.

use hafs_proto::{TaskId, Timestamp};

use super::RedisQueue;
use super::bytes::{Reader, decode, time};
use super::script::Verb;
use super::settle::Decision;
use crate::{LostLease, QueueError, Reaped};

/// Leases taken back and tasks promoted by one script: a longer backlog takes several, so that others get
/// their turn in between.
const PORTION: usize = 64;

impl RedisQueue {
    pub(super) async fn take_back(&self, limit: usize, now: Timestamp) -> Result<Reaped, QueueError> {
        let mut reaped = Reaped::default();
        let (mut leases, mut promotions) = (limit, limit);
        loop {
            let mut call = self.server.verb(Verb::Reap);
            let (most, due) = (leases.min(PORTION), promotions.min(PORTION));
            call.arg(&time(now)).arg(most).arg(due);
            let (promoted, overdue): (usize, Vec<Vec<u8>>) = self.server.call("reap", &call).await?;
            let found = overdue.len() / 2;
            reaped.lost.extend(self.lose(&overdue, now).await?);
            reaped.promoted += u64::try_from(promoted).unwrap_or(u64::MAX);
            leases -= found.min(leases);
            promotions -= promoted.min(promotions);
            let more = (found == most && leases > 0) || (promoted == due && promotions > 0);
            if !more {
                return Ok(reaped);
            }
        }
    }

    /// Takes back leases that ran out; not those that were renewed or taken back by others meanwhile.
    async fn lose(&self, overdue: &[Vec<u8>], now: Timestamp) -> Result<Vec<LostLease>, QueueError> {
        let mut decided = Vec::new();
        for pair in overdue.chunks_exact(2) {
            let task = Reader(&pair[0]).uuid().map(TaskId::from_uuid);
            let record = task.and_then(|task| decode(task, &pair[1]));
            let record = record.ok_or_else(|| self.server.foreign("reap", "a task without a record"))?;
            if let Some((worker, state, after)) = record.lost(&self.retry, now) {
                let lost = LostLease { task: record.entry.task, worker, after: after.clone() };
                decided.push((lost, Decision::new((pair[1].clone(), record), state, &after)));
            }
        }
        let done = self.settle("reap", decided.iter().map(|(_, decision)| decision), now).await?;
        Ok(decided.into_iter().zip(done).filter(|(_, done)| *done).map(|((lost, _), _)| lost).collect())
    }
}
