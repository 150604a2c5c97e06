//! Views of tasks, samples and workers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::trust::TrustView;
use super::{ClaimView, ReviewView, SamplePrice};
use crate::bounded::BoundedText;
use crate::check::Check;
use crate::id::{AttemptId, TaskId, WorkerId};
use crate::name::Tag;
use crate::sample::Sample;
use crate::seed::Seed;
use crate::task::{FailureClass, Task, TaskState};
use crate::teacher::CallRecord;
use crate::time::Timestamp;
use crate::verdict::{Decision, Verdict};
use crate::worker::{Pool, Residency, WorkerFacts};

/// One execution of a task, as recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttemptView {
    /// Its id.
    pub id: AttemptId,
    /// The task.
    pub task: TaskId,
    /// The worker.
    pub worker: WorkerId,
    /// `accepted`, `duplicate`, `closed` or the class of the failure.
    pub outcome: BoundedText<32>,
    /// The class, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureClass>,
    /// For people, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<BoundedText<2048>>,
    /// Its calls.
    pub calls: Vec<CallRecord>,
    /// When it was recorded.
    pub at: Timestamp,
}

/// A task, where it stands and what was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskView {
    /// The task.
    pub task: Task,
    /// Where it stands.
    pub state: TaskState,
    /// What was tried, oldest first.
    pub attempts: Vec<AttemptView>,
}

/// A check with when it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckView {
    /// The check.
    pub check: Check,
    /// When.
    pub at: Timestamp,
}

/// A sample and its whole chain: seed, attempt, checks, verdicts, decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleDetail {
    /// The sample.
    pub sample: Sample,
    /// The seed that it was made from.
    pub seed: Seed,
    /// The attempt that made it.
    pub attempt: AttemptView,
    /// Every check.
    pub checks: Vec<CheckView>,
    /// Of the checks that workers reported, who did and who vouches for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimView>,
    /// Every verdict.
    pub verdicts: Vec<Verdict>,
    /// The decision, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// What it has cost, if it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<SamplePrice>,
    /// What people did with it, oldest first; of a sample that an edit has made, that edit first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reviews: Vec<ReviewView>,
    /// What people marked it with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// A worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkerView {
    /// Its id.
    pub id: WorkerId,
    /// Its name.
    pub name: BoundedText<64>,
    /// What it can do.
    pub pools: Vec<Pool>,
    /// What it is.
    pub facts: WorkerFacts,
    /// Last sign of life.
    pub seen_at: Timestamp,
    /// Whether a sign of life is recent.
    pub alive: bool,
    /// Whether people paused it.
    pub paused: bool,
    /// Whether it is leaving.
    pub draining: bool,
    /// Tasks that it holds.
    pub leased: u64,
    /// Results that wait in its spool, as it last said.
    pub spooled: u64,
    /// When two living instances were last seen to use its credential: a copy of it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloned_at: Option<Timestamp>,
    /// How far it is believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<TrustView>,
    /// What its own hardware holds, as it last told this coordinator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residency: Option<Residency>,
    /// The tasks that it has, running, waiting for a slot or on their way back, as it last said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holding: Vec<TaskId>,
}

/// An answer to "why": what stands in the way of a task, a sample or a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Why {
    /// What was asked about.
    pub about: BoundedText<128>,
    /// One line.
    pub summary: BoundedText<512>,
    /// The reasons, most telling first: a code and a sentence.
    pub reasons: Vec<(BoundedText<64>, BoundedText<1024>)>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<BoundedText<512>>,
}
