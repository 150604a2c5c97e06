//! The embedded engine as one more teacher and one more embedder.

use std::time::Duration;

use async_trait::async_trait;
use hafs_proto::{TeacherName, Usage};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::engine::{ChatJob, EmbedJob, Handle};
use super::generate::Order;
use crate::call::{Answer, CallFailure, ChatRequest, Embeddings, Identity, Reply};
use crate::teacher::{Embedder, Teacher};

/// The engine notices a deadline between two tokens; until then its answer, with the tokens spent, is waited for.
const GRACE: Duration = Duration::from_secs(3);

/// A model that runs in this process.
pub(crate) struct EmbeddedTeacher {
    pub(crate) identity: Identity,
    pub(crate) engine: Handle<ChatJob>,
    pub(crate) num_ctx: u32,
}

#[async_trait]
impl Teacher for EmbeddedTeacher {
    fn name(&self) -> &TeacherName {
        &self.identity.name
    }

    async fn chat(&self, request: &ChatRequest, cancel: &CancellationToken) -> Reply {
        let started = Instant::now();
        let deadline = started + request.deadline;
        let order = Order {
            request: request.clone(),
            num_ctx: request.num_ctx.unwrap_or(self.num_ctx),
            deadline,
            cancel: cancel.clone(),
        };
        let (reply, answered) = oneshot::channel();
        let asked = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(CallFailure::cancelled()),
            asked = hand_over(&self.engine, ChatJob { order, reply }, answered, deadline) => asked,
        };
        let mut answer = asked.unwrap_or_else(Answer::failed);
        answer.served_model = Some(self.identity.name.model().to_owned());
        self.identity.reply(request, started, answer)
    }
}

/// An embedding model that runs in this process.
pub(crate) struct EmbeddedEmbedder {
    pub(crate) identity: Identity,
    pub(crate) engine: Handle<EmbedJob>,
    pub(crate) timeout: Duration,
}

#[async_trait]
impl Embedder for EmbeddedEmbedder {
    fn name(&self) -> &TeacherName {
        &self.identity.name
    }

    async fn embed(&self, texts: &[String]) -> Result<Embeddings, CallFailure> {
        let deadline = Instant::now() + self.timeout;
        let (reply, answered) = oneshot::channel();
        let job = EmbedJob { texts: texts.to_vec(), deadline, reply };
        let embedded = hand_over(&self.engine, job, answered, deadline).await??;
        let usage = Usage {
            input: u64::try_from(embedded.tokens).unwrap_or(u64::MAX),
            reported: true,
            ..Usage::default()
        };
        Embeddings::checked(embedded.vectors, texts.len(), usage, Some(self.identity.name.model().to_owned()))
    }
}

/// Queues a job and waits for its answer.
async fn hand_over<J, R>(
    engine: &Handle<J>,
    job: J,
    answered: oneshot::Receiver<R>,
    deadline: Instant,
) -> Result<R, CallFailure> {
    let gone = || CallFailure::transient("the thread of the embedded engine is gone");
    let late = |_| CallFailure::timeout("the embedded engine was busy with other calls until the deadline");
    timeout_at(deadline, engine.send(job)).await.map_err(late)?.map_err(|_| gone())?;
    timeout_at(deadline + GRACE, answered).await.map_err(late)?.map_err(|_| gone())
}
