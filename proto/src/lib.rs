//! The words that coordinator, worker and people's programs speak. No I/O, no clock, no randomness.
//!
//! One concept, one file. Everything here is serialised with serde and described for OpenAPI; the JSON forms
//! are frozen by the fixtures in `proto/tests/fixtures`, which must parse for ever.

pub mod bounded;
pub mod check;
pub mod graph;
pub mod hash;
pub mod id;
pub mod join;
pub mod lease;
pub mod limits;
mod map;
pub mod money;
pub mod name;
pub mod network;
pub mod people;
pub mod pin;
pub mod problem;
pub mod provenance;
pub mod quota;
pub mod reason;
pub mod route;
pub mod run;
pub mod sample;
pub mod score;
pub mod seed;
pub mod shown;
pub mod task;
pub mod teacher;
pub mod time;
pub mod token;
pub mod trust;
pub mod verdict;
pub mod worker;

pub use bounded::BoundedText;
pub use check::{Check, CheckedBy, Finding, Outcome, ToolUse};
pub use hash::ContentHash;
pub use id::{
    AttemptId, CompletionId, CredentialId, DatasetId, QuarantineId, RecheckId, RequestId, ReviewId, RunId,
    SampleId, SeedId, TaskId, VerdictId, WorkerId,
};
pub use join::JoinLink;
pub use lease::{Attempt, Generation, LeaseToken};
pub use money::MicroUsd;
pub use name::{CheckName, Domain, GeneratorName, GraphName, SourceName, Tag, TeacherName};
pub use network::Network;
pub use pin::Pin;
pub use problem::{Problem, ProblemType};
pub use provenance::Provenance;
pub use quota::{KeyName, Limits, Prices, TeacherTerms};
pub use reason::{Reason, ReasonClass};
pub use route::Route;
pub use run::{Run, RunSpec, RunState};
pub use sample::{Candidate, Sample, SampleState};
pub use score::Score;
pub use seed::{Seed, SeedDraft, SeedKind};
pub use task::{Task, TaskKind, TaskSpec, TaskState};
pub use teacher::{CallRecord, StopReason, Usage};
pub use time::Timestamp;
pub use token::{BearerToken, TokenKind};
pub use trust::TrustState;
pub use verdict::Verdict;
