//! The embedder behind `/embeddings`.

use std::time::Duration;

use async_trait::async_trait;
use hafs_proto::TeacherName;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::api_path;
use super::reply::{Counted, usage};
use crate::call::{CallFailure, Embeddings, Identity};
use crate::http::{Endpoint, Limit};
use crate::slots::Slots;
use crate::teacher::Embedder;

/// An embedding model of a server that speaks OpenAI's protocol.
pub(crate) struct OpenAiEmbedder {
    pub(crate) identity: Identity,
    pub(crate) endpoint: Endpoint,
    pub(crate) timeout: Duration,
    pub(crate) slots: Slots,
}

#[derive(Debug, Deserialize)]
struct Embedded {
    data: Vec<Vector>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    usage: Option<Counted>,
}

#[derive(Debug, Deserialize)]
struct Vector {
    embedding: Vec<f32>,
    /// Where the text stood; absent means that the vectors are in order.
    #[serde(default)]
    index: Option<usize>,
}

#[async_trait]
impl Embedder for OpenAiEmbedder {
    fn name(&self) -> &TeacherName {
        &self.identity.name
    }

    async fn embed(&self, texts: &[String]) -> Result<Embeddings, CallFailure> {
        let cancel = CancellationToken::new();
        let limit = Limit { deadline: Instant::now() + self.timeout, cancel: &cancel };
        let _slot = self.slots.take(&limit).await?;
        let body = json!({ "model": self.identity.name.model(), "input": texts, "encoding_format": "float" });
        let path = api_path(&self.endpoint, "embeddings");
        let opened = self.endpoint.open(Method::POST, &path, Some(&body), limit).await?;
        let answer: Embedded = opened.success().await?.json().await?;
        self.identity.check_served(answer.model.as_deref())?;
        let usage = usage(answer.usage.as_ref());
        let mut data = answer.data;
        data.sort_by_key(|vector| vector.index);
        let vectors = data.into_iter().map(|vector| vector.embedding).collect();
        Embeddings::checked(vectors, texts.len(), usage, answer.model)
    }
}
