//! The people's API: what programs for people ask of the coordinator and get back.

mod event;
mod export;
mod page;
mod progress;
mod run;
mod token;
mod view;

pub use event::{Event, EventKind};
pub use export::{DatasetView, ExportFormat, ExportRequest, SplitRatios};
pub use page::Page;
pub use progress::{Progress, ReasonCount};
pub use run::{CreateRun, Health, HealthPart, RunView, Status};
pub use token::{CreateTokenRequest, CreatedToken, Scope, TokenView};
pub use view::{AttemptView, CheckView, SampleDetail, TaskView, Why, WorkerView};
