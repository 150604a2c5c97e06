//! The one place that speaks HTTP: deadlines, idle limits, body limits, cancellation, status to failure, redaction.
//! It does not retry: the queue does, and each call that may have been paid has a record.

mod allowance;
mod auth;
mod body;
mod endpoint;
mod events;
mod lines;
mod payload;
mod retry_after;
mod said;
mod status;
mod time_left;

pub use allowance::{Allowance, Bucket};
pub(crate) use auth::Auth;
pub(crate) use body::{Opened, cause};
pub use endpoint::EndpointError;
pub(crate) use endpoint::{Endpoint, Limit};
pub(crate) use events::EventReader;
pub(crate) use lines::LineReader;
pub(crate) use payload::Payload;
pub(crate) use status::{in_stream, of_status};
