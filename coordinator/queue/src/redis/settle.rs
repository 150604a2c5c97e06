//! Applying what was decided here to tasks that have not changed meanwhile.

use hafs_domain::retry::AfterFailure;
use hafs_proto::{TaskId, TaskState, Timestamp};

use super::RedisQueue;
use super::bytes::{decode, encode, time};
use super::script::Verb;
use crate::QueueError;
use crate::record::Record;

/// A record as it was read: its bytes, and what they mean.
pub(super) type Seen = (Vec<u8>, Record);

/// What is to follow for a task, if it is still as it was seen.
#[derive(Debug)]
pub(super) struct Decision {
    task: TaskId,
    seen: Vec<u8>,
    /// Nothing if the task leaves the queue.
    after: Option<Record>,
}

impl Decision {
    pub(super) fn new((seen, mut record): Seen, state: TaskState, after: &AfterFailure) -> Self {
        let task = record.entry.task;
        record.follow(state, after);
        let after = match after {
            AfterFailure::Retry { .. } => Some(record),
            AfterFailure::Dead { .. } => None,
        };
        Self { task, seen, after }
    }

    /// Whether the task leaves the queue.
    pub(super) const fn is_final(&self) -> bool {
        self.after.is_none()
    }
}

impl RedisQueue {
    /// Applies decisions about tasks that are still as they were seen; says for each whether it was.
    pub(super) async fn settle(
        &self,
        verb: &'static str,
        decisions: impl ExactSizeIterator<Item = &Decision>,
        now: Timestamp,
    ) -> Result<Vec<bool>, QueueError> {
        if decisions.len() == 0 {
            return Ok(Vec::new());
        }
        let mut call = self.server.verb(Verb::Settle);
        call.arg(&time(now));
        for Decision { task, seen, after } in decisions {
            call.arg(task.uuid().as_bytes()).arg(seen).arg(after.as_ref().map(encode).unwrap_or_default());
        }
        self.server.call(verb, &call).await
    }

    /// Reads records, each as its bytes and as what they mean.
    pub(super) async fn peek(
        &self,
        verb: &'static str,
        tasks: &[TaskId],
    ) -> Result<Vec<Option<Seen>>, QueueError> {
        let mut call = self.server.verb(Verb::Peek);
        for task in tasks {
            call.arg(task.uuid().as_bytes());
        }
        let records: Vec<Option<Vec<u8>>> = self.server.call(verb, &call).await?;
        let read = |(task, bytes): (&TaskId, Option<Vec<u8>>)| match bytes {
            None => Ok(None),
            Some(bytes) => match decode(*task, &bytes) {
                Some(record) => Ok(Some((bytes, record))),
                None => Err(self.server.foreign(verb, "a task without a record")),
            },
        };
        tasks.iter().zip(records).map(read).collect()
    }
}
