//! What can go wrong with a provider.

use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::fill;

/// One way of going wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 500 with a JSON error.
    ServerError,
    /// 429 with `Retry-After` in seconds.
    RateLimited(u32),
    /// A reply that drips one byte a second.
    Drip,
    /// A body that ends in the middle.
    Cut,
    /// Prose where an object was asked for.
    Prose,
    /// An empty reply.
    Empty,
    /// A reply cut at the token limit.
    Truncated,
    /// Another model's name.
    OtherModel,
    /// HTML with status 200, as a captive portal sends it.
    Html,
}

impl Fault {
    pub(super) fn reply(&self, request: &Value) -> Response {
        let ok = |text: &str, finish: &str, model: &str| {
            Json(fill::envelope(request, text, finish, model)).into_response()
        };
        let model = super::MODEL;
        match self {
            Self::ServerError => {
                let body = json!({"error": {"message": "the server had an error", "type": "server_error"}});
                (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
            }
            Self::RateLimited(seconds) => {
                let body = json!({"error": {"message": "rate limit reached", "type": "rate_limit_error"}});
                let retry = [(header::RETRY_AFTER, seconds.to_string())];
                (StatusCode::TOO_MANY_REQUESTS, retry, Json(body)).into_response()
            }
            Self::Drip => drip(fill::envelope(request, "{}", "stop", model).to_string()),
            Self::Cut => cut(fill::envelope(request, "{}", "stop", model).to_string()),
            Self::Prose => ok("I would be happy to help with that!", "stop", model),
            Self::Empty => ok("", "stop", model),
            Self::Truncated => ok("{\"output\": \"It beg", "length", model),
            Self::OtherModel => ok("{\"output\": \"whatever\"}", "stop", "another-model"),
            Self::Html => {
                ([(header::CONTENT_TYPE, "text/html")], "<html><body>Sign in</body></html>").into_response()
            }
        }
    }
}

fn json_body(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn drip(text: String) -> Response {
    let bytes = stream::iter(text.into_bytes()).then(|byte| async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok::<_, std::io::Error>(Bytes::from(vec![byte]))
    });
    json_body(Body::from_stream(bytes))
}

fn cut(text: String) -> Response {
    let half = Bytes::from(text.into_bytes()).slice(..40);
    let pieces = stream::iter([Ok(half), Err(std::io::Error::other("the connection is cut"))]);
    json_body(Body::from_stream(pieces))
}
