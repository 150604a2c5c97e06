//! Live events, sent as SSE. They are news, not truth: a client that missed some asks the library.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::id::RunId;
use crate::time::Timestamp;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A worker joined or came back.
    WorkerJoined,
    /// A worker left or was given up.
    WorkerLeft,
    /// Two living instances use one worker's credential.
    WorkerCloned,
    /// A worker is believed more or less than before.
    WorkerTrust,
    /// Samples were set aside afterwards, or such an act was taken back.
    Quarantined,
    /// A page of a source was mined.
    Harvested,
    /// Candidates came in.
    Generated,
    /// A judge gave an opinion.
    Judged,
    /// A sample was accepted.
    Accepted,
    /// A sample was rejected.
    Rejected,
    /// An attempt failed and will be retried.
    Retried,
    /// A task was dead-lettered.
    DeadLettered,
    /// A lease ran out.
    LeaseExpired,
    /// A run changed its state.
    RunChanged,
    /// A checkpoint was written.
    Checkpoint,
    /// A data set was exported.
    Exported,
    /// A teacher is not asked any more: its provider fails, or refuses the key.
    TeacherClosed,
    /// A teacher is asked again.
    TeacherOpened,
    /// Four fifths of a budget are spent.
    BudgetWarning,
    /// A budget is spent: nothing more is handed out that it would have to pay.
    BudgetSpent,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Rises by one with each event: of all coordinators that share a library, or of one since it started.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
    /// The run that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// Id of the thing that it is about.
    pub about: BoundedText<128>,
    /// For people.
    pub message: BoundedText<512>,
}
