//! Teachers and embedders whose model has to be loaded first.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hafs_proto::{CallRecord, MicroUsd, Route, StopReason, TeacherName, Usage};
use hafs_runtime::clock::Stopwatch;
use hafs_teachers::{Allowance, CallFailure, ChatRequest, Embedder, Embeddings, Reply, Speed, Teacher};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::keeper::{Keeper, Patience};

/// How long texts may wait for the model that embeds them.
const EMBED: Duration = Duration::from_secs(600);

/// A teacher on a server that a [`Keeper`] looks after.
pub struct ResidentTeacher {
    inner: Arc<dyn Teacher>,
    keeper: Arc<Keeper>,
    route: Route,
}

impl ResidentTeacher {
    /// The same teacher, asked only while its model is loaded.
    #[must_use]
    pub fn new(inner: Arc<dyn Teacher>, keeper: Arc<Keeper>) -> Self {
        let route = Route::Teacher(inner.name().clone());
        Self { inner, keeper, route }
    }
}

#[async_trait]
impl Teacher for ResidentTeacher {
    fn name(&self) -> &TeacherName {
        self.inner.name()
    }

    async fn chat(&self, request: &ChatRequest, cancel: &CancellationToken) -> Reply {
        let watch = Stopwatch::start();
        let patience = Patience { deadline: Instant::now() + request.deadline, cancel };
        match self.keeper.enter(&self.route, patience).await {
            Ok(mut stay) => {
                let left = request.deadline.saturating_sub(watch.elapsed());
                let reply = self.inner.chat(&ChatRequest { deadline: left, ..request.clone() }, cancel).await;
                stay.speed = reply.outcome.is_ok().then(|| self.inner.speed()).flatten();
                reply
            }
            Err(failure) => not_asked(self.name(), request, failure, watch.elapsed_ms()),
        }
    }

    fn speed(&self) -> Option<Speed> {
        self.inner.speed()
    }

    fn allowance(&self) -> Allowance {
        self.inner.allowance()
    }
}

/// The record of a call that could not be made.
fn not_asked(teacher: &TeacherName, request: &ChatRequest, failure: CallFailure, latency_ms: u64) -> Reply {
    let record = CallRecord {
        teacher: teacher.clone(),
        served_model: None,
        request_id: None,
        stop: StopReason::Error,
        usage: Usage::default(),
        latency_ms,
        cost: MicroUsd::ZERO,
        prompt_hash: request.prompt_hash(teacher),
        reply_hash: None,
        reply_excerpt: None,
        error: Some(failure.to_call_error()),
    };
    Reply { record, outcome: Err(failure) }
}

/// An embedder on a server that a [`Keeper`] looks after.
pub struct ResidentEmbedder {
    inner: Arc<dyn Embedder>,
    keeper: Arc<Keeper>,
    route: Route,
}

impl ResidentEmbedder {
    /// The same embedder, asked only while its model is loaded.
    #[must_use]
    pub fn new(inner: Arc<dyn Embedder>, keeper: Arc<Keeper>) -> Self {
        let route = Route::Embed(inner.name().clone());
        Self { inner, keeper, route }
    }
}

#[async_trait]
impl Embedder for ResidentEmbedder {
    fn name(&self) -> &TeacherName {
        self.inner.name()
    }

    async fn embed(&self, texts: &[String]) -> Result<Embeddings, CallFailure> {
        let cancel = CancellationToken::new();
        let patience = Patience { deadline: Instant::now() + EMBED, cancel: &cancel };
        let _stay = self.keeper.enter(&self.route, patience).await?;
        self.inner.embed(texts).await
    }
}
