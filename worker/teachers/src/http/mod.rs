//! The one place that speaks HTTP: deadlines, idle limits, body limits, cancellation, status to failure, redaction.
//! It does not retry, but for a connection that broke before the first byte of an answer: the queue retries.

mod body;
mod endpoint;
mod lines;
mod retry_after;
mod status;

pub(crate) use body::cause;
pub use endpoint::EndpointError;
pub(crate) use endpoint::{Endpoint, Limit};
pub(crate) use lines::LineReader;
