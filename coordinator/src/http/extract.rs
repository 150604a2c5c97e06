//! What handlers take: bodies, queries and path ids whose every error is a problem document.

use std::fmt::Display;
use std::str::FromStr;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use hafs_proto::{ProblemType, limits};
use http::request::Parts;
use http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::problem::ProblemResponse;
use crate::app::App;

/// A JSON body of at most `MAX` bytes that arrived within the body deadline.
#[derive(Debug)]
pub struct JsonBody<T, const MAX: usize = { limits::REQUEST_BYTES }>(pub T);

impl<T: DeserializeOwned, const MAX: usize> FromRequest<App> for JsonBody<T, MAX> {
    type Rejection = ProblemResponse;

    async fn from_request(request: Request, app: &App) -> Result<Self, ProblemResponse> {
        media_type(request.headers())?;
        if let Some(declared) = declared_length(request.headers()).filter(|declared| *declared > MAX) {
            if declared <= MAX * DRAINED {
                discard(request.into_body(), app).await;
            }
            return Err(too_large(MAX));
        }
        let collected = Limited::new(request.into_body(), MAX).collect();
        let bytes = match tokio::time::timeout(app.settings.connections.body, collected).await {
            Err(_) => return Err(too_slow(app)),
            Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(too_large(MAX)),
            Ok(Err(error)) => {
                let detail = format!("the body broke off: {error}");
                return Err(ProblemResponse::new(ProblemType::MalformedRequest, detail));
            }
            Ok(Ok(collected)) => collected.to_bytes(),
        };
        parse(&bytes).map(Self)
    }
}

fn media_type(headers: &HeaderMap) -> Result<(), ProblemResponse> {
    let refuse = |detail: &str| Err(ProblemResponse::new(ProblemType::UnsupportedMediaType, detail));
    if headers.contains_key(header::CONTENT_ENCODING) {
        return refuse("send the body without Content-Encoding");
    }
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let mut parts = value.split(';').map(str::trim);
    if !parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
        return refuse("send the header `Content-Type: application/json`");
    }
    match parts.next() {
        None => Ok(()),
        Some(charset) if charset.eq_ignore_ascii_case("charset=utf-8") => Ok(()),
        Some(_) => refuse("JSON is UTF-8; leave out the charset"),
    }
}

/// A body that is at most so many times too large is read and thrown away before the answer: a client that is
/// still sending when the connection closes would see a reset instead of the problem.
const DRAINED: usize = 4;

fn declared_length(headers: &HeaderMap) -> Option<usize> {
    let value = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?;
    Some(value.parse::<u64>().ok().and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX))
}

async fn discard(mut body: Body, app: &App) {
    let read = async { while let Some(Ok(_)) = body.frame().await {} };
    // Whoever is too slow for the deadline gets the answer all the same.
    let _ = tokio::time::timeout(app.settings.connections.body, read).await;
}

fn too_large(max: usize) -> ProblemResponse {
    ProblemResponse::new(
        ProblemType::TooLarge,
        format!("the body may have {max} bytes; send smaller batches"),
    )
}

fn too_slow(app: &App) -> ProblemResponse {
    let seconds = app.settings.connections.body.as_secs();
    ProblemResponse::new(ProblemType::RequestTimeout, format!("the body did not arrive within {seconds} s"))
}

fn parse<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, ProblemResponse> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let (path, cause) = (error.path().to_string(), error.into_inner());
        if cause.is_data() {
            let problem = hafs_proto::Problem::new(ProblemType::Invalid, "a field of the body is wrong");
            ProblemResponse::from(problem.field(path, cause.to_string()))
        } else {
            ProblemResponse::new(ProblemType::MalformedRequest, format!("the body is not JSON: {cause}"))
        }
    })?;
    deserializer.end().map_err(|error| {
        ProblemResponse::new(ProblemType::MalformedRequest, format!("text after the JSON value: {error}"))
    })?;
    Ok(value)
}

/// The query of an address.
#[derive(Debug)]
pub struct QueryOf<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for QueryOf<T> {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ProblemResponse> {
        let Query(value) = Query::from_request_parts(parts, app).await.map_err(|error| {
            let problem = hafs_proto::Problem::new(ProblemType::Invalid, "the query of the address is wrong");
            ProblemResponse::from(problem.field("query", error.body_text()))
        })?;
        Ok(Self(value))
    }
}

/// The id in a path.
#[derive(Debug)]
pub struct PathId<T>(pub T);

impl<T> FromRequestParts<App> for PathId<T>
where
    T: FromStr,
    T::Err: Display,
{
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ProblemResponse> {
        let refuse = |why: String| ProblemResponse::new(ProblemType::NotFound, why);
        let Path(text) = Path::<String>::from_request_parts(parts, app)
            .await
            .map_err(|error| refuse(error.body_text()))?;
        text.parse().map(Self).map_err(|error: T::Err| refuse(error.to_string()))
    }
}
