//! The embedder behind `/api/embed`.

use async_trait::async_trait;
use hafs_proto::{TeacherName, Usage};
use ollama_rs::generation::embeddings::request::{EmbeddingsInput, GenerateEmbeddingsRequest};
use reqwest::Method;
use serde::Deserialize;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::request::keep_alive;
use crate::call::{CallFailure, Embeddings, Identity};
use crate::http::{Endpoint, Limit};
use crate::slots::Slots;
use crate::teacher::Embedder;

/// An embedding model of an Ollama server.
pub(crate) struct OllamaEmbedder {
    pub(crate) identity: Identity,
    pub(crate) endpoint: Endpoint,
    pub(crate) keep_alive: Option<Duration>,
    pub(crate) timeout: Duration,
    pub(crate) slots: Slots,
}

#[derive(Debug, Deserialize)]
struct Embedded {
    embeddings: Vec<Vec<f32>>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    prompt_eval_count: Option<u64>,
}

#[async_trait]
impl Embedder for OllamaEmbedder {
    fn name(&self) -> &TeacherName {
        &self.identity.name
    }

    async fn embed(&self, texts: &[String]) -> Result<Embeddings, CallFailure> {
        let cancel = CancellationToken::new();
        let limit = Limit { deadline: Instant::now() + self.timeout, cancel: &cancel };
        let _slot = self.slots.take(&limit).await?;
        let input = EmbeddingsInput::Multiple(texts.to_vec());
        let request = GenerateEmbeddingsRequest::new(self.identity.name.model().to_owned(), input)
            .keep_alive(keep_alive(self.keep_alive));
        let body = serde_json::to_value(request)
            .map_err(|error| CallFailure::invalid(format!("the texts cannot be sent to Ollama: {error}")))?;
        let opened = self.endpoint.open(Method::POST, "api/embed", Some(&body), limit).await?;
        let answer: Embedded = opened.success().await?.json().await?;
        let usage = Usage {
            input: answer.prompt_eval_count.unwrap_or(0),
            reported: answer.prompt_eval_count.is_some(),
            ..Usage::default()
        };
        self.identity.check_served(answer.model.as_deref())?;
        Embeddings::checked(answer.embeddings, texts.len(), usage, answer.model)
    }
}
