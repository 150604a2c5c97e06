//! Completing: results go into the library in one transaction each, with everything that follows from them.
//!
//! The library's keys make it safe to repeat, to be late and to be twice: the receipt answers a repetition, and
//! the first valid result of an open task wins. Only the token's MAC is asked for, not that it is current.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use hafs_domain::trust::Observation;
use hafs_library::tables::attempts::{self, NewAttempt};
use hafs_library::tables::budget;
use hafs_library::tables::receipts::{self, Delivery, Receipt};
use hafs_library::tables::tasks::{self, StoredState, StoredTask};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::AttemptView;
use hafs_proto::task::{Completion, TaskOutput};
use hafs_proto::worker::{Answer, CompleteReply, CompleteRequest, DeliveryAnswer};
use hafs_proto::{
    AttemptId, BoundedText, CallRecord, Check, CheckName, CheckedBy, ContentHash, CredentialId, Run, RunId,
    Task, TaskId, TaskKind, TaskSpec, TrustState, WorkerId, limits,
};

use super::candidates::{self, Examined};
use super::effects::Effects;
use super::{quota, results, trust};
use crate::app::{App, Core};
use crate::http::problem::ProblemResponse;

/// Transactions under way for one batch. They share commits; more would only lengthen the writer's queue.
const AT_ONCE: usize = 64;

/// Why the result of a lease that was genuine has no task: the key of leases survives a restore, tasks that were
/// planned after the backup do not.
pub const OF_A_LOST_TIME: &str = "the task was leased by this library but is not in it any more: an older copy of the \
     library was restored, and the task had been planned after that copy was made. The result cannot be stored here and stays \
     in the worker's `refused` folder. If there is a newer copy of the library, restore that one; if there is none, a \
     running run plans the work anew by itself";

/// Who delivers.
#[derive(Debug, Clone, Copy)]
pub struct Sender {
    /// The worker.
    pub worker: WorkerId,
    /// The credential that it used; receipts belong to it.
    pub credential: CredentialId,
}

/// A result with all that could be found out before the transaction.
struct Prepared {
    completion: Completion,
    body_hash: ContentHash,
    known: Option<(StoredTask, Arc<Run>)>,
    examined: Vec<Examined>,
}

