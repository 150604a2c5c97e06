//! What a bundle tells of what a coordinator answers: fields are taken one by one, so that a new field with texts in it
//! is not told before somebody has thought of it here.

use hafs_proto::TaskState;
use hafs_proto::people::{RunView, Status, TaskView, TeacherView, WorkerView};
use hafs_proto::worker::{LocalModel, Pool};
use serde_json::{Value, json};

/// The factory as a whole. Of a run everything but its name and what people said.
pub fn status(status: &Status) -> Value {
    json!({
        "version": version(&status.version),
        "generation": status.generation,
        "ready": status.ready,
        "delayed": status.delayed,
        "leased": status.leased,
        "oldest_ready_ms": status.oldest_ready_ms,
        "workers": status.workers,
        "runs": status.runs.iter().map(run).collect::<Vec<_>>(),
    })
}

/// A version, if it looks like one.
fn version(words: &str) -> Option<&str> {
    words.chars().all(|c| c.is_ascii_alphanumeric() || ".+-".contains(c)).then_some(words)
}

fn run(view: &RunView) -> Value {
    let spec = &view.run.spec;
    json!({
        "run": view.run.id,
        "state": view.run.state,
        "created_at": view.run.created_at,
        "sources": spec.sources.len(),
        "generators": spec.generators,
        "teachers": spec.teachers,
        "judges": spec.judges,
        "budget": spec.budget,
        "max_attempts": spec.max_attempts,
        "max_tokens": spec.max_tokens,
        "progress": view.progress,
    })
}

/// A worker: its machine, what it can do and how it stands.
pub fn worker(view: &WorkerView) -> Value {
    let facts = &view.facts;
    let pool = |pool: &Pool| json!({ "slots": pool.slots, "routes": pool.routes.len() });
    let model = |model: &LocalModel| {
        json!({
            "residence": model.residence,
            "load_ms": model.load_ms,
            "bytes": model.bytes,
            "gpu_bytes": model.gpu_bytes,
            "context": model.context,
            "tokens_per_second": model.tokens_per_second,
        })
    };
    let models = view.residency.iter().flat_map(|residency| &residency.models).map(model);
    json!({
        "worker": view.id,
        "cores": facts.cores,
        "memory_bytes": facts.memory_bytes,
        "gpus_bytes": facts.gpus.iter().map(|gpu| gpu.memory_bytes).collect::<Vec<_>>(),
        "seen_at": view.seen_at,
        "alive": view.alive,
        "paused": view.paused,
        "draining": view.draining,
        "leased": view.leased,
        "spooled": view.spooled,
        "copied": view.cloned_at,
        "trust": view.trust.as_ref().map(|trust| trust.state),
        "pools": view.pools.iter().map(pool).collect::<Vec<_>>(),
        "models": models.collect::<Vec<_>>(),
    })
}

/// A teacher: how it stands with its limits.
pub fn teacher(view: &TeacherView) -> Value {
    json!({
        "teacher": view.teacher,
        "standing": view.standing,
        "until": view.until,
        "limits": view.limits,
        "room": view.room,
        "in_flight": view.in_flight,
        "spent_today": view.spent_today,
    })
}

/// A task that was given up: when, and the code of why.
pub fn failure(view: &TaskView) -> Option<Value> {
    let TaskState::Dead { at, reason } = &view.state else { return None };
    Some(
        json!({ "task": view.task.id, "kind": view.task.kind().word(), "at": at, "reason": reason.reason.code() }),
    )
}
