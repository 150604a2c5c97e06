//! Rechecks: newer gates and validators look again at samples that were decided before. Begun in one transaction, carried
//! out in batches of which each is one, so that whoever is killed in the middle goes on where it stopped. No earlier check
//! is changed; new ones are added, and the decision is drawn again from all that count.

use std::collections::BTreeSet;
use std::time::Duration;

use hafs_domain::plan;
use hafs_library::tables::audit::{self, Entry};
use hafs_library::tables::quarantine::Place;
use hafs_library::tables::recheck::{self, StoredRecheck};
use hafs_library::tables::{PageRequest, checks, claims, runs, samples, seeds, tasks, workers};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::{
    CheckView, Page, RecheckPreview, RecheckRequest, RecheckSelection, RecheckStage, RecheckState,
    RecheckView,
};
use hafs_proto::sample::Lineage;
use hafs_proto::task::{CheckSpec, Priority, SampleTexts};
use hafs_proto::{
    BoundedText, Check, CheckName, CheckedBy, Problem, ProblemType, RecheckId, Route, Run, Sample,
    SampleState, SeedDraft, Task, TaskKind, TaskSpec, WorkerId,
};
use tokio::time::Instant;

use super::candidates::{self, About};
use super::checking;
use super::decide::{self, Again, Known};
use super::effects::Effects;
use crate::app::{App, Core};
use crate::http::problem::ProblemResponse;

/// How long a call carries a recheck out itself; what is left then, the reconciler does.
const PATIENCE: Duration = Duration::from_secs(20);
/// Samples of one batch: short enough that results of workers do not wait.
const BATCH: u32 = 50;

/// Says what a recheck would look at.
///
/// # Errors
/// A problem when the library cannot be read.
pub async fn preview(app: &Core, selection: RecheckSelection) -> Result<RecheckPreview, ProblemResponse> {
    let now = app.clock.now();
    Ok(app.library.read(move |tx| recheck::count(tx, &selection, now)).await?)
}

/// Begins a recheck and carries it out as far as the time of one call goes.
///
/// # Errors
/// A problem when no reason is given, or there is no such run or worker.
pub async fn begin(app: &App, actor: &str, request: RecheckRequest) -> Result<RecheckView, ProblemResponse> {
    if request.reason.trim().is_empty() {
        let problem = Problem::new(ProblemType::Invalid, "a recheck is not begun without a reason");
        return Err(ProblemResponse::from(problem.field("reason", "say why, for the audit log")));
    }
    let (core, actor) = (App::clone(app), actor.to_owned());
    let id = app
        .library
        .write(move |tx| {
            if let Some(run) = request.selection.run {
                runs::get(tx, run)?;
            }
            if let Some(worker) = request.selection.checked_by {
                workers::get(tx, worker)?;
            }
            insert(tx, &core, request, &actor)
        })
        .await?;
    carry_on(app, id).await?;
    show(app, id).await
}

/// Begins to look again at what a worker has checked whose checks do not count any more.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn begin_about(tx: &mut dyn Tx, app: &Core, worker: WorkerId, what: &str) -> Result<(), StoreError> {
    let selection = RecheckSelection {
        state: RecheckState::All,
        checked_by: Some(worker),
        ..RecheckSelection::default()
    };
    let reason = BoundedText::clipped(&format!("{worker} was contradicted: {what}"));
    insert(tx, app, RecheckRequest { selection, reason }, "coordinator").map(drop)
}

fn insert(
    tx: &mut dyn Tx,
    app: &Core,
    request: RecheckRequest,
    actor: &str,
) -> Result<RecheckId, StoreError> {
    let now = app.clock.now();
    let RecheckRequest { selection, reason } = request;
    let view = RecheckView {
        id: app.ids.mint(),
        meant: recheck::count(tx, &selection, now)?.samples,
        selection,
        reason,
        by: BoundedText::clipped(actor),
        created_at: now,
        stage: RecheckStage::Running,
        ended_at: None,
        samples: 0,
        gates: 0,
        asked: 0,
        open: 0,
        lost: 0,
        unasked: 0,
        changed: 0,
    };
    recheck::insert(tx, &view)?;
    let (object, detail) = (view.id.to_string(), described(&view));
    let entry = Entry { at: now, actor, action: "recheck.begin", object: &object, detail: &detail };
    audit::append(tx, &entry)?;
    Ok(view.id)
}

/// A selection in words, for the audit log.
fn described(view: &RecheckView) -> String {
    let RecheckSelection { state, run, domain, check, checked_by } = &view.selection;
    let parts = [
        run.map(|run| format!("run {run}")),
        domain.as_ref().map(|domain| format!("domain {domain}")),
        check.as_ref().map(|check| format!("check {check}")),
        checked_by.map(|worker| format!("checked by {worker}")),
    ];
    let parts: String = parts.into_iter().flatten().map(|part| format!(", {part}")).collect();
    format!("{}{parts}, {} samples: {}", state.word(), view.meant, view.reason)
}

