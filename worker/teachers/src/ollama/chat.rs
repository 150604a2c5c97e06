//! The teacher behind `/api/chat`.

use std::sync::atomic::{AtomicBool, Ordering};
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
use crate::wire::Tuning;

/// A model of an Ollama server.
pub(crate) struct OllamaTeacher {
    pub(crate) identity: Identity,
    pub(crate) endpoint: Endpoint,
    pub(crate) settings: ChatSettings,
    pub(crate) slots: Slots,
    /// Whether the model was found to refuse being told how much to think.
    pub(crate) thoughtless: AtomicBool,
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
    /// Asks; a model that cannot think is asked again without being told to. That refusal costs nothing.
    async fn ask(&self, request: &ChatRequest, limit: Limit<'_>) -> Result<Answer, CallFailure> {
        match self.ask_once(request, limit).await {
            Err(refusal) if self.can_leave_thinking_out(&refusal) => {
                self.thoughtless.store(true, Ordering::Relaxed);
                self.ask_once(request, limit).await
            }
            ended => ended,
        }
    }

    fn can_leave_thinking_out(&self, refusal: &CallFailure) -> bool {
        let told = self.settings.tuning.thinking.is_some() && !self.thoughtless.load(Ordering::Relaxed);
        told && refusal.status == Some(400) && refusal.message.contains("think")
    }

    async fn ask_once(&self, request: &ChatRequest, limit: Limit<'_>) -> Result<Answer, CallFailure> {
        let num_ctx = request.num_ctx.unwrap_or(self.settings.num_ctx);
        let told = !self.thoughtless.load(Ordering::Relaxed);
        let tuning =
            Tuning { thinking: self.settings.tuning.thinking.filter(|_| told), ..self.settings.tuning };
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
