//! Executors: one for each kind of task. Each ends in [`Work`], with every call that it made: they were paid.

mod augment;
mod check;
mod embed;
mod equipment;
mod exchange;
mod fetch;
mod generate;
mod harvest;
mod judge;

#[cfg(test)]
mod tests;

pub use equipment::{Equipment, EquipmentError, EquippedTeacher, Measured, TeacherSettings};

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use hafs_proto::quota::Seen;
use hafs_proto::task::FailureClass;
use hafs_proto::{Reason, Task, TaskId, TaskSpec, TeacherName};
use hafs_teachers::Allowance;
use tokio_util::sync::CancellationToken;

use crate::agent::{Fault, Work};
use crate::generators::{MarkKey, Nonce, Prompts, bytes_of_tokens};
use crate::spool::Journal;

/// Tokens that a prompt needs beside the mined text: what the teacher is told, and room for an underestimate.
const PROMPT_OVERHEAD: u32 = 800;

/// The longest that a batch of texts may take to embed.
const EMBED_TIMEOUT: Duration = Duration::from_secs(600);

/// Everything that is needed to do tasks.
#[derive(Debug)]
pub struct Executors {
    equipment: Equipment,
    prompts: Prompts,
    marks: MarkKey,
    journal: Arc<Journal>,
    /// What providers had said when the coordinator was told last.
    told: Mutex<BTreeMap<TeacherName, Allowance>>,
    /// Whether providers' ids of calls are told.
    request_ids: bool,
}

impl Executors {
    /// Executors with this equipment. Prompts frame mined texts with marks of this key; paid replies that are not
    /// part of a result yet are kept in the journal.
    #[must_use]
    pub const fn new(equipment: Equipment, prompts: Prompts, marks: MarkKey, journal: Arc<Journal>) -> Self {
        Self { equipment, prompts, marks, journal, told: Mutex::new(BTreeMap::new()), request_ids: true }
    }

    /// The same, for a coordinator that does not know the feature `trials`.
    #[must_use]
    pub fn without_request_ids(self) -> Self {
        Self { request_ids: false, ..self }
    }

    /// What providers have said is left of their limits since this was asked last.
    pub fn seen(&self) -> Vec<Seen> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seen = Vec::new();
        for (name, equipped) in &self.equipment.teachers {
            let allowance = equipped.teacher.allowance();
            if !allowance.is_silent() && told.insert(name.clone(), allowance) != Some(allowance) {
                seen.push(allowance.seen(name));
            }
        }
        seen
    }

    /// Does a task. Ends soon after `cancel`. A defect that panics ends the attempt, not the worker.
    pub async fn run(&self, task: &Task, cancel: &CancellationToken) -> Work {
        let mut work =
            AssertUnwindSafe(self.execute(task, cancel)).catch_unwind().await.unwrap_or_else(|_| {
                tracing::error!(task.id = %task.id, "task {} hit a defect of this program", task.id);
                let fault =
                    Fault::new(FailureClass::Transient, Reason::Other, "the worker hit a defect of its own");
                Work::Failed { calls: Vec::new(), fault }
            });
        if !self.request_ids {
            work.calls_mut().iter_mut().for_each(|call| call.request_id = None);
        }
        work
    }

    async fn execute(&self, task: &Task, cancel: &CancellationToken) -> Work {
        match &task.spec {
            TaskSpec::Harvest(spec) => self.harvest(spec, cancel).await,
            TaskSpec::Generate(spec) => self.generate(spec, task.id, cancel).await,
            TaskSpec::Check(spec) => self.check(spec, cancel).await,
            TaskSpec::Judge(spec) => self.judge(spec, task.id, cancel).await,
            TaskSpec::Embed(spec) => self.embed(spec, cancel).await,
            TaskSpec::Augment(spec) => self.augment(spec, task.id, cancel).await,
        }
    }

    /// The mark of a task's frames: the same in each of its attempts, so that the same question is the same prompt.
    fn nonce(&self, task: TaskId) -> Nonce {
        Nonce::of(&self.marks, task)
    }
}

impl EquippedTeacher {
    /// Bytes of mined text that fit into the window beside the rest of the prompt and the reply.
    fn prompt_bytes(&self, max_tokens: u32) -> usize {
        let room = self.num_ctx.saturating_sub(max_tokens).saturating_sub(PROMPT_OVERHEAD);
        bytes_of_tokens(usize::try_from(room.min(self.prompt_tokens)).unwrap_or(usize::MAX))
    }
}

/// The attempt ends before anything was asked.
fn failed(fault: Fault) -> Work {
    Work::Failed { calls: Vec::new(), fault }
}

/// The worker does not have what the task needs: it should go elsewhere.
fn missing(what: &str, name: &impl std::fmt::Display) -> Fault {
    let detail = format!("this worker has no {what} `{name}`");
    Fault::new(FailureClass::ModelMissing, Reason::ProviderError, detail)
}

/// The task can never be done.
fn poison(reason: Reason, detail: impl Into<String>) -> Fault {
    Fault::new(FailureClass::Poison, reason, detail)
}
