//! The people's API: what programs for people ask of the coordinator and get back.

mod audit;
mod event;
mod export;
mod forecast;
mod graph;
mod log;
mod overview;
mod page;
mod progress;
mod quarantine;
mod recheck;
mod record;
mod review;
mod run;
mod teacher;
mod token;
mod trust;
mod view;

pub use audit::{AuditDefect, AuditEntry, AuditReport};
pub use event::{Event, EventKind};
pub use export::{DatasetDetail, DatasetView, ExportFormat, ExportRequest, SplitRatios, Taint};
pub use forecast::{Forecast, ForecastRequest, SamplePrice, TeacherForecast};
pub use graph::{
    EntityView, GraphBatch, GraphChange, GraphSource, GraphView, KindCount, RelationCount, SourcedFact,
};
pub use log::LogLine;
pub use overview::{Hour, Overview, Pace, Trouble};
pub use page::Page;
pub use progress::{Progress, ReasonCount};
pub use quarantine::{QuarantinePreview, QuarantineRequest, QuarantineState, QuarantineView, Selection};
pub use recheck::{
    ClaimView, RecheckPreview, RecheckRequest, RecheckSelection, RecheckStage, RecheckState, RecheckView,
    Repetition,
};
pub use record::{TeacherRecord, Yield};
pub use review::{ReviewAct, ReviewRequest, ReviewView, WaitingSample};
pub use run::{CreateRun, Health, HealthPart, RunView, Status};
pub use teacher::{ResumeTeacher, TeacherStanding, TeacherView};
pub use token::{CreateTokenRequest, CreatedToken, Scope, TokenView};
pub use trust::{SetTrust, TrustView};
pub use view::{AttemptView, CheckView, SampleDetail, TaskView, Why, WorkerView};
