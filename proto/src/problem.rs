//! Problem documents (RFC 9457): every error that leaves the coordinator has this form.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::RequestId;

macro_rules! problems {
    ($($variant:ident $slug:literal $status:literal $title:literal;)*) => {
        /// Every kind of problem, listed once. `docs/OPERATIONS.md` has a section for each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ProblemType { $(#[doc = $title] $variant,)* }

        impl ProblemType {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The last part of its URI, stable for programs.
            #[must_use]
            pub const fn slug(self) -> &'static str { match self { $(Self::$variant => $slug,)* } }

            /// The HTTP status that goes with it.
            #[must_use]
            pub const fn status(self) -> u16 { match self { $(Self::$variant => $status,)* } }

            /// One line for people, the same for every occurrence.
            #[must_use]
            pub const fn title(self) -> &'static str { match self { $(Self::$variant => $title,)* } }
        }
    };
}

problems! {
    MalformedRequest "malformed-request" 400 "The request could not be read";
    Unauthenticated "unauthenticated" 401 "A valid bearer token is needed";
    Forbidden "forbidden" 403 "The token does not allow this";
    NotFound "not-found" 404 "There is no such thing";
    MethodNotAllowed "method-not-allowed" 405 "This address does not know that method";
    RequestTimeout "request-timeout" 408 "The request took too long to arrive";
    StaleLease "stale-lease" 409 "The lease is not current";
    Conflict "conflict" 409 "The state does not allow this";
    Superseded "superseded" 409 "Another instance uses this worker's credential";
    TooLarge "too-large" 413 "The request is over a limit";
    UnsupportedMediaType "unsupported-media-type" 415 "The body must be application/json";
    Invalid "invalid" 422 "The request is well formed but wrong";
    KeyReused "key-reused" 422 "The idempotency key was used with another body";
    Misdirected "misdirected" 421 "The coordinator is not known by that name";
    UpgradeNeeded "upgrade-needed" 426 "The worker speaks no protocol version that this coordinator speaks";
    TooManyRequests "too-many-requests" 429 "Too many requests";
    Internal "internal" 500 "Something went wrong inside";
    Draining "draining" 503 "The coordinator is shutting down";
    Rebuilding "rebuilding" 503 "The queue is being rebuilt";
    Overloaded "overloaded" 503 "The coordinator has too much to do";
    DiskFull "disk-full" 507 "The disk is full";
}

impl ProblemType {
    /// Its URI, relative to the coordinator, where it is documented.
    #[must_use]
    pub fn uri(self) -> String {
        format!("/problems/{}", self.slug())
    }
}

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldError {
    /// Path of the field: `results[3].token`.
    pub field: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

/// An RFC 9457 problem document, sent as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// URI of the kind of problem.
    #[serde(rename = "type")]
    pub type_uri: String,
    /// The kind's title.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, for people.
    pub detail: String,
    /// The request, to be found in the coordinator's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    /// Fields that are wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// When to try again, in milliseconds; `Retry-After` says the same in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// Ids that the problem is about, by name (`task_id`, `worker_id`...).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub about: BTreeMap<String, String>,
}

impl Problem {
    /// A problem of this kind.
    #[must_use]
    pub fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        Self {
            type_uri: kind.uri(),
            title: kind.title().to_owned(),
            status: kind.status(),
            detail: detail.into(),
            request_id: None,
            errors: Vec::new(),
            retry_after_ms: None,
            about: BTreeMap::new(),
        }
    }

    /// Says which thing it is about.
    #[must_use]
    pub fn with(mut self, name: &str, id: impl ToString) -> Self {
        self.about.insert(name.to_owned(), id.to_string());
        self
    }

    /// Names a field that is wrong.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.errors.push(FieldError { field: field.into(), message: message.into() });
        self
    }

    /// Says when to try again.
    #[must_use]
    pub const fn retry_after(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }

    /// The kind, if this code knows it.
    #[must_use]
    pub fn kind(&self) -> Option<ProblemType> {
        let slug = self.type_uri.strip_prefix("/problems/")?;
        ProblemType::ALL.iter().copied().find(|kind| kind.slug() == slug)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}): {}", self.title, self.status, self.detail)?;
        for error in &self.errors {
            write!(f, "; {}: {}", error.field, error.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
