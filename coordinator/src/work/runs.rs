//! Starting, pausing, resuming and calling off runs; the factory's status.

use hafs_domain::generator;
use hafs_library::tables::audit::{self, Entry as AuditEntry};
use hafs_library::tables::{budget, progress, runs, tasks};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::{CreateRun, EventKind, RunView, Status};
use hafs_proto::{
    BoundedText, Problem, ProblemType, Run, RunId, RunSpec, RunState, Task, TaskId, Timestamp, limits,
};
use hafs_queue::{Entry, Pausable, QueueError};

use tracing::warn;

use crate::app::Core;
use crate::events::News;
use crate::http::problem::ProblemResponse;

/// Runs shown in the status.
const SHOWN: usize = 20;
/// Validators that a run may need, each with a domain.
const MOST_VALIDATORS: usize = 64;

/// Stores a run; the planner takes it up at once.
pub async fn create(app: &Core, actor: &str, request: CreateRun) -> Result<Run, ProblemResponse> {
    check(&request.spec)?;
    let run = Run {
        id: app.ids.mint(),
        spec: request.spec,
        config_fingerprint: request.config_fingerprint,
        state: RunState::Running,
        created_at: app.clock.now(),
        ended_at: None,
        ended_because: None,
    };
    let (row, actor) = (run.clone(), actor.to_owned());
    app.library
        .write(move |tx| {
            runs::create(tx, &row)?;
            record(tx, &actor, "run.create", row.id, row.created_at)
        })
        .await?;
    changed(app, run.id, "started");
    Ok(run)
}

fn check(spec: &RunSpec) -> Result<(), ProblemResponse> {
    let mut problem = Problem::new(ProblemType::Invalid, "such a run cannot be started");
    let policy = &spec.policy;
    for (field, empty) in [
        ("spec.sources", spec.sources.is_empty()),
        ("spec.generators", spec.generators.is_empty()),
        ("spec.teachers", spec.teachers.is_empty()),
    ] {
        if empty {
            problem = problem.field(field, "name at least one");
        }
    }
    for name in spec.generators.iter().filter(|name| generator::find(name).is_none()) {
        let known: Vec<&str> = generator::TABLE.iter().map(|takes| takes.generator).collect();
        problem = problem.field("spec.generators", format!("`{name}` is none of: {}", known.join(", ")));
    }
    for (field, number) in [
        ("spec.target", spec.target),
        ("spec.max_attempts", spec.max_attempts),
        ("spec.max_tokens", spec.max_tokens),
    ] {
        if number == 0 {
            problem = problem.field(field, "must be at least 1");
        }
    }
    if !spec.judges.is_empty() && (policy.agree == 0 || policy.agree > policy.of) {
        problem = problem.field("spec.policy.agree", format!("must be 1 to `of` = {}", policy.of));
    }
    if policy.validators.len() > MOST_VALIDATORS {
        let most = format!("at most {MOST_VALIDATORS}");
        problem = problem.field("spec.policy.validators", most);
    }
    if policy.min_output_chars > policy.max_output_chars {
        problem = problem.field("spec.policy.min_output_chars", "is above max_output_chars");
    }
    if problem.errors.is_empty() { Ok(()) } else { Err(ProblemResponse::from(problem)) }
}

/// A run and how far it is.
pub async fn view(app: &Core, id: RunId) -> Result<RunView, ProblemResponse> {
    let view = app
        .library
        .read(move |tx| Ok(RunView { run: runs::get(tx, id)?, progress: progress::of_run(tx, id)? }))
        .await?;
    Ok(view)
}

/// Holds a run back: nothing new is planned or handed out; what is under way finishes.
pub async fn pause(app: &Core, actor: &str, id: RunId) -> Result<(), ProblemResponse> {
    set_state(app, (actor, "run.pause"), id, (RunState::Paused, "paused by a person")).await?;
    told(app, app.queue.pause(&Pausable::Run(id)).await);
    changed(app, id, "paused");
    Ok(())
}

/// Lets a paused run go on.
pub async fn resume(app: &Core, actor: &str, id: RunId) -> Result<(), ProblemResponse> {
    set_state(app, (actor, "run.resume"), id, (RunState::Running, "resumed by a person")).await?;
    told(app, app.queue.resume(&Pausable::Run(id)).await);
    changed(app, id, "resumed");
    Ok(())
}

/// Calls a run off: its open tasks are closed, and workers are told with their next renewal.
pub async fn cancel(app: &Core, actor: &str, id: RunId) -> Result<(), ProblemResponse> {
    let (now, why) = (app.clock.now(), BoundedText::clipped("cancelled by a person"));
    let actor = actor.to_owned();
    let cancelled = app
        .library
        .try_write(move |tx| -> Result<Vec<TaskId>, ProblemResponse> {
            move_to(tx, id, RunState::Cancelled, (&why, now))?;
            record(tx, &actor, "run.cancel", id, now)?;
            Ok(tasks::cancel_run(tx, id, now)?)
        })
        .await?;
    for batch in cancelled.chunks(limits::BATCH_ITEMS) {
        told(app, app.queue.cancel(batch).await.map(drop));
    }
    changed(app, id, "cancelled");
    Ok(())
}

