//! Problem documents as responses.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use hafs_domain::room::Room;
use hafs_proto::{Problem, ProblemType};
use http::{HeaderValue, StatusCode, header};

/// A problem on its way out. `From<…Error>` for each operation's error stands beside the operation's route.
#[derive(Debug)]
pub struct ProblemResponse(pub Box<Problem>);

impl ProblemResponse {
    /// A problem of this kind.
    pub fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        Self::from(Problem::new(kind, detail))
    }

    /// There is too little room on the disk of the library for this call.
    pub fn no_room(room: Room) -> Self {
        let detail = format!(
            "room on the disk of the library is {}: results are still taken, other calls are when some was freed",
            room.word()
        );
        Self::from(Problem::new(ProblemType::DiskFull, detail).retry_after(10_000))
    }

    /// A failure inside. The cause goes to the log, never to the client.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = %chain(error), "a request failed inside");
        Self::new(ProblemType::Internal, "the cause stands in the coordinator's log under this request id")
    }
}

/// An error and its causes on one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

impl From<Problem> for ProblemResponse {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

/// The problem that a response tells of, for whoever tells it in another form.
#[derive(Debug, Clone)]
pub struct Told(pub Arc<Problem>);

impl IntoResponse for ProblemResponse {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry = self.0.retry_after_ms.map(|ms| ms.div_ceil(1_000).max(1));
        let mut response = (status, axum::Json(&self.0)).into_response();
        response.extensions_mut().insert(Told(Arc::from(self.0)));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
