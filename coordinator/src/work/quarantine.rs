//! Quarantines: begun by people in one transaction, carried out in batches of which each is one, so that whoever is
//! killed in the middle goes on where it stopped.

use std::time::Duration;

use hafs_library::tables::audit::{self, Entry};
use hafs_library::tables::quarantine::{self, StoredQuarantine};
use hafs_library::tables::{PageRequest, taint, workers};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::{
    DatasetView, EventKind, Page, QuarantinePreview, QuarantineRequest, QuarantineState, QuarantineView,
    Selection,
};
use hafs_proto::{BoundedText, Problem, ProblemType, QuarantineId, SampleId, Timestamp, VerdictId, WorkerId};
use tokio::time::Instant;

use super::effects::Effects;
use super::sweep;
use crate::app::{App, Core};
use crate::http::problem::ProblemResponse;

/// How long a call carries a quarantine out itself; what is left then, the reconciler does.
const PATIENCE: Duration = Duration::from_secs(20);

/// Says what a quarantine would do.
///
/// # Errors
/// A problem when nothing is selected.
pub async fn preview(app: &Core, request: QuarantineRequest) -> Result<QuarantinePreview, ProblemResponse> {
    check(&request)?;
    let selection = ended(request.selection, app.clock.now());
    let preview = app.library.read(move |tx| {
        let found = quarantine::preview(tx, &selection)?;
        let tainted = taint::holding(tx, &selection)?;
        Ok(QuarantinePreview {
            samples: found.samples,
            accepted: found.accepted,
            verdicts: found.verdicts,
            tainted,
        })
    });
    Ok(preview.await?)
}

/// Begins a quarantine and carries it out as far as the time of one call goes.
///
/// # Errors
/// A problem when nothing is selected, no reason is given or there is no such worker.
pub async fn begin(
    app: &App,
    actor: &str,
    request: QuarantineRequest,
) -> Result<QuarantineView, ProblemResponse> {
    check(&request)?;
    let now = app.clock.now();
    let view = fresh(app, request.selection, request.reason, (actor, now), QuarantineState::Running);
    let id = view.id;
    app.library
        .write(move |tx| {
            if let Some(worker) = view.selection.worker {
                workers::get(tx, worker)?;
            }
            quarantine::insert(tx, &view)?;
            let (object, detail) = (id.to_string(), described(&view.selection, &view.reason));
            let entry = Entry {
                at: now,
                actor: &view.by,
                action: "quarantine.begin",
                object: &object,
                detail: &detail,
            };
            audit::append(tx, &entry).map(drop)
        })
        .await?;
    carry_on(app, id).await?;
    show(app, id).await
}

/// Begins to take a quarantine back, and does so as far as the time of one call goes.
///
/// # Errors
/// A problem when there is no such quarantine, or it is under way or lifted already.
pub async fn lift(app: &App, actor: &str, id: QuarantineId) -> Result<QuarantineView, ProblemResponse> {
    let (now, actor) = (app.clock.now(), actor.to_owned());
    app.library
        .try_write(move |tx| -> Result<(), ProblemResponse> {
            let mut stored = quarantine::get(tx, id)?;
            match stored.view.state {
                QuarantineState::Standing | QuarantineState::Done => {}
                state @ (QuarantineState::Running | QuarantineState::Lifting | QuarantineState::Lifted) => {
                    let detail =
                        format!("the quarantine is {}; only one that is done can be lifted", state.word());
                    let problem = Problem::new(ProblemType::Conflict, detail);
                    return Err(ProblemResponse::from(problem.with("quarantine_id", id)));
                }
            }
            stored.view.state = QuarantineState::Lifting;
            stored.view.ended_at = None;
            // Verdicts count again first, so that what is decided anew is decided by all of them.
            stored.stage = quarantine::Stage::Verdicts;
            stored.place = quarantine::Place::default();
            quarantine::save(tx, &stored)?;
            let object = id.to_string();
            let entry =
                Entry { at: now, actor: &actor, action: "quarantine.lift", object: &object, detail: "" };
            audit::append(tx, &entry)?;
            Ok(())
        })
        .await?;
    carry_on(app, id).await?;
    show(app, id).await
}

/// Goes on with a quarantine until it is at its end, or time is up.
///
/// # Errors
/// A problem when the library cannot be written to.
pub async fn carry_on(app: &App, id: QuarantineId) -> Result<(), ProblemResponse> {
    let end = Instant::now() + PATIENCE;
    while step(app, id).await?.moves() && Instant::now() < end && !app.shutdown.drain.is_cancelled() {}
    Ok(())
}

/// Does one batch.
///
/// # Errors
/// A problem when the library cannot be written to.
pub async fn step(app: &App, id: QuarantineId) -> Result<QuarantineState, ProblemResponse> {
    let core = App::clone(app);
    let (state, effects) = app
        .library
        .write(move |tx| {
            let mut effects = Effects::default();
            let mut stored = quarantine::get(tx, id)?;
            if stored.view.state.moves() {
                sweep::batch(tx, &core, &mut stored, &mut effects)?;
                quarantine::save(tx, &stored)?;
            }
            Ok((stored.view.state, effects))
        })
        .await?;
    effects.apply(app).await;
    Ok(state)
}

/// A quarantine with the data sets that it taints.
///
/// # Errors
/// A problem when there is none.
pub async fn show(app: &Core, id: QuarantineId) -> Result<QuarantineView, ProblemResponse> {
    let view = app.library.read(move |tx| {
        let mut view = quarantine::get(tx, id)?.view;
        view.tainted = tainted(tx, id)?;
        Ok(view)
    });
    Ok(view.await?)
}

