//! Failing: the attempt and what it cost are recorded in any case; whether the task is tried again is the
//! queue's answer, which fences.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hafs_domain::retry::Failed;
use hafs_library::tables::attempts::{self, NewAttempt};
use hafs_library::tables::budget;
use hafs_library::tables::receipts::{self, Delivery, Receipt};
use hafs_library::tables::tasks::{self, Closed, StoredTask};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::{AttemptView, EventKind};
use hafs_proto::task::{DeadReason, Failure};
use hafs_proto::worker::{Answer, DeliveryAnswer, FailReply, FailRequest};
use hafs_proto::{BoundedText, Run, Task, TaskId, TaskSpec, limits};
use hafs_queue::{FailAnswer, FailedLease, LeaseRef};

use super::complete::Sender;
use super::effects::Effects;
use super::results;
use crate::app::{App, Core};
use crate::http::problem::ProblemResponse;

/// What was found out about a failure before the transaction.
enum Fate {
    /// It was answered before, or is wrong; nothing is recorded.
    Known(DeliveryAnswer),
    /// It is new; this is the queue's word.
    New { answer: FailAnswer, task: Box<StoredTask>, run: Arc<Run> },
}

/// Records a batch of failures. Each gets its own answer.
pub async fn fail(app: &App, sender: Sender, request: FailRequest) -> Result<FailReply, ProblemResponse> {
    app.workers.seen(sender.worker, app.clock.now());
    let fates = fates(app, sender, &request.failures).await?;
    let mut answers = Vec::with_capacity(fates.len());
    for (failure, fate) in request.failures.into_iter().zip(fates) {
        let (answer, task, run) = match fate {
            Fate::Known(answer) => {
                app.metrics.replayed.inc_by(u64::from(answer.replayed));
                answers.push(answer);
                continue;
            }
            Fate::New { answer, task, run } => (answer, task, run),
        };
        let (core, class) = (Arc::clone(app), failure.class);
        let record = move |tx: &mut dyn Tx| record(tx, &core, sender, &failure, (&answer, &task, &run));
        let (answer, effect) = app.library.write(record).await?;
        app.metrics.failed.with_label_values(&[class.word()]).inc();
        answers.push(answer);
        // At once: a later failure of the batch may meet an error, and this one is stored.
        effect.apply(app).await;
    }
    Ok(FailReply { answers })
}

async fn fates(app: &Core, sender: Sender, failures: &[Failure]) -> Result<Vec<Fate>, ProblemResponse> {
    let keys: Vec<_> = failures.iter().map(|failure| (failure.key, failure.body_hash())).collect();
    let ids: Vec<TaskId> = failures.iter().map(|failure| failure.task).collect();
    let (receipts, stored) = app
        .library
        .read(move |tx| {
            let look = |(key, body): &(_, _)| receipts::look(tx, sender.credential, *key, *body);
            let receipts = keys.iter().map(look).collect::<Result<Vec<_>, _>>()?;
            Ok((receipts, tasks::get_many(tx, &ids)?))
        })
        .await?;
    let mut stored: BTreeMap<TaskId, StoredTask> =
        stored.into_iter().map(|stored| (stored.task.id, stored)).collect();
    let mut fates = Vec::with_capacity(failures.len());
    for (failure, receipt) in failures.iter().zip(receipts) {
        fates.push(match (receipt, stored.remove(&failure.task)) {
            (Delivery::Repeated(answer), _) => Fate::Known(answer),
            (Delivery::KeyReused, _) => invalid(failure, "this key was used for another delivery"),
            (Delivery::New, None) => {
                invalid(failure, "there is no such task, or it stands twice in the batch")
            }
            (Delivery::New, Some(task)) => fate(app, sender, failure, task).await?,
        });
    }
    Ok(fates)
}