/// Gives a dead task new attempts; a run that had ended by itself goes on with it, one that was called off does not.
pub async fn redrive(app: &Core, actor: &str, id: TaskId) -> Result<(), ProblemResponse> {
    let (now, actor) = (app.clock.now(), actor.to_owned());
    let task = app
        .library
        .try_write(move |tx| -> Result<Task, ProblemResponse> {
            let task = tasks::get(tx, id)?.task;
            let state = runs::get(tx, task.run)?.state;
            if state == RunState::Cancelled {
                let problem = Problem::new(ProblemType::Conflict, "the task's run was called off");
                return Err(ProblemResponse::from(problem.with("run_id", task.run)));
            }
            match tasks::redrive(tx, id, now)? {
                tasks::Closed::Now => {}
                tasks::Closed::Before | tasks::Closed::Unknown => {
                    let problem =
                        Problem::new(ProblemType::Conflict, "only a dead task can be given new attempts");
                    return Err(ProblemResponse::from(problem.with("task_id", id)));
                }
            }
            if state == RunState::Finished {
                // What its end called off is not paid any more.
                budget::settle_closed(tx)?;
                runs::set_state(tx, task.run, RunState::Running, &BoundedText::clipped("redriven"), now)?;
            }
            record(tx, &actor, "task.redrive", id, now)?;
            Ok(task)
        })
        .await?;
    let entry = Entry { created_at: now, not_before: now, ..Entry::new(&task) };
    told(app, app.queue.enqueue(vec![entry], now).await.map(drop));
    changed(app, task.run, "a dead task has new attempts");
    Ok(())
}

async fn set_state(
    app: &Core,
    (actor, action): (&str, &'static str),
    id: RunId,
    (state, why): (RunState, &str),
) -> Result<(), ProblemResponse> {
    let (now, why, actor) = (app.clock.now(), BoundedText::clipped(why), actor.to_owned());
    app.library
        .try_write(move |tx| {
            move_to(tx, id, state, (&why, now))?;
            Ok(record(tx, &actor, action, id, now)?)
        })
        .await
}

/// Writes down what somebody did.
fn record(
    tx: &mut dyn Tx,
    actor: &str,
    action: &str,
    object: impl ToString,
    at: Timestamp,
) -> Result<(), StoreError> {
    let object = object.to_string();
    audit::append(tx, &AuditEntry { at, actor, action, object: &object, detail: "" }).map(drop)
}

fn move_to(
    tx: &mut dyn Tx,
    id: RunId,
    state: RunState,
    (why, now): (&BoundedText<256>, Timestamp),
) -> Result<(), ProblemResponse> {
    let before = runs::get(tx, id)?.state;
    match before {
        RunState::Running | RunState::Paused => Ok(runs::set_state(tx, id, state, why, now)?),
        RunState::Finished | RunState::Cancelled => {
            let detail = format!("the run is {} already", before.word());
            Err(ProblemResponse::from(Problem::new(ProblemType::Conflict, detail).with("run_id", id)))
        }
    }
}

/// What the library holds is done. A queue that could not be told is told by the settling pass.
fn told(app: &Core, outcome: Result<(), QueueError>) {
    if let Err(error) = outcome {
        warn!(error = %error, "the queue was not told of a run's change; the settling pass will tell it");
        app.wake.settle.notify_one();
    }
}

fn changed(app: &Core, id: RunId, what: &str) {
    app.events.publish(app.clock.now(), &News::new(EventKind::RunChanged, id, what).of_run(id));
    app.wake.plan.notify_one();
}

/// The factory as a whole.
pub async fn status(app: &Core) -> Result<Status, ProblemResponse> {
    let stats = match app.queue.stats().await {
        Ok(stats) => stats,
        Err(QueueError::Rebuilding) => hafs_queue::Stats::default(),
        Err(error) => return Err(error.into()),
    };
    let views = app
        .library
        .read(|tx| {
            let mut views = Vec::new();
            for run in runs::list(tx)?.into_iter().take(SHOWN) {
                let progress = progress::of_run(tx, run.id)?;
                views.push(RunView { run, progress });
            }
            Ok(views)
        })
        .await?;
    let oldest = stats.total.oldest_ready.map_or(0, |since| app.clock.now().since(since).as_millis());
    Ok(Status {
        version: BoundedText::clipped(env!("CARGO_PKG_VERSION")),
        generation: stats.generation,
        ready: stats.total.ready,
        delayed: stats.total.delayed,
        leased: stats.total.leased,
        oldest_ready_ms: u64::try_from(oldest).unwrap_or(u64::MAX),
        workers: app.workers.all().len() as u64,
        runs: views,
    })
}
