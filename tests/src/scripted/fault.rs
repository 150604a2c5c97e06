//! What can go wrong with a provider, on any wire.

use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::answer::{Answer, End, Written, write};
use super::wire::{Asked, Wire};

/// How a provider says when the next try is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitStyle {
    /// `Retry-After: 7`.
    Seconds,
    /// `retry-after-ms: 1500`.
    Milliseconds,
    /// `Retry-After` as a date, thirty seconds after the answer's own.
    HttpDate,
    /// Nothing left of `anthropic-ratelimit-requests`, which is full again in thirty seconds (RFC 3339).
    Rfc3339,
    /// Nothing left of `x-ratelimit-requests`, which is full again in `6m0s`.
    Span,
    /// Google's `RetryInfo` in the body: 34.5 seconds.
    RetryInfo,
}

/// One way of going wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 500 with a JSON error.
    ServerError,
    /// 529, or what the wire has for it.
    Overloaded,
    /// 429 with `Retry-After` in seconds.
    RateLimited(u32),
    /// 429 with `Retry-After` as a date two seconds after the answer's own.
    RateLimitedUntil,
    /// 429 in another style.
    Limited(LimitStyle),
    /// No answer before every time limit.
    Slow,
    /// The account has no funds left.
    NoFunds,
    /// The key is none.
    BadKey,
    /// The prompt is longer than the context.
    TooLong,
    /// The schema of the reply is refused.
    SchemaRefused,
    /// Another address.
    Redirect(String),
    /// A reply that drips one byte a second.
    Drip,
    /// A body that ends in the middle, with the connection.
    Cut,
    /// A stream that ends in the middle, in good order.
    Short,
    /// A stream that says nothing more after its middle.
    Silent,
    /// A stream with an error in its middle.
    ErrorInStream,
    /// What should be JSON and is not.
    Malformed,
    /// A body without end.
    Endless,
    /// A whole reply, twenty times as late as usual.
    Straggler,
    /// Prose where an object was asked for.
    Prose,
    /// An empty reply.
    Empty,
    /// A reply cut at the token limit.
    Truncated,
    /// A refusal.
    Refusal,
    /// A reply that a filter stopped.
    Filtered,
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
    pub(super) async fn reply(&self, asked: &Asked) -> Response {
        let wire = asked.wire;
        let with = |text, end, model| whole(write(asked, &Answer { text, end, model }));
        let model = super::MODEL;
        let usual = || write(asked, &Answer { text: USUAL, end: End::Complete, model });
        match self {
            Self::ServerError => error(wire, 500, "server_error", "the server had an error"),
            Self::Overloaded if wire == Wire::Messages => error(wire, 529, "overloaded_error", "Overloaded"),
            Self::Overloaded => {
                error(wire, 503, "unavailable", "The model is overloaded. Please try again later.")
            }
            Self::RateLimited(seconds) => {
                limited(wire, &[("retry-after", &seconds.to_string())], &Value::Null)
            }
            Self::RateLimitedUntil => {
                let date = |second| format!("Sun, 06 Nov 1994 08:49:{second} GMT");
                limited(wire, &[("date", &date(37)), ("retry-after", &date(39))], &Value::Null)
            }
            Self::Limited(style) => style.reply(wire),
            Self::Slow => {
                tokio::time::sleep(NEVER).await;
                whole(usual())
            }
            Self::NoFunds => no_funds(wire),
            Self::BadKey if wire == Wire::Gemini => {
                error(wire, 400, "invalid_argument", "API key not valid. Please pass a valid API key.")
            }
            Self::BadKey => error(wire, 401, "authentication_error", "invalid key"),
            Self::TooLong => {
                error(wire, 400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum")
            }
            Self::SchemaRefused if asked.schema.is_null() => whole(usual()),
            Self::SchemaRefused => error(
                wire,
                400,
                "invalid_request_error",
                "the format json_schema is not supported by this model",
            ),
            Self::Redirect(to) => {
                (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to.clone())]).into_response()
            }
            Self::Drip => drip(usual()),
            Self::Cut => cut(usual()),
            Self::Short => whole(half(usual())),
            Self::Silent => silent(half(usual())),
            Self::ErrorInStream => whole(broken(wire, half(usual()))),
            Self::Malformed => whole(malformed(usual())),
            Self::Endless => endless(usual().content_type),
            Self::Straggler => whole(usual()),
            Self::Prose => with("I would be happy to help with that!", End::Complete, model),
            Self::Empty => with("", End::Complete, model),
            Self::Truncated => with("{\"output\": \"It beg", End::Length, model),
            Self::Refusal => with("I cannot help with that.", End::Refusal, model),
            Self::Filtered => with("It beg", End::Filter, model),
            Self::OtherModel => with(USUAL, End::Complete, "another-model"),
            Self::Html => {
                ([(header::CONTENT_TYPE, "text/html")], "<html><body>Sign in</body></html>").into_response()
            }
            Self::InvalidUtf8 => not_utf8(usual()),
            Self::ErrorObject => {
                Json(wire.error(500, "server_error", "the model has crashed", &Value::Null)).into_response()
            }
        }
    }
}

