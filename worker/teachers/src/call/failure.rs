//! A call that came to nothing, in the words that the queue decides by.

use std::time::Duration;

use hafs_proto::task::FailureClass;
use hafs_proto::teacher::CallError;
use hafs_proto::{BoundedText, Reason};
use thiserror::Error;

/// Why a call gave no usable reply. The message is for people and holds neither keys nor prompts.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct CallFailure {
    /// Its code, which is stored with the attempt.
    pub reason: Reason,
    /// What the queue does next.
    pub class: FailureClass,
    /// The provider's HTTP status, if it came so far.
    pub status: Option<u16>,
    /// When the provider allows the next try.
    pub retry_after: Option<Duration>,
    /// The provider's own id of the call, if it gave one.
    pub request_id: Option<String>,
    /// What happened, and the remedy where there is one.
    pub message: String,
}

impl CallFailure {
    /// A failure without a status and without a hint when to try again.
    #[must_use]
    pub fn new(reason: Reason, class: FailureClass, message: impl Into<String>) -> Self {
        Self { reason, class, status: None, retry_after: None, request_id: None, message: message.into() }
    }

    /// Network trouble or a provider's own error: another try may succeed.
    pub(crate) fn transient(message: impl Into<String>) -> Self {
        Self::new(Reason::ProviderError, FailureClass::Transient, message)
    }

    /// No connection: refused, an unknown host, no answer while connecting. Nothing was asked and nothing paid, so
    /// the class is one that does not count: tasks wait for a teacher that comes back.
    pub(crate) fn not_there(message: impl Into<String>) -> Self {
        Self::new(Reason::ProviderError, FailureClass::ModelMissing, message)
    }

    /// A reply that cannot be used.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Reason::ProviderError, FailureClass::Invalid, message)
    }

    /// No answer in time.
    pub(crate) fn timeout(message: impl Into<String>) -> Self {
        Self::new(Reason::Timeout, FailureClass::Transient, message)
    }

    /// The worker called the call off; it says so itself, so the class only matters if it is reported at all.
    pub(crate) fn cancelled() -> Self {
        Self::timeout("the call was cancelled by this worker before its end")
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.retry_after = retry_after;
        self
    }

    /// The form that is stored with the call.
    #[must_use]
    pub fn to_call_error(&self) -> CallError {
        CallError { reason: self.reason, status: self.status, message: BoundedText::clipped(&self.message) }
    }
}
