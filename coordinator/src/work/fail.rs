//! Failing: the attempt and what it cost are recorded in any case; whether the task is tried again follows from the
//! lease and from the rule that the queue goes by too. The library is told first and the queue after the commit, so a
//! commit that fails leaves the lease as it was and the worker delivers again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use hafs_domain::retry::{AfterFailure, Failed, Tries, jitter};
use hafs_domain::task::{self, Holder};
use hafs_domain::trust::Observation;
use hafs_library::tables::attempts::{self, NewAttempt};
use hafs_library::tables::budget;
use hafs_library::tables::receipts::{self, Delivery, Receipt};
use hafs_library::tables::tasks::{self, Closed, StoredTask, StoredTries};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::{AttemptView, EventKind};
use hafs_proto::task::{DeadReason, Failure};
use hafs_proto::worker::{Answer, DeliveryAnswer, FailReply, FailRequest};
use hafs_proto::{BoundedText, Run, Task, TaskId, TaskSpec};
use hafs_queue::{FailAnswer, FailedLease, LeaseRef};
use tracing::warn;

use super::complete::{self, Sender};
use super::effects::Effects;
use super::{quota, results, trust};
use crate::app::{App, Core, RETRY};
use crate::http::problem::ProblemResponse;

/// What was found out about a failure before the transaction.
enum Fate {
    /// It was answered before, or is wrong; nothing is recorded.
    Known(DeliveryAnswer),
    /// It is new; this is what the queue will say to it.
    New { answer: FailAnswer, lease: FailedLease, task: Box<StoredTask>, run: Arc<Run> },
}

const KEY_REUSED: &str = "this key was used for another delivery";

/// Records a batch of failures. Each gets its own answer.
pub async fn fail(app: &App, sender: Sender, request: FailRequest) -> Result<FailReply, ProblemResponse> {
    app.workers.seen(sender.worker, app.clock.now());
    let fates = fates(app, sender, &request.failures).await?;
    quota::observe(app, sender.worker, request.seen).await?;
    let mut answers = Vec::with_capacity(fates.len());
    for (failure, fate) in request.failures.into_iter().zip(fates) {
        let (answer, lease, task, run) = match fate {
            Fate::Known(answer) => {
                app.metrics.replayed.inc_by(u64::from(answer.replayed));
                answers.push(answer);
                continue;
            }
            Fate::New { answer, lease, task, run } => (answer, lease, task, run),
        };
        let (core, class) = (Arc::clone(app), failure.class);
        let retried = matches!(answer, FailAnswer::Retry { .. });
        let record = move |tx: &mut dyn Tx| record(tx, &core, sender, &failure, (&answer, &task, &run));
        let (answer, effect) = app.library.write(record).await?;
        if !answer.replayed {
            app.metrics.failed.with_label_values(&[class.word()]).inc();
        }
        answers.push(answer);
        // At once: a later failure of the batch may meet an error, and this one is stored.
        effect.apply(app).await;
        if retried {
            give_back(app, sender, lease).await;
        }
    }
    Ok(FailReply { answers })
}

/// Tells the queue of a failure that is stored. A queue that cannot be told lets the lease run out.
async fn give_back(app: &Core, sender: Sender, lease: FailedLease) {
    if let Err(error) = app.queue.fail(sender.worker, &[lease], app.clock.now()).await {
        warn!(task.id = %lease.lease.task, error = %error, "the queue was not told of a failure; the lease will run out");
    }
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
    let known: BTreeSet<TaskId> = stored.keys().copied().collect();
    let mut fates = Vec::with_capacity(failures.len());
    for (failure, receipt) in failures.iter().zip(receipts) {
        fates.push(match (receipt, stored.remove(&failure.task)) {
            (Delivery::Repeated(answer), _) => Fate::Known(answer),
            (Delivery::KeyReused, _) => invalid(failure, KEY_REUSED),
            (Delivery::New, None) if known.contains(&failure.task) => {
                invalid(failure, "its task stands twice in the batch: deliver it again")
            }
            (Delivery::New, None) => invalid(failure, unknown(app, sender, failure)),
            (Delivery::New, Some(task)) => fate(app, sender, failure, task).await?,
        });
    }
    Ok(fates)
}

/// Why a failure has no task.
fn unknown(app: &Core, sender: Sender, failure: &Failure) -> &'static str {
    if app.lease_key.verify(&failure.token, failure.task, sender.worker) {
        complete::OF_A_LOST_TIME
    } else {
        "there is no such task"
    }
}

