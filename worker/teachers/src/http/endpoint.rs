//! A provider's address with its key and limits, and the one function that calls it.

use std::future::Future;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Method, RequestBuilder, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::allowance::Allowance;
use super::auth::Auth;
use super::body::{Opened, cause};
use super::payload::Payload;
use super::retry_after::{self, retry_after};
use crate::call::{CallFailure, Secret};

/// Why an address cannot be used.
#[derive(Debug, Error)]
pub enum EndpointError {
    /// It is no URL, or none of HTTP.
    #[error("`base_url` = \"{url}\" is not an http:// or https:// URL with a host: {why}")]
    Url {
        /// The address, without any password.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// It holds a password, which would end up in logs.
    #[error("`base_url` for {host} holds a user name or password; give the key by `key_env` or `key_file`")]
    Credentials {
        /// The host.
        host: String,
    },
}

/// When a call has to end.
#[derive(Clone, Copy)]
pub(crate) struct Limit<'a> {
    pub(crate) deadline: Instant,
    pub(crate) cancel: &'a CancellationToken,
}

/// A silence that ends a call before its deadline.
#[derive(Clone, Copy)]
pub(super) enum Silence {
    /// Before the head of the answer.
    Beginning(Duration),
    /// Between two pieces of it.
    Middle(Duration),
}

/// A provider's address.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    client: Client,
    base: Url,
    key: Option<Secret>,
    auth: Auth,
    first_byte: Option<Duration>,
    idle: Duration,
    max_body: usize,
}

impl Endpoint {
    pub(crate) fn new(
        client: Client,
        base_url: &str,
        key: Option<Secret>,
        idle: Duration,
        max_body: usize,
    ) -> Result<Self, EndpointError> {
        let base = parse_base(base_url)?;
        Ok(Self { client, base, key, auth: Auth::Bearer, first_byte: None, idle, max_body })
    }

    /// The same, whose answers are the results of a whole batch.
    pub(crate) fn for_batches(self, calls: usize) -> Self {
        Self { max_body: self.max_body.saturating_mul(calls), first_byte: None, ..self }
    }

    /// The same, whose key goes into another header, and whose answers have to begin within `first_byte`.
    pub(crate) fn with(self, auth: Auth, first_byte: Option<Duration>) -> Self {
        Self { auth, first_byte, ..self }
    }

    /// The address of `path` below the base; slashes between the two are put right. What follows a `?` is a query.
    pub(crate) fn url(&self, path: &str) -> Url {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let mut url = self.base.clone();
        let joined = format!("{}/{}", self.base.path().trim_end_matches('/'), path.trim_start_matches('/'));
        url.set_path(&joined);
        url.set_query(query);
        url
    }

    /// The path of an API call: `version` is put in unless the base URL ends in a version already.
    pub(crate) fn versioned(&self, version: &str, call: &str) -> String {
        let last = self.base.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let numbered =
            last.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if numbered { call.to_owned() } else { format!("{version}/{call}") }
    }

    /// `text` without the key.
    pub(crate) fn redact(&self, text: String) -> String {
        match &self.key {
            Some(key) if text.contains(key.expose()) => key.redact(&text),
            Some(_) | None => text,
        }
    }

