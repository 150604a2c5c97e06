//! What can go wrong with a provider.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::wire::{Said, Wire};

/// Longer than any time limit of a test.
const NEVER: Duration = Duration::from_secs(600);
/// Words at whose place a body breaks, or holds bytes that are no UTF-8.
const MARK: &str = "It began well";

/// One way of going wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 500 with a JSON error.
    ServerError,
    /// 429 with `Retry-After` in seconds.
    RateLimited(u32),
    /// 429 with `Retry-After` as a date two seconds after the answer's own.
    RateLimitedUntil,
    /// No answer before every time limit.
    Slow,
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
    /// Bytes that are no UTF-8.
    InvalidUtf8,
    /// Status 200 and nothing but an error.
    ErrorObject,
}

impl Fault {
    pub(super) async fn reply(&self, wire: Wire, request: &Value) -> Response {
        let said = |text, finish, model| wire.body(request, Said { text, finish, model });
        let ok = |text, finish| wire.answer(StatusCode::OK, said(text, finish, super::MODEL));
        match self {
            Self::ServerError => {
                wire.answer(StatusCode::INTERNAL_SERVER_ERROR, wire.error("the server had an error"))
            }
            Self::RateLimited(seconds) => limited(wire, &[(header::RETRY_AFTER, &seconds.to_string())]),
            Self::RateLimitedUntil => {
                let date = |second| format!("Sun, 06 Nov 1994 08:49:{second} GMT");
                limited(wire, &[(header::DATE, &date(37)), (header::RETRY_AFTER, &date(39))])
            }
            Self::Slow => {
                tokio::time::sleep(NEVER).await;
                ok("{}", "stop")
            }
            Self::Drip => drip(wire, said("{}", "stop", super::MODEL)),
            Self::Cut => cut(wire, &said(&format!("{{\"output\": \"{MARK}"), "stop", super::MODEL)),
            Self::Prose => ok("I would be happy to help with that!", "stop"),
            Self::Empty => ok("", "stop"),
            Self::Truncated => ok("{\"output\": \"It beg", "length"),
            Self::OtherModel => {
                wire.answer(StatusCode::OK, said("{\"output\": \"whatever\"}", "stop", "another-model"))
            }
            Self::Html => {
                ([(header::CONTENT_TYPE, "text/html")], "<html><body>Sign in</body></html>").into_response()
            }
            Self::InvalidUtf8 => {
                let body = said(MARK, "stop", super::MODEL);
                let at = body.find(MARK).unwrap_or_default();
                let mut bytes = body.into_bytes();
                bytes[at] = 0xff;
                wire.answer(StatusCode::OK, bytes)
            }
            Self::ErrorObject => wire.answer(StatusCode::OK, wire.error("the model has crashed")),
        }
    }
}

fn limited(wire: Wire, headers: &[(HeaderName, &str)]) -> Response {
    let mut response = wire.answer(StatusCode::TOO_MANY_REQUESTS, wire.error("rate limit reached"));
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name.clone(), value);
        }
    }
    response
}

fn drip(wire: Wire, text: String) -> Response {
    let bytes = stream::iter(text.into_bytes()).then(|byte| async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok::<_, std::io::Error>(Bytes::from(vec![byte]))
    });
    wire.answer(StatusCode::OK, Body::from_stream(bytes))
}

fn cut(wire: Wire, text: &str) -> Response {
    let begun = text.find(MARK).map_or(text, |at| &text[..at + MARK.len()]);
    let begun = Bytes::copy_from_slice(begun.as_bytes());
    let pieces = stream::iter([Ok(begun), Err(std::io::Error::other("the connection is cut"))]);
    // What was said reaches the client before the connection breaks; otherwise it would see no answer at all.
    let pieces = pieces.then(|piece| async move {
        if piece.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        piece
    });
    wire.answer(StatusCode::OK, Body::from_stream(pieces))
}
