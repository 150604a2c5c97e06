//! The teacher behind `/api/chat`.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use hafs_proto::TeacherName;
use reqwest::Method;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::request::{ChatSettings, prompt_was_cut, render};
use super::stream::Collector;
use crate::call::{Answer, CallFailure, ChatRequest, Identity, Reply, Stop};
use crate::http::{Endpoint, Limit, LineReader};
use crate::slots::Slots;
use crate::teacher::{Speed, Teacher};
use crate::wire::{Dialect, DialectMemory, Reasoning, Tuning};

/// A model of an Ollama server.
pub(crate) struct OllamaTeacher {
    pub(crate) identity: Identity,
    pub(crate) endpoint: Endpoint,
    pub(crate) settings: ChatSettings,
    pub(crate) slots: Slots,
    /// What the server was found to refuse.
    pub(crate) dialect: DialectMemory,
    /// Of its latest whole answer.
    pub(crate) speed: Mutex<Option<Speed>>,
}

#[async_trait]
impl Teacher for OllamaTeacher {
    fn name(&self) -> &TeacherName {
        &self.identity.name
    }

    fn speed(&self) -> Option<Speed> {
        *self.speed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn chat(&self, request: &ChatRequest, cancel: &CancellationToken) -> Reply {
        let started = Instant::now();
        let limit = Limit { deadline: started + request.deadline, cancel };
        let answer = self.slots.hold(&limit, self.ask(request, limit)).await;
        self.identity.reply(request, started, answer)
    }
}

impl OllamaTeacher {
    /// Asks, leaving out what the server refuses: a model may not think, an older server may know no schemas. A refusal
    /// costs nothing, and what was learned is kept.
    async fn ask(&self, request: &ChatRequest, limit: Limit<'_>) -> Result<Answer, CallFailure> {
        let mut dialect = self.dialect.recall();
        for _ in 0..Dialect::STEPS {
            let refusal = match self.ask_in(dialect, request, limit).await {
                Err(failure) if matches!(failure.status, Some(400 | 422)) => failure,
                ended => return ended,
            };
            let next = dialect.after_refusal(&refusal.message, request.schema.is_some());
            // The rest of a dialect is nothing that this wire says.
            let changed = |next: &Dialect| (next.json, next.reasoning) != (dialect.json, dialect.reasoning);
            let Some(next) = next.filter(changed) else { return Err(refusal) };
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
        let num_ctx = request.num_ctx.unwrap_or(self.settings.num_ctx);
        let told = dialect.reasoning == Reasoning::Sent;
        let thinking = self.settings.tuning.thinking.filter(|_| told);
        let tuning = Tuning { thinking, json: dialect.json, ..self.settings.tuning };
        let settings = ChatSettings { num_ctx, tuning, ..self.settings.clone() };
        let body = render(self.identity.name.model(), request, &settings)?;
        let mut opened =
            self.endpoint.open(Method::POST, "api/chat", Some(&body), limit).await?.success().await?;
        let mut collector = Collector::default();
        let mut lines = LineReader::default();
        let failure = loop {
            match opened.chunk().await {
                Ok(Some(chunk)) => {
                    if let Err(failure) = feed(&mut collector, lines.push(&chunk)) {
                        break Some(failure);
                    }
                    if collector.is_done() {
                        break None;
                    }
                }
                Ok(None) => break feed(&mut collector, Some(lines.finish().into_iter().collect())).err(),
                Err(failure) => break Some(failure),
            }
        };
        if let Some(speed) = collector.speed() {
            *self.speed.lock().unwrap_or_else(PoisonError::into_inner) = Some(speed);
        }
        let answer = collector.finish(failure).redacted(|text| self.endpoint.redact(text));
        Ok(check_prompt(answer, request, num_ctx))
    }
}

fn feed(collector: &mut Collector, lines: Option<Vec<Vec<u8>>>) -> Result<(), CallFailure> {
    let Some(lines) = lines else {
        return Err(CallFailure::invalid("Ollama sent a line longer than any answer"));
    };
    lines.iter().try_for_each(|line| collector.line(line))
}

/// An answer to half a prompt is no answer.
fn check_prompt(mut answer: Answer, request: &ChatRequest, num_ctx: u32) -> Answer {
    let whole = !matches!(answer.stop, Stop::Failed(_));
    if whole && prompt_was_cut(request.prompt_bytes(), answer.usage.input, num_ctx) {
        answer.stop = Stop::Failed(CallFailure::invalid(format!(
            "Ollama read only {} tokens of a prompt of {} bytes: it does not fit `num_ctx` = {num_ctx}; raise it",
            answer.usage.input,
            request.prompt_bytes()
        )));
    }
    answer
}