/// A recheck and how far it is.
///
/// # Errors
/// A problem when there is none.
pub async fn show(app: &Core, id: RecheckId) -> Result<RecheckView, ProblemResponse> {
    Ok(app.library.read(move |tx| recheck::get(tx, id)).await?.view)
}

/// One page of rechecks, newest first.
///
/// # Errors
/// A problem when the cursor is wrong.
pub async fn list(app: &Core, page: PageRequest) -> Result<Page<RecheckView>, ProblemResponse> {
    Ok(app.library.read(move |tx| recheck::list(tx, &page)).await?)
}

/// Goes on with a recheck until workers are waited for, it is at its end, or time is up.
///
/// # Errors
/// A problem when the library cannot be written to.
pub async fn carry_on(app: &App, id: RecheckId) -> Result<(), ProblemResponse> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end && !app.shutdown.drain.is_cancelled() {
        let stored = app.library.read(move |tx| recheck::get(tx, id)).await?;
        match stored.view.stage {
            RecheckStage::Running => batch(app, &stored).await?,
            RecheckStage::Waiting if stored.view.open == 0 => {
                close(app, id).await?;
                return Ok(());
            }
            RecheckStage::Waiting | RecheckStage::Done => return Ok(()),
        }
    }
    Ok(())
}

async fn close(app: &App, id: RecheckId) -> Result<(), ProblemResponse> {
    let now = app.clock.now();
    app.library
        .write(move |tx| {
            let mut stored = recheck::get(tx, id)?;
            if stored.view.stage == RecheckStage::Waiting && stored.view.open == 0 {
                stored.view.stage = RecheckStage::Done;
                stored.view.ended_at = Some(now);
                recheck::save(tx, &stored)?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// A sample with what the gates say of it now.
struct Looked {
    sample: Sample,
    run: Run,
    gates: Vec<Check>,
}

/// Does one batch. The gates run outside the transaction, because they are the expensive part.
async fn batch(app: &App, stored: &StoredRecheck) -> Result<(), ProblemResponse> {
    let (view, place) = (stored.view.clone(), stored.place.clone());
    let found = app.library.read(move |tx| read(tx, &view, &place)).await?;
    let look =
        move || found.into_iter().map(|(sample, run, seed)| looked(sample, run, seed.as_ref())).collect();
    let found: Vec<Looked> =
        tokio::task::spawn_blocking(look).await.map_err(|error| ProblemResponse::internal(&error))?;
    let (id, place, core) = (stored.view.id, stored.place.clone(), App::clone(app));
    let effects = app
        .library
        .write(move |tx| {
            let mut effects = Effects::default();
            let mut stored = recheck::get(tx, id)?;
            // Another coordinator may have done this batch.
            if stored.place == place && stored.view.stage == RecheckStage::Running {
                go_on(tx, &core, &mut stored, &found, &mut effects)?;
            }
            Ok(effects)
        })
        .await?;
    effects.apply(app).await;
    Ok(())
}

/// A sample, its run, and the seed that it was made from, unless it is derived from another sample.
type Read = (Sample, Run, Option<SeedDraft>);

fn read(tx: &mut dyn Tx, view: &RecheckView, place: &Place) -> Result<Vec<Read>, StoreError> {
    let ids = recheck::samples_after(tx, (&view.selection, view.created_at), place, BATCH)?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let sample = samples::get(tx, id)?;
        let (run, from) = (runs::get(tx, sample.lineage.run)?, &sample.lineage);
        // One that an edit has made is held to the seed as the sample was that was edited.
        let own = from.parent.is_none() || is_of_seed(tx, from)?;
        let seed = if own { Some(seeds::get(tx, from.seed)?.draft) } else { None };
        found.push((sample, run, seed));
    }
    Ok(found)
}

fn is_of_seed(tx: &mut dyn Tx, from: &Lineage) -> Result<bool, StoreError> {
    Ok(tasks::get(tx, from.task)?.task.kind() == TaskKind::Generate)
}

fn looked(sample: Sample, run: Run, seed: Option<&SeedDraft>) -> Looked {
    let about = seed.map(|seed| About::of_seed(seed, &sample.lineage.generator));
    let about = about.unwrap_or_else(|| About::derived(&sample.domain));
    let gates = candidates::gates_of(&sample, about, &run.spec.policy);
    Looked { sample, run, gates }
}

fn go_on(
    tx: &mut dyn Tx,
    app: &Core,
    stored: &mut StoredRecheck,
    found: &[Looked],
    effects: &mut Effects,
) -> Result<(), StoreError> {
    for looked in found {
        one(tx, app, stored, looked, effects)?;
        stored.place = Place::after(looked.sample.id);
    }
    stored.view.samples += found.len() as u64;
    if !u32::try_from(found.len()).is_ok_and(|found| found >= BATCH) {
        stored.view.stage = RecheckStage::Waiting;
    }
    recheck::save(tx, stored)
}

fn one(
    tx: &mut dyn Tx,
    app: &Core,
    stored: &mut StoredRecheck,
    looked: &Looked,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let id = looked.sample.id;
    let on_record = checks::of_sample(tx, id)?;
    let only = stored.view.selection.check.clone();
    let wanted = |name: &CheckName| only.as_ref().is_none_or(|only| only == name);
    let news: Vec<Check> =
        looked.gates.iter().filter(|gate| wanted(&gate.name) && is_news(gate, &on_record)).cloned().collect();
    stored.view.gates += news.len() as u64;
    checks::insert(tx, id, &news, app.clock.now())?;
    for name in validators(tx, stored, looked, &on_record)?.iter().filter(|name| wanted(name)) {
        ask(tx, app, stored, (looked, name), effects)?;
    }
    let sample = samples::get(tx, id)?;
    stored.view.changed += u64::from(redraw(tx, app, &looked.run, (&sample, stored.view.id), effects)?);
    Ok(())
}

/// Whether a gate says what is not on record from this version of it.
fn is_news(gate: &Check, on_record: &[CheckView]) -> bool {
    let own = on_record.iter().map(|view| &view.check);
    let mut own = own.filter(|check| check.name == gate.name && check.by == CheckedBy::Coordinator);
    own.next_back().is_none_or(|last| {
        last.version < gate.version || (last.version == gate.version && last.outcome != gate.outcome)
    })
}

/// The validators that are asked about a sample: those that its domain needs and those that have looked at it; after a
/// contradiction those whose word does not count any more.
fn validators(
    tx: &mut dyn Tx,
    stored: &StoredRecheck,
    looked: &Looked,
    on_record: &[CheckView],
) -> Result<BTreeSet<CheckName>, StoreError> {
    let Looked { sample, run, .. } = looked;
    if let Some(worker) = stored.view.selection.checked_by {
        let claims = claims::of_sample(tx, sample.id)?;
        let void = claims.iter().filter(|claim| claim.void && claim.worker == worker);
        let check = |at: u32| usize::try_from(at).ok().and_then(|at| on_record.get(at));
        return Ok(void.filter_map(|claim| check(claim.check)).map(|view| view.check.name.clone()).collect());
    }
    let needed = run.spec.policy.needed(&sample.domain).into_iter();
    let looked_at = on_record.iter().map(|view| &view.check);
    let reported = looked_at.filter(|check| check.by == CheckedBy::Worker).map(|check| check.name.clone());
    Ok(needed.chain(reported).collect())
}

/// Asks a worker for a validator, with the patience of work that nobody waits for.
fn ask(
    tx: &mut dyn Tx,
    app: &Core,
    stored: &mut StoredRecheck,
    (looked, name): (&Looked, &CheckName),
    effects: &mut Effects,
) -> Result<(), StoreError> {
    if !checking::offered(tx, app, &Route::Check(name.clone()))? {
        stored.view.unasked += 1;
        return Ok(());
    }
    let Looked { sample, run, .. } = looked;
    let task = Task {
        id: app.ids.mint(),
        run: run.id,
        spec: TaskSpec::Check(CheckSpec {
            check: name.clone(),
            sample: SampleTexts {
                id: sample.id,
                domain: sample.domain.clone(),
                instruction: sample.instruction.clone(),
                input: sample.input.clone(),
                output: sample.output.clone(),
            },
            origin: Some(Box::new(seeds::get(tx, sample.lineage.seed)?.draft.provenance)),
            witness: None,
        }),
        priority: Priority::Bulk,
        key: plan::key::recheck(stored.view.id, sample.id, name),
        max_attempts: run.spec.max_attempts,
        created_at: app.clock.now(),
    };
    let planned = tasks::insert(tx, &task)?;
    effects.planned(planned, &task);
    let id = match planned {
        tasks::Planned::New(id) | tasks::Planned::Known(id) => id,
    };
    recheck::take_task(tx, stored.view.id, id)
}

/// Draws the decision about a sample again. Whether something else was decided.
fn redraw(
    tx: &mut dyn Tx,
    app: &Core,
    run: &Run,
    (sample, of): (&Sample, RecheckId),
    effects: &mut Effects,
) -> Result<bool, StoreError> {
    match decide::recheck(tx, app, run, sample, effects)? {
        Again::Same => return Ok(false),
        Again::Changed => {}
        Again::Stuck(why) => {
            samples::quarantine(tx, sample.id, &BoundedText::clipped(&why), app.clock.now())?;
            effects.decided.push(run.id);
        }
    }
    recheck::note_changed(tx, of, sample.id)?;
    let now = samples::get(tx, sample.id)?;
    if now.state == SampleState::Candidate {
        decide::settle(tx, app, run, (&now, Known::Stored), effects)?;
    }
    Ok(true)
}

/// Draws the decision again about a sample of which a worker has made a check of a recheck.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn checked(
    tx: &mut dyn Tx,
    app: &Core,
    run: &Run,
    (sample, of): (&Sample, RecheckId),
    effects: &mut Effects,
) -> Result<(), StoreError> {
    if redraw(tx, app, run, (sample, of), effects)? {
        let mut stored = recheck::get(tx, of)?;
        stored.view.changed += 1;
        recheck::save(tx, &stored)?;
    }
    Ok(())
}
