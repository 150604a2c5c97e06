//! The body of an answer, read under the call's deadline, an idle limit and a byte limit.

use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;
use serde::de::DeserializeOwned;

use super::allowance::Allowance;
use super::endpoint::{Limit, Silence, bounded};
use super::lines::LineReader;
use super::said::Said;
use super::status;
use crate::call::{CallFailure, Secret};

/// Bytes of an error body that are looked at.
const ERROR_BYTES: usize = 16 * 1024;

/// An answer whose head has arrived.
pub(crate) struct Opened<'a> {
    pub(super) what: String,
    pub(super) status: StatusCode,
    pub(super) content_type: String,
    pub(super) retry_after: Option<Duration>,
    pub(super) request_id: Option<String>,
    pub(super) allowance: Allowance,
    pub(super) response: reqwest::Response,
    pub(super) key: Option<&'a Secret>,
    pub(super) limit: Limit<'a>,
    pub(super) idle: Duration,
    pub(super) left: usize,
}

impl Opened<'_> {
    /// The next chunk, or nothing at the end of a whole body.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, CallFailure> {
        let silence = Some(Silence::Middle(self.idle));
        let read = bounded(&self.limit, silence, &self.what, self.response.chunk()).await?;
        let chunk = read.map_err(|error| {
            let cause = self.redact(&cause(error));
            CallFailure::transient(format!("the answer of {} broke off: {cause}", self.what))
        })?;
        let Some(chunk) = chunk else { return Ok(None) };
        match self.left.checked_sub(chunk.len()) {
            Some(left) => self.left = left,
            None => {
                let message = format!("the answer of {} is longer than the limit for a body", self.what);
                return Err(CallFailure::invalid(message));
            }
        }
        Ok(Some(chunk))
    }

    /// The call, for messages.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// What the provider said is left of its limits.
    pub(crate) const fn allowance(&self) -> Allowance {
        self.allowance
    }

    /// The id that the provider gave to the call.
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Whether the body is a stream of events.
    pub(crate) fn is_stream(&self) -> bool {
        self.content_type.contains("event-stream")
    }

    /// The whole body as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(mut self) -> Result<T, CallFailure> {
        self.whole().await
    }

    /// Reads the rest of the body as JSON.
    pub(crate) async fn whole<T: DeserializeOwned>(&mut self) -> Result<T, CallFailure> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&bytes).map_err(|error| {
            CallFailure::invalid(format!("the answer of {} is not the JSON expected: {error}", self.what))
        })
    }

    /// Passes a success of the right type through and turns everything else into a failure.
    pub(crate) async fn success(mut self) -> Result<Self, CallFailure> {
        if !self.status.is_success() {
            return Err(self.refusal().await);
        }
        let plausible = self.content_type.is_empty() || self.content_type.contains("json");
        if plausible || self.is_stream() {
            return Ok(self);
        }
        let kind = self.content_type.chars().take(80).collect::<String>();
        Err(CallFailure::invalid(format!(
            "{} answered with `{kind}` instead of JSON; is `base_url` that of the API?",
            self.what
        ))
        .with_status(self.status.as_u16()))
    }

    /// Reads a success as lines of JSON, whatever it says that it is.
    pub(crate) async fn lines(
        mut self,
        mut take: impl FnMut(serde_json::Value) + Send,
    ) -> Result<(), CallFailure> {
        if !self.status.is_success() {
            return Err(self.refusal().await);
        }
        let what = self.what.clone();
        let mut lines = LineReader::default();
        let mut read = |line: &[u8]| {
            let wrong = |error| CallFailure::invalid(format!("{what} sent a line that is not JSON: {error}"));
            serde_json::from_slice(line).map_err(wrong).map(&mut take)
        };
        while let Some(chunk) = self.chunk().await? {
            let whole = lines.push(&chunk);
            let whole = whole
                .ok_or_else(|| CallFailure::invalid(format!("{} sent a line longer than any", self.what)))?;
            whole.iter().try_for_each(|line| read(line))?;
        }
        lines.finish().map_or(Ok(()), |line| read(&line))
    }

    async fn refusal(&mut self) -> CallFailure {
        let mut bytes = Vec::new();
        while bytes.len() < ERROR_BYTES {
            match self.chunk().await {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) | Err(_) => break,
            }
        }
        bytes.truncate(ERROR_BYTES);
        let said = Said::read(&self.redact(&String::from_utf8_lossy(&bytes)));
        let limited = self.status == StatusCode::TOO_MANY_REQUESTS;
        let exhausted = self.allowance.exhausted_for().filter(|_| limited);
        let retry_after = self.retry_after.or(exhausted);
        let mut failure = status::failure(self.status.as_u16(), &self.what, &said, retry_after);
        if let Some(id) = &self.request_id {
            failure.message = format!("{} [request {id}]", failure.message);
            failure.request_id = Some(id.clone());
        }
        failure
    }

    /// `text` without the key.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.key.map_or_else(|| text.to_owned(), |key| key.redact(text))
    }
}

/// The innermost cause of a transport error: the outer ones only say that something failed, and hold the URL.
pub(crate) fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    for _ in 0..16 {
        let Some(source) = innermost.source() else { break };
        innermost = source;
    }
    innermost.to_string()
}
