//! The teacher behind `/chat/completions`.

use async_trait::async_trait;
use hafs_proto::TeacherName;
use reqwest::Method;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::api_path;
use super::dialect::{Dialect, DialectMemory};
use super::request::render;
use super::wire::Completion;
use crate::call::{Answer, CallFailure, ChatRequest, Identity, Reply};
use crate::http::{Endpoint, Limit};
use crate::slots::Slots;
use crate::teacher::Teacher;

/// A model of a server that speaks chat completions.
pub(crate) struct OpenAiTeacher {
    pub(crate) identity: Identity,
    pub(crate) endpoint: Endpoint,
    pub(crate) dialect: DialectMemory,
    pub(crate) slots: Slots,
}

#[async_trait]
impl Teacher for OpenAiTeacher {
    fn name(&self) -> &TeacherName {
        &self.identity.name
    }

    async fn chat(&self, request: &ChatRequest, cancel: &CancellationToken) -> Reply {
        let started = Instant::now();
        let limit = Limit { deadline: started + request.deadline, cancel };
        let answer = match self.slots.take(&limit).await {
            Ok(_slot) => self.ask(request, limit).await.unwrap_or_else(Answer::failed),
            Err(failure) => Answer::failed(failure),
        };
        self.identity.reply(request, started, answer)
    }
}

impl OpenAiTeacher {
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
            tracing::info!(teacher.name = %self.identity.name, "{} does not take all of a call; leaving out what it refuses", self.identity.name);
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
        let body = render(self.identity.name.model(), request, dialect);
        let path = api_path(&self.endpoint, "chat/completions");
        let opened = self.endpoint.open(Method::POST, &path, Some(&body), limit).await?;
        let completion: Completion = opened.success().await?.json().await?;
        Ok(completion.into_answer())
    }
}
