//! The teacher behind every wire of this module's kind.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use hafs_proto::TeacherName;
use reqwest::Method;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Wire;
use super::dialect::{Dialect, DialectMemory};
use super::reading::read;
use crate::call::{Answer, CallFailure, ChatRequest, Identity, Reply};
use crate::http::{Allowance, Endpoint, Limit};
use crate::slots::Slots;
use crate::teacher::Teacher;

/// A model of a provider.
pub(crate) struct WireTeacher<W> {
    identity: Identity,
    endpoint: Endpoint,
    slots: Slots,
    wire: W,
    dialect: DialectMemory,
    allowance: Mutex<Allowance>,
}

impl<W: Wire> WireTeacher<W> {
    pub(crate) fn new(identity: Identity, endpoint: Endpoint, slots: Slots, wire: W) -> Self {
        let dialect = DialectMemory::new(wire.fullest());
        Self { identity, endpoint, slots, wire, dialect, allowance: Mutex::default() }
    }

    /// Asks, leaving out what the server refuses. A refusal costs nothing, and what was learned is kept.
    async fn ask(&self, request: &ChatRequest, limit: Limit<'_>) -> Result<Answer, CallFailure> {
        let mut dialect = self.dialect.recall();
        for _ in 0..Dialect::STEPS {
            let refusal = match self.ask_in(dialect, request, limit).await {
                Err(failure) if matches!(failure.status, Some(400 | 422)) => failure,
                ended => return ended,
            };
            let next = dialect.after_refusal(&refusal.message, request.schema.is_some());
            let Some(next) = next else { return Err(refusal) };
            let name = &self.identity.name;
            tracing::info!(teacher.name = %name, "{name} does not take all of a call; leaving out what it refuses");
            self.dialect.learn(next);
            dialect = next;
        }
        self.ask_in(dialect, request, limit).await
    }

    async fn ask_in(
        &self,
        dialect: Dialect,
        request: &ChatRequest,
        limit: Limit<'_>,
    ) -> Result<Answer, CallFailure> {
        let model = self.identity.name.model();
        let path = self.wire.path(model, dialect);
        let body = self.wire.render(model, request, dialect);
        let opened = self.endpoint.open(Method::POST, &path, Some(&body), limit).await?;
        self.note(opened.allowance());
        let opened = opened.success().await?;
        let id = opened.request_id().map(str::to_owned);
        let answer = read::<W::Reading>(opened).await.redacted(|text| self.endpoint.redact(text));
        let request_id = id.or(answer.request_id);
        tracing::debug!(teacher.name = %self.identity.name, teacher.request_id = request_id, "an answer was read");
        Ok(Answer { request_id, ..answer })
    }

    fn note(&self, allowance: Allowance) {
        if !allowance.is_silent() {
            *self.allowance.lock().unwrap_or_else(PoisonError::into_inner) = allowance;
        }
    }
}

#[async_trait]
impl<W: Wire> Teacher for WireTeacher<W> {
    fn name(&self) -> &TeacherName {
        &self.identity.name
    }

    async fn chat(&self, request: &ChatRequest, cancel: &CancellationToken) -> Reply {
        let started = Instant::now();
        let limit = Limit { deadline: started + request.deadline, cancel };
        let answer = self.slots.hold(&limit, self.ask(request, limit)).await;
        self.identity.reply(request, started, answer)
    }

    fn allowance(&self) -> Allowance {
        *self.allowance.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