async fn fate(
    app: &Core,
    sender: Sender,
    failure: &Failure,
    task: StoredTask,
) -> Result<Fate, ProblemResponse> {
    if !app.lease_key.verify(&failure.token, failure.task, sender.worker) {
        trust::note(app, sender.worker, Observation::ForgedToken, 1).await?;
        return Ok(invalid(failure, "the task was never leased to this worker"));
    }
    if let Err(why) = complete::calls_fit(&task.task.spec, &failure.calls) {
        trust::note(app, sender.worker, Observation::Invalid, 1).await?;
        return Ok(invalid(failure, &why));
    }
    let lease = LeaseRef {
        task: failure.task,
        generation: failure.token.generation(),
        attempt: failure.token.attempt(),
    };
    let retry_after = failure.retry_after_ms.map(Duration::from_millis);
    let failed = Failed { class: failure.class, reason: failure.reason, retry_after };
    let lease = FailedLease { lease, failed };
    let answer = foresee(app, sender, &lease).await?;
    let run = app.runs.get(&app.library, task.task.run).await?;
    Ok(Fate::New { answer, lease, task: Box::new(task), run })
}

/// What the queue will say to a failure, by the rule that it goes by itself. Nothing is changed yet.
async fn foresee(app: &Core, sender: Sender, failure: &FailedLease) -> Result<FailAnswer, ProblemResponse> {
    let LeaseRef { task, generation, attempt } = failure.lease;
    let Some(known) = app.queue.explain(task).await? else { return Ok(FailAnswer::Closed) };
    let now = app.clock.now();
    let holder = Holder { worker: sender.worker, generation, attempt };
    let tries = known.entry.tries;
    let when = (jitter(task, attempt), now);
    let after = RETRY.after_failure(&failure.failed, tries, known.entry.max_attempts, when);
    if task::fail(&known.state, holder, &after, now).is_err() {
        return Ok(FailAnswer::Stale);
    }
    Ok(match after {
        AfterFailure::Retry { not_before, tries } => FailAnswer::Retry { not_before, tries },
        AfterFailure::Dead { reason, tries } => FailAnswer::Dead { reason, tries },
    })
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
    // Looked up again: a delivery that was sent twice at once, to two coordinators perhaps, was new to both.
    match receipts::look(tx, sender.credential, failure.key, failure.body_hash())? {
        Delivery::New => {}
        Delivery::Repeated(answer) => {
            effects.replayed += 1;
            return Ok((answer, effects));
        }
        Delivery::KeyReused => return Ok((reply(failure, Answer::Invalid, Some(KEY_REUSED)), effects)),
    }
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
    // The lease of another attempt is not this one's to settle.
    if !matches!(fate, FailAnswer::Stale) {
        quota::end(tx, app, (failure.task, &task.task.spec), quota::End::Failed(failure), &mut effects)?;
    }
    quota::paid(tx, app, run.id, &failure.calls, &mut effects)?;
    let answer = match fate {
        FailAnswer::Retry { not_before, tries } => {
            tasks::record_tries(tx, failure.task, stored(*tries), *not_before)?;
            let message = format!("{}: {}", failure.reason, failure.detail);
            effects.tell(EventKind::Retried, run.id, failure.task, message);
            Answer::Accepted
        }
        FailAnswer::Dead { reason, tries } => {
            tasks::record_tries(tx, failure.task, stored(*tries), now)?;
            bury(tx, app, run, (&task.task, &in_its_words(reason, failure)), &mut effects)?;
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

/// Why a task was given up, with what the worker or the provider said last.
fn in_its_words(reason: &DeadReason, failure: &Failure) -> DeadReason {
    if failure.detail.is_empty() {
        return reason.clone();
    }
    let detail = BoundedText::clipped(&format!("{}; last heard: {}", reason.detail, failure.detail));
    DeadReason { reason: reason.reason, detail }
}

/// Tries in the form in which the library keeps them.
pub const fn stored(tries: Tries) -> StoredTries {
    let Tries { failures, losses, deferrals } = tries;
    StoredTries { failures, losses, deferrals }
}

/// Dead-letters a task, unless its result came in meanwhile or it was called off. A judge or
/// a check that is given up changes what can be decided about its sample.
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
    effects.closed.push(task.id);
    effects.dead.push(task.kind());
    effects.decided.push(run.id);
    effects.tell(EventKind::DeadLettered, run.id, task.id, format!("{}: {}", reason.reason, reason.detail));
    match &task.spec {
        TaskSpec::Judge(spec) => results::settle(tx, app, run, spec.sample.id, effects),
        TaskSpec::Check(spec) => results::settle(tx, app, run, spec.sample.id, effects),
        TaskSpec::Harvest(_) | TaskSpec::Generate(_) | TaskSpec::Embed(_) | TaskSpec::Augment(_) => Ok(()),
    }
}
