//! Replies that are not part of a result yet.
//!
//! An attempt may need a second call. What the first one brought was paid for, so it is on disk before the second is
//! made; when the process ends in between, the next attempt of the same task goes on from there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hafs_proto::{CallRecord, ContentHash, TaskId, Timestamp};
use hafs_runtime::clock::Clock;
use serde::{Deserialize, Serialize};

use super::line::{Entry, Kind};
use super::log::Log;

/// Replies that are kept at most: more than a worker has slots.
const MOST: usize = 1_024;
/// Bytes of the longest reply that is kept.
const LONGEST: usize = 256 * 1024;
/// A task that has not come back for so long will not.
const OLDEST: Duration = Duration::from_hours(72);

/// A reply with the record of its call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaidReply {
    /// When it was kept.
    pub at: Timestamp,
    /// The call; its `prompt_hash` says what was asked.
    pub record: CallRecord,
    /// What the teacher said.
    pub reply: String,
}

/// What is remembered of an entry without reading it.
#[derive(Debug, Clone, Copy)]
struct Note {
    at: Timestamp,
    asked: ContentHash,
}

/// The replies of one worker, one for each task at most.
#[derive(Debug)]
pub struct Journal {
    log: Arc<Log>,
    clock: Arc<dyn Clock>,
    notes: Mutex<BTreeMap<TaskId, Note>>,
}

impl Journal {
    pub(super) fn new(log: Arc<Log>, clock: Arc<dyn Clock>) -> Self {
        Self { log, clock, notes: Mutex::default() }
    }

    /// Lists what earlier processes have kept. Replies of tasks that have a result since, and those that are too
    /// old, are dropped.
    pub(super) fn restore(&self, with_result: &BTreeSet<TaskId>) {
        let mut useless = Vec::new();
        let keys = self.log.keys().into_iter().filter(|key| key.parse::<TaskId>().is_ok());
        for entry in keys.filter_map(|key| self.log.read(&key)) {
            let kept: Option<PaidReply> = serde_json::from_str(&entry.body).ok();
            match entry.key.parse::<TaskId>().ok().zip(kept) {
                Some((task, kept)) if !with_result.contains(&task) => {
                    let note = Note { at: kept.at, asked: kept.record.prompt_hash };
                    self.notes().insert(task, note);
                }
                Some(_) | None => useless.push(entry.key),
            }
        }
        useless.extend(self.take_stale().iter().map(ToString::to_string));
        self.log.drop_first(&useless);
    }

    /// Keeps the reply to the first call of a task. One that cannot be kept is paid again if the process ends now;
    /// that is logged and nothing else.
    pub async fn keep(&self, task: TaskId, record: CallRecord, reply: &str) {
        let is_kept = self.notes().get(&task).is_some_and(|note| note.asked == record.prompt_hash);
        if is_kept || reply.len() > LONGEST {
            return;
        }
        let note = Note { at: self.clock.now(), asked: record.prompt_hash };
        let kept = PaidReply { at: note.at, record, reply: reply.to_owned() };
        // Proof: plain data with string keys.
        let body = serde_json::to_string(&kept).expect("plain data serialises");
        match self.log.keep(Entry { kind: Kind::Reply, key: task.to_string(), body }).await {
            Ok(()) => drop(self.notes().insert(task, note)),
            Err(error) => {
                tracing::warn!(task.id = %task, %error, "a paid reply to {task} could not be kept; it is paid again if the worker ends before the next one comes");
            }
        }
        self.drop_all(self.take_stale()).await;
    }

    /// The reply that an earlier process got to the same question about the same task.
    pub async fn recall(&self, task: TaskId, asked: ContentHash) -> Option<PaidReply> {
        let note = self.notes().get(&task).copied()?;
        if note.asked != asked {
            return None;
        }
        let (log, key) = (self.log.clone(), task.to_string());
        let entry = tokio::task::spawn_blocking(move || log.read(&key)).await.ok().flatten();
        let paid = entry.and_then(|entry| serde_json::from_str(&entry.body).ok());
        if paid.is_none() {
            self.notes().remove(&task);
        }
        paid
    }

    /// The task has its result, or its failure: the reply is part of that.
    pub(super) async fn forget(&self, task: TaskId) {
        if self.notes().remove(&task).is_some() {
            self.drop_all(vec![task]).await;
        }
    }

    async fn drop_all(&self, tasks: Vec<TaskId>) {
        if !tasks.is_empty() {
            // Taking out never fails; what it leaves undone has been logged.
            let _ = self.log.drop_all(tasks.iter().map(ToString::to_string).collect()).await;
        }
    }

    /// Takes out what is too old, and the oldest of too many.
    fn take_stale(&self) -> Vec<TaskId> {
        let now = self.clock.now();
        let mut notes = self.notes();
        let mut by_age: Vec<(Timestamp, TaskId)> =
            notes.iter().map(|(task, note)| (note.at, *task)).collect();
        by_age.sort_unstable();
        let too_many = by_age.len().saturating_sub(MOST);
        let stale =
            by_age.iter().enumerate().filter(|(at, (kept, _))| *at < too_many || kept.plus(OLDEST) < now);
        let stale: Vec<TaskId> = stale.map(|(_, (_, task))| *task).collect();
        notes.retain(|task, _| !stale.contains(task));
        stale
    }

    fn notes(&self) -> MutexGuard<'_, BTreeMap<TaskId, Note>> {
        // The map is whole between any two of its calls, so a panic elsewhere does no harm.
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