/// What is answered where the fault is not in the text.
const USUAL: &str = "{\"output\": \"It began well, and is long enough to be cut in its middle\"}";
/// Longer than any time limit of a test.
const NEVER: Duration = Duration::from_secs(600);

impl LimitStyle {
    fn reply(self, wire: Wire) -> Response {
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        let headers: &[(&str, &str)] = match self {
            Self::Seconds => &[("retry-after", "7")],
            Self::Milliseconds => &[("retry-after-ms", "1500")],
            Self::HttpDate => &[date, ("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")],
            Self::Rfc3339 => &[
                date,
                ("anthropic-ratelimit-requests-remaining", "0"),
                ("anthropic-ratelimit-requests-reset", "1994-11-06T08:50:07Z"),
                ("anthropic-ratelimit-tokens-remaining", "5"),
                ("anthropic-ratelimit-tokens-reset", "1994-11-06T09:50:07Z"),
            ],
            Self::Span => &[("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "6m0s")],
            Self::RetryInfo => &[],
        };
        let details = json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}]);
        limited(wire, headers, if self == Self::RetryInfo { &details } else { &Value::Null })
    }
}

fn error(wire: Wire, status: u16, kind: &str, message: &str) -> Response {
    let status_code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status_code, Json(wire.error(status, kind, message, &Value::Null))).into_response()
}

fn limited(wire: Wire, headers: &[(&str, &str)], details: &Value) -> Response {
    let body = wire.error(429, "rate_limit_error", "rate limit reached", details);
    let pair = |(name, value): &(&str, &str)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
    };
    let headers: HeaderMap = headers.iter().filter_map(pair).collect();
    (StatusCode::TOO_MANY_REQUESTS, headers, Json(body)).into_response()
}

/// Each provider says it in its own way, none with the same status.
fn no_funds(wire: Wire) -> Response {
    match wire {
        Wire::Chat | Wire::Responses => {
            error(wire, 429, "insufficient_quota", "You exceeded your current quota, please check your plan")
        }
        Wire::Messages => error(wire, 400, "invalid_request_error", "Your credit balance is too low"),
        Wire::Gemini => {
            let quota = json!([{"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}]}]);
            limited(wire, &[], &quota)
        }
        Wire::Ollama => error(wire, 402, "", "no credits"),
    }
}

/// A body of pieces that are already there.
pub(super) fn whole(written: Written) -> Response {
    ([(header::CONTENT_TYPE, written.content_type)], written.pieces.concat()).into_response()
}

fn streamed(
    content_type: &'static str,
    pieces: impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
) -> Response {
    ([(header::CONTENT_TYPE, content_type)], Body::from_stream(pieces)).into_response()
}

fn drip(written: Written) -> Response {
    let bytes = stream::iter(written.pieces.concat().into_bytes()).then(|byte| async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok::<_, std::io::Error>(Bytes::from(vec![byte]))
    });
    streamed(written.content_type, bytes)
}

/// The first half of a stream; of a single piece the first half of its bytes.
fn half(mut written: Written) -> Written {
    match written.pieces.as_mut_slice() {
        [piece] => piece.truncate(piece.len() / 2),
        _ => written.pieces.truncate(written.pieces.len() / 2),
    }
    written
}

fn cut(written: Written) -> Response {
    let half = half(written);
    let begun = stream::iter([Ok(Bytes::from(half.pieces.concat()))]);
    // What was said has to be on its way, or the client would rightly try again.
    let end = stream::once(async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(std::io::Error::other("the connection is cut"))
    });
    streamed(half.content_type, begun.chain(end))
}

fn silent(half: Written) -> Response {
    let pieces = stream::iter([Ok(Bytes::from(half.pieces.concat()))]);
    streamed(half.content_type, pieces.chain(stream::pending()))
}

fn broken(wire: Wire, mut half: Written) -> Written {
    let error = wire.error(503, "overloaded_error", "Overloaded", &Value::Null);
    let event = match wire {
        Wire::Chat | Wire::Messages | Wire::Gemini => format!("data: {error}\n\n"),
        Wire::Responses => {
            let error = json!({"type": "error", "code": "server_is_overloaded", "message": "Overloaded"});
            format!("event: error\ndata: {error}\n\n")
        }
        Wire::Ollama => format!("{error}\n"),
    };
    half.pieces.push(event);
    half
}

fn malformed(mut written: Written) -> Written {
    let at = written.pieces.len() / 2;
    let piece = &written.pieces[at];
    written.pieces[at] = piece.replacen('{', "{{", 1);
    written
}

/// The first letter of the reply becomes a byte that begins no character.
fn not_utf8(written: Written) -> Response {
    let mut bytes = written.pieces.concat().into_bytes();
    if let Some(at) = bytes.windows(3).position(|three| three == b"It ") {
        bytes[at] = 0xff;
    }
    ([(header::CONTENT_TYPE, written.content_type)], bytes).into_response()
}

fn endless(content_type: &'static str) -> Response {
    let chunk = Bytes::from(vec![b' '; 64 * 1024]);
    streamed(content_type, stream::repeat_with(move || Ok(chunk.clone())))
}