async fn fate(
    app: &Core,
    sender: Sender,
    failure: &Failure,
    task: StoredTask,
) -> Result<Fate, ProblemResponse> {
    if !app.lease_key.verify(&failure.token, failure.task, sender.worker) {
        return Ok(invalid(failure, "the task was never leased to this worker"));
    }
    if failure.calls.len() > limits::CALLS {
        return Ok(invalid(failure, "more calls than a task may make"));
    }
    if let Err(error) = failure.calls.iter().try_for_each(attempts::check_call) {
        return Ok(invalid(failure, &error.to_string()));
    }
    let lease = LeaseRef {
        task: failure.task,
        generation: failure.token.generation(),
        attempt: failure.token.attempt(),
    };
    let retry_after = failure.retry_after_ms.map(Duration::from_millis);
    let failed = Failed { class: failure.class, reason: failure.reason, retry_after };
    let answers = app.queue.fail(sender.worker, &[FailedLease { lease, failed }], app.clock.now()).await?;
    let run = app.runs.get(&app.library, task.task.run).await?;
    let answer = answers.into_iter().next().unwrap_or(FailAnswer::Stale);
    Ok(Fate::New { answer, task: Box::new(task), run })
}

fn invalid(failure: &Failure, why: &str) -> Fate {
    Fate::Known(reply(failure, Answer::Invalid, Some(why)))
}

fn reply(failure: &Failure, answer: Answer, detail: Option<&str>) -> DeliveryAnswer {
    let detail = detail.map(BoundedText::clipped);
    DeliveryAnswer { key: failure.key, task: failure.task, answer, detail, replayed: false }
}

fn record(
    tx: &mut dyn Tx,
    app: &Core,
    sender: Sender,
    failure: &Failure,
    (fate, task, run): (&FailAnswer, &StoredTask, &Run),
) -> Result<(DeliveryAnswer, Effects), StoreError> {
    let now = app.clock.now();
    let mut effects = Effects::default();
    let attempt = app.ids.mint();
    let view = AttemptView {
        id: attempt,
        task: failure.task,
        worker: sender.worker,
        outcome: BoundedText::clipped("failed"),
        failure: Some(failure.class),
        detail: Some(failure.detail.clone()),
        calls: failure.calls.clone(),
        at: now,
    };
    let (generation, number) = (failure.token.generation(), failure.token.attempt());
    let reason = Some(failure.reason);
    attempts::insert(tx, &NewAttempt { view, run: run.id, generation, number, reason })?;
    let answer = match fate {
        FailAnswer::Retry { not_before, tries } => {
            tasks::record_tries(tx, failure.task, tries.failures, *not_before)?;
            let message = format!("{}: {}", failure.reason, failure.detail);
            effects.tell(EventKind::Retried, run.id, failure.task, message);
            Answer::Accepted
        }
        FailAnswer::Dead { reason, tries } => {
            tasks::record_tries(tx, failure.task, tries.failures, now)?;
            bury(tx, app, run, (&task.task, reason), &mut effects)?;
            Answer::Accepted
        }
        FailAnswer::Stale => Answer::Stale,
        FailAnswer::Closed => Answer::Closed,
    };
    let reply = reply(failure, answer, None);
    let receipt = Receipt {
        credential: sender.credential,
        body_hash: failure.body_hash(),
        answer: reply.clone(),
        attempt: Some(attempt),
        at: now,
    };
    receipts::insert(tx, &receipt)?;
    effects.answers.push(answer);
    effects.calls.extend(failure.calls.iter().cloned());
    Ok((reply, effects))
}

/// Dead-letters a task, unless its result came in meanwhile or it was called off. A judge that is given up changes
/// what can be decided about its sample.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn bury(
    tx: &mut dyn Tx,
    app: &Core,
    run: &Run,
    (task, reason): (&Task, &DeadReason),
    effects: &mut Effects,
) -> Result<(), StoreError> {
    match tasks::bury(tx, task.id, reason, app.clock.now())? {
        Closed::Now => {}
        Closed::Before | Closed::Unknown => return Ok(()),
    }
    budget::settle(tx, task.id)?;
    effects.dead.push(task.kind());
    effects.decided.push(run.id);
    effects.tell(EventKind::DeadLettered, run.id, task.id, format!("{}: {}", reason.reason, reason.detail));
    if let TaskSpec::Judge(spec) = &task.spec {
        results::settle(tx, app, run, spec.sample.id, effects)?;
    }
    Ok(())
}
