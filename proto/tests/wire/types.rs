//! The types that leave a process or are stored.

use std::collections::BTreeSet;
use std::path::Path;

use hafs_proto::check::{CheckedBy, Field};
use hafs_proto::people::*;
use hafs_proto::reason::Stage;
use hafs_proto::sample::{Candidate, Sample};
use hafs_proto::task::*;
use hafs_proto::verdict::{CriterionVerdict, Decision, Opinion, Verdict};
use hafs_proto::worker::*;
use hafs_proto::{
    CallRecord, Check, Problem, Reason, ReasonClass, Run, RunSpec, RunState, Seed, SeedDraft, SeedKind,
    StopReason,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Reads a value of one type and gives its JSON form again.
pub type Reread = fn(&[u8]) -> Result<Value, serde_json::Error>;

fn reread<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::to_value(serde_json::from_slice::<T>(bytes)?)
}

macro_rules! wire {
    ($($name:ident)*) => { &[$((stringify!($name), reread::<$name> as Reread),)* ("Page", reread::<Page<Sample>>)] };
}

/// Every type that is a body, an answer, a stored row's JSON or a spooled file.
pub const WIRE: &[(&str, Reread)] = wire! {
    Seed SeedDraft Candidate SampleTexts Sample Check Opinion Verdict Decision CallRecord
    Task TaskSpec TaskState TaskOutput Completion Failure
    RegisterRequest RegisterReply ClaimRequest ClaimReply RenewRequest RenewReply ReleaseRequest ReleaseReply
    CompleteRequest CompleteReply FailRequest FailReply DrainRequest RotateRequest RotateReply
    TeachersRequest TeacherView TeacherRecord Yield ResumeTeacher ForecastRequest Forecast
    Run RunSpec CreateRun RunView Progress Status Overview Health
    Event Problem ExportRequest DatasetView CreateTokenRequest CreatedToken TokenView
    AttemptView TaskView CheckView SampleDetail WorkerView Why
    SetTrust QuarantineRequest QuarantinePreview QuarantineView
    RecheckRequest RecheckPreview RecheckView ReviewRequest ReviewView WaitingSample DatasetDetail AuditEntry AuditReport LogLine
    GraphBatch GraphChange GraphSource GraphView SourcedFact EntityView
    Words
};

/// Types that travel only inside those of [`WIRE`], whose fixtures hold them.
pub const PARTS: &[&str] = &[
    "Answer",
    "Attempt",
    "AuditDefect",
    "AugmentMethod",
    "AugmentSpec",
    "BoundedText",
    "CallError",
    "Certainty",
    "Claim",
    "Batching",
    "CheckSpec",
    "CheckedBy",
    "ClaimView",
    "ClaimedTask",
    "Criterion",
    "CriterionVerdict",
    "DeadReason",
    "DeliveryAnswer",
    "EdgeClaim",
    "EmbedItem",
    "EmbedSpec",
    "EmbeddedItem",
    "EventKind",
    "ExportFormat",
    "Fact",
    "FailureClass",
    "Field",
    "FieldError",
    "Finding",
    "GenerateSpec",
    "Generation",
    "HarvestSpec",
    "HealthPart",
    "HeldLease",
    "IdleCode",
    "IdleReason",
    "Intervals",
    "JudgeSpec",
    "KindCount",
    "GpuFacts",
    "Lineage",
    "LocalModel",
    "MicroUsd",
    "Lane",
    "Left",
    "Limits",
    "ModelFacts",
    "NameClaim",
    "Needed",
    "NodeClaim",
    "NodeKind",
    "Hour",
    "Outcome",
    "Pace",
    "Trouble",
    "Page",
    "Policy",
    "Pool",
    "PoolVacancy",
    "Prices",
    "Priority",
    "Provenance",
    "Reason",
    "ReasonClass",
    "ReasonCount",
    "QuarantineState",
    "RecheckSelection",
    "RecheckStage",
    "RecheckState",
    "Repetition",
    "ReviewAct",
    "Relation",
    "RelationCount",
    "RenewedLease",
    "Residence",
    "Residency",
    "RouteBacklog",
    "RubricRef",
    "RunState",
    "SampleState",
    "SamplePrice",
    "Scope",
    "Score",
    "Seen",
    "SeedKind",
    "Selection",
    "SourceFacts",
    "Span",
    "SplitRatios",
    "Stage",
    "StopReason",
    "Taint",
    "TaskKind",
    "TeacherFacts",
    "TeacherForecast",
    "TeacherStanding",
    "TeacherTerms",
    "TeacherTrial",
    "TemplateRef",
    "TrustState",
    "TrustView",
    "ToolUse",
    "Usage",
    "WorkerFacts",
];

/// Variants that must have a fixture of their own; those of tasks are taken from `TaskKind::ALL`.
pub const VARIANTS: &[&str] = &[
    "Sample.candidate",
    "Sample.accepted",
    "Sample.rejected",
    "Sample.quarantined",
    "Check.pass",
    "Check.fail",
    "Check.not_applicable",
    "Check.unchecked",
    "TaskState.ready",
    "TaskState.leased",
    "TaskState.done",
    "TaskState.dead",
    "TaskState.cancelled",
    "Decision.accepted",
    "Decision.rejected",
    "RegisterReply.joined",
    "RegisterReply.back",
    "RegisterReply.features",
    "RenewReply.orders",
    "ClaimReply.tasks",
    "ClaimReply.idle",
    "ClaimReply.backlog",
    "ClaimRequest.residency",
    "RegisterRequest.gpus",
    "WorkerView.residency",
    "WorkerView.holding",
];

/// The body hash of `Completion.json`.
pub const COMPLETION_BODY: &str = "aaefc23421190c63f86819197214397dd17dc4362a31e89422595d75ed12c376";
/// The body hash of `Failure.json`.
pub const FAILURE_BODY: &str = "bd3d5bbd92340dfdee4b379a70bee0f3328ca858cf3f441461e72aa17f242d1f";

/// Every word of every closed set, as of version 1.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    reason: Vec<Reason>,
    reason_class: Vec<ReasonClass>,
    stage: Vec<Stage>,
    seed_kind: Vec<SeedKind>,
    task_kind: Vec<TaskKind>,
    priority: Vec<Priority>,
    failure_class: Vec<FailureClass>,
    augment_method: Vec<AugmentMethod>,
    stop_reason: Vec<StopReason>,
    field: Vec<Field>,
    checked_by: Vec<CheckedBy>,
    criterion_verdict: Vec<CriterionVerdict>,
    run_state: Vec<RunState>,
    idle_code: Vec<IdleCode>,
    answer: Vec<Answer>,
    event_kind: Vec<EventKind>,
    export_format: Vec<ExportFormat>,
    scope: Vec<Scope>,
}

/// Names of all public types below `folder` that derive `Deserialize`.
pub fn declared(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("the folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            names.extend(declared(&path));
        } else {
            let text = std::fs::read_to_string(&path).expect("UTF-8");
            names.extend(text.split("#[derive(").skip(1).filter_map(named));
        }
    }
    names
}

/// The type that follows a list of derived traits, if `Deserialize` is among them.
fn named(after_derive: &str) -> Option<String> {
    let (traits, rest) = after_derive.split_once(")]")?;
    let keyword = |line: &str| {
        line.trim_start()
            .strip_prefix("pub struct ")
            .or(line.trim_start().strip_prefix("pub enum "))
            .map(str::to_owned)
    };
    let declaration = rest.lines().find_map(keyword)?;
    let name: String = declaration.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
    traits.contains("Deserialize").then_some(name)
}