/// Stores a batch of results. Each gets its own answer; an error means that some were not stored, and that the
/// whole batch can be sent again.
pub async fn complete(
    app: &App,
    sender: Sender,
    request: CompleteRequest,
) -> Result<CompleteReply, ProblemResponse> {
    let timer = app.metrics.commit_seconds.start_timer();
    app.workers.seen(sender.worker, app.clock.now());
    let prepared = prepare(app, request.results).await?;
    let seen = request.seen;
    let stored: Vec<Result<(DeliveryAnswer, Effects), StoreError>> = stream::iter(prepared)
        .map(|prepared| {
            let core = Arc::clone(app);
            app.library.write(move |tx| store(tx, &core, sender, prepared))
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    timer.observe_duration();
    let mut effects = Effects::default();
    let mut answers = Vec::with_capacity(stored.len());
    let mut trouble = None;
    for one in stored {
        match one {
            Ok((answer, effect)) => {
                answers.push(answer);
                effects.merge(effect);
            }
            Err(error) => trouble = Some(error),
        }
    }
    // What is stored has its effects also when another result of the batch met an error.
    effects.apply(app).await;
    quota::observe(app, sender.worker, seen).await?;
    trouble.map_or(Ok(CompleteReply { answers }), |error| Err(error.into()))
}

/// Reads tasks and runs, then examines candidates on a thread that may block.
async fn prepare(app: &App, results: Vec<Completion>) -> Result<Vec<Prepared>, ProblemResponse> {
    let ids: Vec<TaskId> = results.iter().map(|result| result.task).collect();
    let stored = app.library.read(move |tx| tasks::get_many(tx, &ids)).await?;
    let mut known = BTreeMap::new();
    for task in stored {
        let run = app.runs.get(&app.library, task.task.run).await?;
        known.insert(task.task.id, (task, run));
    }
    let rules = app.lexicons.rules(app).await;
    let examine = move || {
        results
            .into_iter()
            .map(|completion| {
                let known = known.get(&completion.task).cloned();
                let examined = known.as_ref().map_or_else(Vec::new, |(task, run)| {
                    candidates::examine(&task.task.spec, &run.spec.policy, &rules, &completion.output)
                });
                Prepared { body_hash: completion.body_hash(), completion, known, examined }
            })
            .collect()
    };
    tokio::task::spawn_blocking(examine).await.map_err(|error| ProblemResponse::internal(&error))
}

fn store(
    tx: &mut dyn Tx,
    app: &Core,
    sender: Sender,
    prepared: Prepared,
) -> Result<(DeliveryAnswer, Effects), StoreError> {
    let mut effects = Effects::default();
    let (task, run) = match admit(tx, app, sender, &prepared, &mut effects)? {
        Admission::Answered(answer) => {
            effects.replayed += u64::from(answer.replayed);
            return Ok((answer, effects));
        }
        Admission::Open(task, run) => (task, run),
    };
    let Prepared { completion, body_hash, examined, .. } = prepared;
    let trust = trust::state(tx, sender.worker)?;
    // Read again: the task may have been closed since it was prepared.
    let (answer, detail) = match tasks::state_of(tx, completion.task)? {
        StoredState::Open { .. } if trust == TrustState::Suspended && !is_paid(&task) => {
            (Answer::Closed, Some(NOT_TAKEN))
        }
        StoredState::Open { .. } => (Answer::Accepted, None),
        StoredState::Done { .. } => (Answer::Duplicate, Some("the task had its result already")),
        StoredState::Dead { .. } => (Answer::Closed, Some("the task was given up before")),
        StoredState::Cancelled { .. } => (Answer::Closed, Some("the task was called off")),
    };
    let attempt = attempt(tx, app, sender, &completion, (run.id, answer))?;
    quota::end(tx, app, (task.id, &task.spec), quota::End::Done(&completion.calls), &mut effects)?;
    quota::paid(tx, app, run.id, &completion.calls, &mut effects)?;
    if answer == Answer::Accepted {
        tasks::finish(tx, completion.task, app.clock.now())?;
        budget::settle(tx, completion.task)?;
        effects.closed.push(completion.task);
        effects.completed.push(task.kind());
        let result = results::Result {
            sender,
            attempt,
            run: &run,
            task: &task,
            completion: &completion,
            examined,
            trust,
        };
        results::store(tx, app, &result, &mut effects)?;
    }
    let reply = reply(&completion, answer, detail);
    let receipt = Receipt {
        credential: sender.credential,
        body_hash,
        answer: reply.clone(),
        attempt: Some(attempt),
        at: app.clock.now(),
    };
    receipts::insert(tx, &receipt)?;
    effects.answers.push(answer);
    effects.calls.extend(completion.calls);
    Ok((reply, effects))
}

/// What a suspended worker is told about a result that cannot be set aside.
const NOT_TAKEN: &str = "this worker is suspended: what it pays teachers for is taken and set aside, everything else is \
     left to another worker";

/// Whether teachers were paid for the result of a task, so that it is taken and set aside whoever brings it. What
/// others can do again for nothing stays open for them.
const fn is_paid(task: &Task) -> bool {
    match task.kind() {
        TaskKind::Generate | TaskKind::Augment | TaskKind::Judge => true,
        TaskKind::Harvest | TaskKind::Check | TaskKind::Embed => false,
    }
}

/// Whether a result is looked at.
enum Admission {
    /// It was answered before, or is wrong; nothing is recorded.
    Answered(DeliveryAnswer),
    /// It is new, genuine and fits its task.
    Open(Task, Arc<Run>),
}

fn admit(
    tx: &mut dyn Tx,
    app: &Core,
    sender: Sender,
    prepared: &Prepared,
    effects: &mut Effects,
) -> Result<Admission, StoreError> {
    let now = app.clock.now();
    let completion = &prepared.completion;
    let refuse = |why: &str| Ok(Admission::Answered(reply(completion, Answer::Invalid, Some(why))));
    match receipts::look(tx, sender.credential, completion.key, prepared.body_hash)? {
        Delivery::New => {}
        Delivery::Repeated(answer) => return Ok(Admission::Answered(answer)),
        Delivery::KeyReused => return refuse("this key was used for another result"),
    }
    if !app.lease_key.verify(&completion.token, completion.task, sender.worker) {
        trust::observe(tx, sender.worker, &Observation::ForgedToken, now, effects)?;
        return refuse("the task was never leased to this worker");
    }
    let Some((task, run)) = &prepared.known else { return refuse(OF_A_LOST_TIME) };
    match fits(&task.task.spec, completion) {
        Ok(()) => Ok(Admission::Open(task.task.clone(), Arc::clone(run))),
        Err(why) => {
            trust::observe(tx, sender.worker, &Observation::Invalid, now, effects)?;
            refuse(&why)
        }
    }
}

fn reply(completion: &Completion, answer: Answer, detail: Option<&str>) -> DeliveryAnswer {
    DeliveryAnswer {
        key: completion.key,
        task: completion.task,
        answer,
        detail: detail.map(BoundedText::clipped),
        replayed: false,
    }
}

fn attempt(
    tx: &mut dyn Tx,
    app: &Core,
    sender: Sender,
    completion: &Completion,
    (run, answer): (RunId, Answer),
) -> Result<AttemptId, StoreError> {
    let id = app.ids.mint();
    let view = AttemptView {
        id,
        task: completion.task,
        worker: sender.worker,
        outcome: BoundedText::clipped(crate::metrics::answer_word(answer)),
        failure: None,
        detail: None,
        calls: completion.calls.clone(),
        at: app.clock.now(),
    };
    let (generation, number) = (completion.token.generation(), completion.token.attempt());
    attempts::insert(tx, &NewAttempt { view, run, generation, number, reason: None })?;
    Ok(id)
}

/// Whether calls are ones that this task can have made: not too many, believable, and to its teacher. What is booked
/// under another teacher's name would be paid from another budget and praised or blamed for what it never said.
pub fn calls_fit(spec: &TaskSpec, calls: &[CallRecord]) -> Result<(), String> {
    if calls.len() > limits::CALLS {
        return Err(format!("{} calls; a task may make {}", calls.len(), limits::CALLS));
    }
    if let Some(call) = calls.iter().find(|call| spec.teacher() != Some(&call.teacher)) {
        return Err(format!("a call was made to `{}`, which the task does not name", call.teacher));
    }
    calls.iter().try_for_each(attempts::check_call).map_err(|error| error.to_string())
}

/// Whether a result is one that this task can have.
fn fits(spec: &TaskSpec, completion: &Completion) -> Result<(), String> {
    calls_fit(spec, &completion.calls)?;
    let some = |found: usize, most: usize, what: &str| match found {
        0 => Err(format!("no {what}: report a failure instead")),
        found if found > most => Err(format!("{found} {what}; at most {most}")),
        _ => Ok(()),
    };
    match (spec, &completion.output) {
        (TaskSpec::Harvest(spec), TaskOutput::Harvest { seeds, .. }) => {
            if seeds.iter().any(|seed| seed.provenance.source != spec.source) {
                return Err(format!("a seed is not from the source `{}`", spec.source));
            }
            if seeds.len() > limits::HARVEST_SEEDS {
                return Err(format!("{} seeds; at most {}", seeds.len(), limits::HARVEST_SEEDS));
            }
            Ok(())
        }
        (TaskSpec::Generate(_), TaskOutput::Generate { candidates, .. })
        | (TaskSpec::Augment(_), TaskOutput::Augment { candidates, .. }) => {
            some(candidates.len(), limits::CANDIDATES, "candidates")?;
            let call = |at: u16| completion.calls.get(usize::from(at)).is_some();
            if candidates.iter().all(|candidate| call(candidate.call)) {
                Ok(())
            } else {
                Err("a candidate names a call that is not in `calls`".to_owned())
            }
        }
        (TaskSpec::Check(spec), TaskOutput::Check { check }) => is_claim(&spec.check, check),
        (TaskSpec::Judge(_), TaskOutput::Judge { opinion }) => {
            some(opinion.criteria.len(), limits::CANDIDATES, "criteria")
        }
        (TaskSpec::Embed(spec), TaskOutput::Embed { vectors, dims }) => embeds(spec, vectors, *dims),
        (spec, _) => Err(format!("the task is of kind `{}`, the result is not", spec.kind().word())),
    }
}

/// A worker's check is of the validator that it was asked for, and says that a worker made it.
fn is_claim(asked: &CheckName, check: &Check) -> Result<(), String> {
    if check.name != *asked {
        return Err(format!("the result is of check `{}`, the task is of `{asked}`", check.name));
    }
    match check.by {
        CheckedBy::Worker => Ok(()),
        CheckedBy::Coordinator => Err("a check by the coordinator comes from no worker".to_owned()),
    }
}

fn embeds(
    spec: &hafs_proto::task::EmbedSpec,
    vectors: &[hafs_proto::task::EmbeddedItem],
    dims: u32,
) -> Result<(), String> {
    let same = vectors.len() == spec.items.len()
        && vectors.iter().zip(&spec.items).all(|(vector, item)| vector.sample == item.sample);
    let sound = |vector: &[f32]| {
        vector.len() == usize::try_from(dims).unwrap_or(usize::MAX)
            && !vector.is_empty()
            && vector.iter().all(|number| number.is_finite())
    };
    if same && vectors.iter().all(|item| sound(&item.vector)) {
        Ok(())
    } else {
        Err("vectors must be finite, of `dims` numbers, one for each item in order".to_owned())
    }
}
