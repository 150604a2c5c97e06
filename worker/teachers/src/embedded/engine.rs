//! One thread for each file of weights, with a short queue before it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use hafs_proto::Reason;
use hafs_proto::task::FailureClass;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::encoder::{Encoder, Vectors};
use super::gear::Gear;
use super::generate::{Model, Order};
use crate::call::{Answer, CallFailure};

/// Calls that wait for an engine. A worker has about as many slots; more wait in their callers.
const QUEUE: usize = 16;

/// A call to answer a prompt.
pub(crate) struct ChatJob {
    pub(super) order: Order,
    pub(super) reply: oneshot::Sender<Answer>,
}

/// What comes of embedding.
pub(crate) type Embedded = Result<Vectors, CallFailure>;

/// A call to embed texts.
pub(crate) struct EmbedJob {
    pub(super) texts: Vec<String>,
    pub(super) deadline: Instant,
    pub(super) reply: oneshot::Sender<Embedded>,
}

/// A handle on an engine.
pub(crate) type Handle<J> = mpsc::Sender<J>;

/// The engines of this process, by their files.
#[derive(Default)]
pub(crate) struct Engines {
    /// Whether models never use more than one thread.
    pub(crate) one_thread: bool,
    chat: Mutex<BTreeMap<PathBuf, Handle<ChatJob>>>,
    embed: Mutex<BTreeMap<PathBuf, Handle<EmbedJob>>>,
}

impl Engines {
    /// The engine that answers with the model at `path`.
    pub(crate) fn chat(&self, path: &Path) -> Handle<ChatJob> {
        let mut engines = self.chat.lock().unwrap_or_else(PoisonError::into_inner);
        engines.entry(path.to_owned()).or_insert_with(|| start_chat(path.to_owned(), self.one_thread)).clone()
    }

    /// The engine that embeds with the model in the folder `path`.
    pub(crate) fn embed(&self, path: &Path) -> Handle<EmbedJob> {
        let mut engines = self.embed.lock().unwrap_or_else(PoisonError::into_inner);
        engines.entry(path.to_owned()).or_insert_with(|| start_embed(path.to_owned())).clone()
    }
}

fn start_chat(path: PathBuf, one_thread: bool) -> Handle<ChatJob> {
    let gear = move || if one_thread { Gear::single() } else { Gear::default() };
    let mut loaded: Option<Model> = None;
    serve("hafs-engine", move |job: ChatJob| {
        let load = || Model::load(&path, gear()).map_err(|error| unloadable(&error));
        let answer = guarded(&mut loaded, load, |model| model.answer(&job.order));
        // A caller that does not wait any more needs no answer.
        let _ = job.reply.send(answer.unwrap_or_else(Answer::failed));
    })
}

fn start_embed(path: PathBuf) -> Handle<EmbedJob> {
    let mut loaded: Option<Encoder> = None;
    serve("hafs-embedder", move |job: EmbedJob| {
        let load = || Encoder::load(&path).map_err(|error| unloadable(&error));
        let in_time = || Instant::now() < job.deadline && !job.reply.is_closed();
        let embedded = guarded(&mut loaded, load, |encoder| encoder.embed(&job.texts, in_time));
        let answer = embedded.and_then(|ended| match ended {
            Ok(Some(vectors)) => Ok(vectors),
            Ok(None) => Err(CallFailure::timeout("the embedded engine did not finish within the deadline")),
            Err(why) => Err(CallFailure::transient(format!("the embedded engine failed: {why}"))),
        });
        // A caller that does not wait any more needs no answer.
        let _ = job.reply.send(answer);
    })
}

/// Works off a queue on a thread of its own until all handles are gone.
fn serve<J: Send + 'static>(name: &str, mut work: impl FnMut(J) + Send + 'static) -> Handle<J> {
    let (handle, mut queue) = mpsc::channel::<J>(QUEUE);
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        while let Some(job) = queue.blocking_recv() {
            work(job);
        }
    });
    if let Err(error) = started {
        // The queue went with the closure, so every call says that the engine is gone.
        tracing::error!(error = %error, "the thread {name} could not be started: {error}");
    }
    handle
}

/// Runs `work` on the loaded model, loading it first if need be. A panic inside the arithmetic ends neither the thread
/// nor the process; what it may have left half done is dropped and loaded anew.
fn guarded<M, R>(
    loaded: &mut Option<M>,
    load: impl FnOnce() -> Result<M, CallFailure>,
    work: impl FnOnce(&mut M) -> R,
) -> Result<R, CallFailure> {
    let mut taken = loaded.take();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let mut model = match taken.take() {
            Some(model) => model,
            None => load()?,
        };
        let result = work(&mut model);
        Ok((model, result))
    }));
    let crashed =
        |_| CallFailure::transient("the embedded engine crashed; the model is loaded anew for the next call");
    let (model, result) = ended.map_err(crashed)??;
    *loaded = Some(model);
    Ok(result)
}

fn unloadable(error: &(dyn std::error::Error + 'static)) -> CallFailure {
    let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
    CallFailure::new(Reason::ProviderError, FailureClass::ModelMissing, format!("{error}{source}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_costs_the_loaded_model_and_nothing_else() {
        let mut loaded = Some(1);
        let crash = guarded(&mut loaded, || Ok(2), |_| -> u8 { panic!("as a test") });
        assert!(crash.is_err() && loaded.is_none());
        assert_eq!(guarded(&mut loaded, || Ok(2), |model| *model), Ok(2));
        assert_eq!(guarded(&mut loaded, || Ok(3), |model| *model), Ok(2), "it stays loaded");
    }
}
