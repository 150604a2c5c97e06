//! A teacher that answers when it is let.

use std::sync::Arc;

use async_trait::async_trait;
use hafs_proto::task::FailureClass;
use hafs_proto::{CallRecord, MicroUsd, Reason, StopReason, TeacherName, Usage};
use hafs_teachers::{CallFailure, ChatRequest, Reply, Teacher};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Answers one call for each permit of its gate.
pub struct Gated {
    name: TeacherName,
    pub gate: Arc<Semaphore>,
}

pub fn name() -> TeacherName {
    "script/gated".parse().expect("a teacher")
}

impl Gated {
    /// A teacher that answers so many calls at once.
    pub fn new(open: usize) -> Arc<Self> {
        Arc::new(Self { name: name(), gate: Arc::new(Semaphore::new(open)) })
    }
}

#[async_trait]
impl Teacher for Gated {
    fn name(&self) -> &TeacherName {
        &self.name
    }

    async fn chat(&self, request: &ChatRequest, cancel: &CancellationToken) -> Reply {
        let outcome = tokio::select! {
            permit = self.gate.acquire() => {
                permit.expect("never closed").forget();
                Ok(r#"{"explanation": "It does what it says."}"#.to_owned())
            }
            () = cancel.cancelled() => Err(CallFailure::new(Reason::Timeout, FailureClass::Transient, "cancelled")),
        };
        let record = CallRecord {
            teacher: self.name.clone(),
            served_model: None,
            request_id: None,
            stop: if outcome.is_ok() { StopReason::Complete } else { StopReason::Error },
            usage: Usage::default(),
            latency_ms: 1,
            cost: MicroUsd::ZERO,
            prompt_hash: request.prompt_hash(&self.name),
            reply_hash: None,
            reply_excerpt: None,
            error: outcome.as_ref().err().map(CallFailure::to_call_error),
        };
        Reply { record, outcome }
    }
}
