//! Embed: texts to vectors.

use hafs_proto::task::{EmbedSpec, EmbeddedItem, FailureClass, TaskOutput};
use hafs_proto::{BoundedText, CallRecord, ContentHash, MicroUsd, Reason, StopReason, Usage};
use hafs_runtime::clock::Stopwatch;
use hafs_teachers::{CallFailure, Embeddings};
use tokio_util::sync::CancellationToken;

use super::exchange::fault;
use super::{EMBED_TIMEOUT, Executors, failed, missing, poison};
use crate::agent::Work;

impl Executors {
    pub(super) async fn embed(&self, spec: &EmbedSpec, cancel: &CancellationToken) -> Work {
        let Some(embedder) = self.equipment.embedders.get(&spec.model) else {
            return failed(missing("embedding model", &spec.model));
        };
        if spec.items.is_empty() {
            return failed(poison(Reason::Other, "the task holds no text to embed"));
        }
        let texts: Vec<String> = spec.items.iter().map(|item| item.text.to_string()).collect();
        let watch = Stopwatch::start();
        let answer = tokio::select! {
            answer = tokio::time::timeout(EMBED_TIMEOUT, embedder.embed(&texts)) => answer,
            () = cancel.cancelled() => return Work::Stopped { calls: Vec::new() },
        };
        let answer = answer.unwrap_or_else(|_| {
            let what = "the embedding model did not answer within the deadline";
            Err(CallFailure::new(Reason::Timeout, FailureClass::Transient, what))
        });
        let calls = vec![record(spec, &answer, watch.elapsed_ms())];
        match answer {
            Ok(embeddings) => finish(spec, embeddings, calls),
            Err(failure) => Work::Failed { calls, fault: fault(failure) },
        }
    }
}

fn finish(spec: &EmbedSpec, embeddings: Embeddings, calls: Vec<CallRecord>) -> Work {
    let dims = u32::try_from(embeddings.dims).unwrap_or(u32::MAX);
    let vectors = spec
        .items
        .iter()
        .zip(embeddings.vectors)
        .map(|(item, vector)| EmbeddedItem { sample: item.sample, vector })
        .collect();
    Work::Done { calls, output: Box::new(TaskOutput::Embed { dims, vectors }) }
}

fn record(spec: &EmbedSpec, answer: &Result<Embeddings, CallFailure>, latency_ms: u64) -> CallRecord {
    let texts = spec.items.iter().map(|item| item.text.as_str());
    let done = answer.as_ref().ok();
    CallRecord {
        teacher: spec.model.clone(),
        served_model: done.and_then(|done| done.served_model.as_deref()).map(BoundedText::clipped),
        request_id: None,
        stop: if done.is_some() { StopReason::Complete } else { StopReason::Error },
        usage: done.map_or_else(Usage::default, |done| done.usage),
        latency_ms,
        cost: MicroUsd::ZERO,
        prompt_hash: ContentHash::of_parts([spec.model.as_str()].into_iter().chain(texts)),
        reply_hash: None,
        reply_excerpt: None,
        error: answer.as_ref().err().map(CallFailure::to_call_error),
    }
}
