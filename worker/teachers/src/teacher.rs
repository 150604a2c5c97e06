//! The two things that a model can be to the factory.

use std::time::Duration;

use async_trait::async_trait;
use hafs_proto::TeacherName;
use tokio_util::sync::CancellationToken;

use crate::call::{CallFailure, ChatRequest, Embeddings, Reply};
use crate::http::Allowance;

/// How fast a model wrote: the tokens of one call, and the time for them alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speed {
    /// Tokens written.
    pub tokens: u64,
    /// Time from the first to the last.
    pub within: Duration,
}

/// Answers a prompt.
#[async_trait]
pub trait Teacher: Send + Sync {
    /// Its name, which samples and verdicts carry.
    fn name(&self) -> &TeacherName;

    /// Makes one call. It always ends by the request's deadline or soon after `cancel`, and always yields the
    /// record of the call.
    async fn chat(&self, request: &ChatRequest, cancel: &CancellationToken) -> Reply;

    /// How fast the model wrote in its latest call, where the provider times it.
    fn speed(&self) -> Option<Speed> {
        None
    }

    /// What the provider last said is left of its limits; silent where it says nothing.
    fn allowance(&self) -> Allowance {
        Allowance::default()
    }
}

/// Turns texts into vectors whose cosine says how close they are in meaning.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// Its name; vectors of different embedders cannot be compared.
    fn name(&self) -> &TeacherName;

    /// Embeds `texts`, in order. What is beyond the model's context is not read.
    ///
    /// # Errors
    /// [`CallFailure`] when the provider failed or its vectors cannot be used.
    async fn embed(&self, texts: &[String]) -> Result<Embeddings, CallFailure>;
}