/// One page of quarantines, newest first, each with the data sets that it taints.
///
/// # Errors
/// A problem when the cursor is wrong.
pub async fn list(app: &Core, page: PageRequest) -> Result<Page<QuarantineView>, ProblemResponse> {
    let page = app.library.read(move |tx| {
        let mut page = quarantine::list(tx, &page)?;
        let all = hafs_library::tables::datasets::tainted(tx)?;
        for view in &mut page.items {
            view.tainted = all.iter().filter(|set| names(set, view.id)).cloned().collect();
        }
        Ok(page)
    });
    Ok(page.await?)
}

fn tainted(tx: &mut dyn Tx, id: QuarantineId) -> Result<Vec<DatasetView>, StoreError> {
    let all = hafs_library::tables::datasets::tainted(tx)?;
    Ok(all.into_iter().filter(|set| names(set, id)).collect())
}

fn names(dataset: &DatasetView, id: QuarantineId) -> bool {
    dataset.tainted.as_ref().is_some_and(|taint| taint.quarantines.contains(&id))
}

/// Sets a sample aside that a suspended worker has handed in.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn take_late_sample(
    tx: &mut dyn Tx,
    app: &Core,
    worker: WorkerId,
    sample: SampleId,
) -> Result<(), StoreError> {
    let mut standing = standing(tx, app, worker)?;
    let why = BoundedText::clipped(&standing.view.reason);
    quarantine::set_aside(tx, standing.view.id, sample, &why, app.clock.now())?;
    standing.view.samples += 1;
    quarantine::save(tx, &standing)
}

/// Lets a verdict not count that a suspended worker has handed in.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn take_late_verdict(
    tx: &mut dyn Tx,
    app: &Core,
    worker: WorkerId,
    verdict: VerdictId,
) -> Result<(), StoreError> {
    let mut standing = standing(tx, app, worker)?;
    quarantine::void(tx, standing.view.id, verdict)?;
    standing.view.verdicts += 1;
    quarantine::save(tx, &standing)
}

/// The quarantine that takes in what a suspended worker still hands in; made when it is needed first.
fn standing(tx: &mut dyn Tx, app: &Core, worker: WorkerId) -> Result<StoredQuarantine, StoreError> {
    if let Some(stored) = quarantine::standing_of(tx, worker)? {
        return Ok(stored);
    }
    let now = app.clock.now();
    let selection = Selection { worker: Some(worker), since: Some(now), ..Selection::default() };
    let reason = BoundedText::clipped(&format!("handed in by {worker} while it was suspended"));
    let view = fresh(app, selection, reason, ("coordinator", now), QuarantineState::Standing);
    let object = view.id.to_string();
    let entry = Entry {
        at: now,
        actor: "coordinator",
        action: "quarantine.stand",
        object: &object,
        detail: &view.reason,
    };
    audit::append(tx, &entry)?;
    quarantine::insert(tx, &view)
}

fn fresh(
    app: &Core,
    selection: Selection,
    reason: BoundedText<512>,
    (by, now): (&str, Timestamp),
    state: QuarantineState,
) -> QuarantineView {
    let selection = match state {
        QuarantineState::Standing => selection,
        QuarantineState::Running
        | QuarantineState::Done
        | QuarantineState::Lifting
        | QuarantineState::Lifted => ended(selection, now),
    };
    QuarantineView {
        id: app.ids.mint(),
        selection,
        reason,
        state,
        by: BoundedText::clipped(by),
        created_at: now,
        ended_at: None,
        samples: 0,
        verdicts: 0,
        redrawn: 0,
        kept: 0,
        tainted: Vec::new(),
    }
}

/// A selection has an end, so that it means the same however long it takes to go through it.
fn ended(selection: Selection, now: Timestamp) -> Selection {
    let until = selection.until.or(Some(now.plus(Duration::from_millis(1))));
    Selection { until, ..selection }
}

fn check(request: &QuarantineRequest) -> Result<(), ProblemResponse> {
    let mut problem = Problem::new(ProblemType::Invalid, "such a quarantine cannot be begun");
    let Selection { since, until, .. } = &request.selection;
    if request.selection.is_empty() {
        problem =
            problem.field("selection", "name a worker, a teacher, a source or a time; nothing means nothing");
    }
    if since.zip(*until).is_some_and(|(since, until)| since >= until) {
        problem = problem.field("selection.until", "is not after `since`");
    }
    if request.reason.trim().is_empty() {
        problem = problem.field("reason", "say why; every sample that is set aside carries it");
    }
    if problem.errors.is_empty() { Ok(()) } else { Err(ProblemResponse::from(problem)) }
}

/// A selection in words, for the audit log.
fn described(selection: &Selection, reason: &str) -> String {
    let Selection { worker, teacher, source, since, until } = selection;
    let parts = [
        worker.map(|worker| format!("worker {worker}")),
        teacher.as_ref().map(|teacher| format!("teacher {teacher}")),
        source.as_ref().map(|source| format!("source {source}")),
        since.map(|since| format!("since {since}")),
        until.map(|until| format!("until {until}")),
    ];
    format!("{}: {reason}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// What is told when a quarantine has come to its end.
pub(super) fn news(view: &QuarantineView) -> crate::events::News {
    let message = match view.state {
        QuarantineState::Lifted => format!("lifted; {} samples stay set aside", view.kept),
        QuarantineState::Standing
        | QuarantineState::Running
        | QuarantineState::Done
        | QuarantineState::Lifting => {
            let (samples, verdicts) = (view.samples, view.verdicts);
            format!("{samples} samples set aside, {verdicts} verdicts do not count: {}", view.reason)
        }
    };
    crate::events::News::new(EventKind::Quarantined, view.id, message)
}