    /// Sends a request once and waits for the head of the answer. A pooled connection that turns out to be closed
    /// before the request has gone out is replaced by the client below. After that nobody knows whether the provider has
    /// begun to answer and counts it, so the call has failed and the queue decides: a second try here would be a
    /// call that no record has.
    pub(crate) async fn open<'a>(
        &'a self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        limit: Limit<'a>,
    ) -> Result<Opened<'a>, CallFailure> {
        let request = self.request(&method, path);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        self.send(request, (&method, path), limit).await
    }

    /// Makes a call whose answer is small and JSON.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        limit: Limit<'_>,
    ) -> Result<T, CallFailure> {
        self.open(method, path, body, limit).await?.success().await?.json().await
    }

    /// Posts what is no JSON; the answer is.
    pub(crate) async fn hand_over<T: DeserializeOwned>(
        &self,
        path: &str,
        payload: Payload,
        limit: Limit<'_>,
    ) -> Result<T, CallFailure> {
        let request = self.request(&Method::POST, path);
        let request = request.header(CONTENT_TYPE, payload.content_type).body(payload.body);
        self.send(request, (&Method::POST, path), limit).await?.success().await?.json().await
    }

    /// Reads a file of JSON, line by line. `take` gets each line.
    pub(crate) async fn lines(
        &self,
        path: &str,
        limit: Limit<'_>,
        take: impl FnMut(Value) + Send,
    ) -> Result<(), CallFailure> {
        self.open(Method::GET, path, None, limit).await?.lines(take).await
    }

    async fn send<'a>(
        &'a self,
        request: RequestBuilder,
        (method, path): (&Method, &str),
        limit: Limit<'a>,
    ) -> Result<Opened<'a>, CallFailure> {
        let what = format!("{} {}{}", method, self.host(), self.url(path).path());
        let silence = self.first_byte.map(Silence::Beginning);
        let sent = bounded(&limit, silence, &what, request.send()).await?;
        let response = sent.map_err(|error| self.unreachable(&what, error))?;
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Ok(Opened {
            what,
            status: response.status(),
            content_type: content_type.unwrap_or_default().to_lowercase(),
            retry_after: retry_after(response.headers()),
            request_id: request_id(response.headers()),
            allowance: Allowance::read(response.headers()),
            response,
            key: self.key.as_ref(),
            limit,
            idle: self.idle,
            left: self.max_body,
        })
    }

    fn request(&self, method: &Method, path: &str) -> RequestBuilder {
        self.auth.add(self.client.request(method.clone(), self.url(path)), self.key.as_ref())
    }

    fn host(&self) -> String {
        let port = self.base.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}{port}", self.base.host_str().unwrap_or_default())
    }

    fn unreachable(&self, what: &str, error: reqwest::Error) -> CallFailure {
        let (connecting, redirected) = (error.is_connect(), error.is_redirect());
        let cause = cause(error);
        let cause = self.key.as_ref().map_or_else(|| cause.clone(), |key| key.redact(&cause));
        let message = format!("{what} could not be reached: {cause}");
        if connecting {
            CallFailure::not_there(format!("{message}; is the server running, and is `base_url` right?"))
        } else if redirected {
            CallFailure::not_there(message)
        } else {
            CallFailure::transient(message)
        }
    }
}

/// The id of a call, under the names that providers use.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let names = ["request-id", "x-request-id", "x-goog-request-id"];
    let id = names.iter().find_map(|name| retry_after::text(headers, name))?;
    Some(id.chars().take(128).collect())
}

fn parse_base(text: &str) -> Result<Url, EndpointError> {
    let wrong = |why: String| EndpointError::Url { url: without_password(text), why };
    let url = Url::parse(text.trim()).map_err(|error| wrong(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("another scheme".to_owned()));
    }
    let Some(host) = url.host_str() else { return Err(wrong("no host".to_owned())) };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(EndpointError::Credentials { host: host.to_owned() });
    }
    Ok(url)
}

fn without_password(text: &str) -> String {
    let shown = text.rsplit_once('@').map_or(text, |(_, host)| host);
    shown.chars().take(200).collect()
}

/// Waits for `work`, but no longer than the deadline, the silence and the caller's patience.
pub(super) async fn bounded<T>(
    limit: &Limit<'_>,
    silence: Option<Silence>,
    what: &str,
    work: impl Future<Output = T>,
) -> Result<T, CallFailure> {
    let patience = match silence {
        Some(Silence::Beginning(patience) | Silence::Middle(patience)) => patience,
        None => Duration::ZERO,
    };
    let silent = Instant::now() + patience;
    tokio::select! {
        biased;
        () = limit.cancel.cancelled() => Err(CallFailure::cancelled()),
        done = work => Ok(done),
        () = tokio::time::sleep_until(limit.deadline) => {
            Err(CallFailure::timeout(format!("{what} gave no whole answer within the deadline")))
        }
        () = tokio::time::sleep_until(silent), if silence.is_some() => {
            Err(CallFailure::timeout(match silence {
                Some(Silence::Middle(_)) => format!(
                    "{what} fell silent in the middle of its answer for {} s", patience.as_secs_f32()
                ),
                Some(Silence::Beginning(_)) | None => format!(
                    "{what} did not begin its answer within {} s", patience.as_secs_f32()
                ),
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_no_http_url_or_hold_a_password_are_refused() {
        assert!(parse_base("http://127.0.0.1:11434").is_ok());
        assert!(parse_base("https://host/ollama/").is_ok());
        for bad in ["", "localhost:11434", "ftp://host", "http://"] {
            assert!(parse_base(bad).is_err(), "{bad}");
        }
        let secret = ["s3", "cret"].concat();
        let error = parse_base(&format!("http://me:{secret}@host")).expect_err("a password");
        assert!(!error.to_string().contains(&secret), "{error}");
        let error = parse_base(&format!("htp//me:{secret}@host")).expect_err("no URL");
        assert!(!error.to_string().contains(&secret), "{error}");
    }
}
