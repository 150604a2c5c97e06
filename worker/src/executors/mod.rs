//! Executors: one for each kind of task. Each ends in [`Work`], with every call that it made: they were paid.

mod augment;
mod check;
mod embed;
mod equipment;
mod exchange;
mod generate;
mod harvest;
mod judge;

#[cfg(test)]
mod tests;

pub use equipment::{Equipment, EquipmentError, Measured, TeacherSettings};

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use hafs_proto::task::FailureClass;
use hafs_proto::{Reason, Task, TaskSpec};
use hafs_runtime::ids::IdGen;
use tokio_util::sync::CancellationToken;

use crate::agent::{Fault, Work};
use crate::generators::{Nonce, Prompts};

/// Limits of a call to a teacher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallRules {
    /// Bytes of mined text in a prompt.
    pub prompt_bytes: usize,
    /// The longest that a call may take.
    pub timeout: Duration,
}

/// Everything that is needed to do tasks.
#[derive(Debug)]
pub struct Executors {
    equipment: Equipment,
    prompts: Prompts,
    rules: CallRules,
    ids: Arc<IdGen>,
}

impl Executors {
    /// Executors with this equipment.
    #[must_use]
    pub const fn new(equipment: Equipment, prompts: Prompts, rules: CallRules, ids: Arc<IdGen>) -> Self {
        Self { equipment, prompts, rules, ids }
    }

    /// Does a task. Ends soon after `cancel`. A defect that panics ends the attempt, not the worker.
    pub async fn run(&self, task: &Task, cancel: &CancellationToken) -> Work {
        AssertUnwindSafe(self.execute(task, cancel)).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!(task.id = %task.id, "task {} hit a defect of this program", task.id);
            let fault =
                Fault::new(FailureClass::Transient, Reason::Other, "the worker hit a defect of its own");
            Work::Failed { calls: Vec::new(), fault }
        })
    }

    async fn execute(&self, task: &Task, cancel: &CancellationToken) -> Work {
        match &task.spec {
            TaskSpec::Harvest(spec) => self.harvest(spec, cancel).await,
            TaskSpec::Generate(spec) => self.generate(spec, cancel).await,
            TaskSpec::Check(spec) => check::run(spec),
            TaskSpec::Judge(spec) => self.judge(spec, cancel).await,
            TaskSpec::Embed(spec) => self.embed(spec, cancel).await,
            TaskSpec::Augment(spec) => self.augment(spec, cancel).await,
        }
    }

    fn nonce(&self) -> Nonce {
        Nonce::of(self.ids.mint())
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
