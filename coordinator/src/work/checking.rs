//! Validators that a sample needs beside the coordinator's own checks: asking a worker for one, or recording why
//! nobody could be asked. Unchecked never passes, so a sample does not wait for a tool that no worker has.

use std::time::Duration;

use hafs_domain::plan;
use hafs_library::tables::tasks::StoredState;
use hafs_library::tables::workers::StoredWorker;
use hafs_library::tables::{checks, claims, seeds, tasks, workers};
use hafs_library::{StoreError, Tx};
use hafs_proto::task::{CheckSpec, Priority, SampleTexts};
use hafs_proto::{
    BoundedText, Check, CheckName, CheckedBy, Outcome, Route, Run, Sample, Task, TaskKind, TaskSpec,
    TrustState, WorkerId,
};

use super::effects::Effects;
use super::trust;
use crate::app::Core;

/// How long a worker that has fallen silent is expected back, for instance after a restart of the coordinator.
const PATIENCE: Duration = Duration::from_secs(600);

/// What comes of needing a validator.
pub(super) enum Need {
    /// A worker is asked; the sample waits.
    Asked,
    /// Nobody can be asked; this is recorded.
    Open(Check),
}

/// Sees to it that a needed validator is asked, or records why not.
///
/// # Errors
/// [`StoreError`] of the driver.
pub(super) fn need(
    tx: &mut dyn Tx,
    app: &Core,
    run: &Run,
    (sample, name): (&Sample, &CheckName),
    effects: &mut Effects,
) -> Result<Need, StoreError> {
    let why = match asked(tx, sample, name)? {
        Some(StoredState::Open { .. }) => return Ok(Need::Asked),
        Some(StoredState::Dead { reason, .. }) => format!("its task was given up: {}", reason.detail),
        Some(StoredState::Cancelled { .. }) => "no worker that had it is left".to_owned(),
        Some(StoredState::Done { .. }) if claims::void_of(tx, sample.id, name)? == 0 => {
            "its task ended without an outcome".to_owned()
        }
        Some(StoredState::Done { .. }) | None if offered(tx, app, &Route::Check(name.clone()))? => {
            let task = task(tx, app, run, sample, name)?;
            let planned = tasks::insert(tx, &task)?;
            effects.planned(planned, &task);
            return Ok(Need::Asked);
        }
        Some(StoredState::Done { .. }) | None => {
            format!("no worker offers check/{name}: see `[[validators]]`")
        }
    };
    let check = unchecked(name, &why);
    checks::insert(tx, sample.id, std::slice::from_ref(&check), app.clock.now())?;
    Ok(Need::Open(check))
}

/// Whether a worker that is here, or was a moment ago, has a route.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn offered(tx: &mut dyn Tx, app: &Core, route: &Route) -> Result<bool, StoreError> {
    if let Route::Witness(worker, check) = route {
        let able = able(tx, app, check)?.contains(worker);
        return Ok(able && trust::state(tx, *worker)? == TrustState::Trusted);
    }
    Ok(app.workers.offers(route) || !offering(tx, app, route)?.is_empty())
}

/// The workers that are here, or were a moment ago, and have a check.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn able(tx: &mut dyn Tx, app: &Core, check: &CheckName) -> Result<Vec<WorkerId>, StoreError> {
    offering(tx, app, &Route::Check(check.clone()))
}

fn offering(tx: &mut dyn Tx, app: &Core, route: &Route) -> Result<Vec<WorkerId>, StoreError> {
    let now = app.clock.now();
    let offers = |worker: &StoredWorker| {
        worker.revoked_at.is_none()
            && !worker.draining
            && now.since(worker.seen_at) <= PATIENCE
            && worker.pools.iter().any(|pool| pool.routes.contains(route))
    };
    Ok(workers::list(tx)?.iter().filter(|worker| offers(worker)).map(|worker| worker.id).collect())
}

fn asked(tx: &mut dyn Tx, sample: &Sample, name: &CheckName) -> Result<Option<StoredState>, StoreError> {
    let about = |task: &Task| match &task.spec {
        TaskSpec::Check(spec) => spec.check == *name && spec.witness.is_none(),
        TaskSpec::Harvest(_)
        | TaskSpec::Generate(_)
        | TaskSpec::Judge(_)
        | TaskSpec::Embed(_)
        | TaskSpec::Augment(_) => false,
    };
    let tasks = tasks::of_sample(tx, sample.id, TaskKind::Check)?;
    Ok(tasks.into_iter().rfind(|stored| about(&stored.task)).map(|stored| stored.state))
}

fn unchecked(name: &CheckName, why: &str) -> Check {
    let outcome = Outcome::Unchecked { why: BoundedText::clipped(why) };
    Check { name: name.clone(), version: 0, by: CheckedBy::Coordinator, outcome, tool: None }
}

fn task(
    tx: &mut dyn Tx,
    app: &Core,
    run: &Run,
    sample: &Sample,
    name: &CheckName,
) -> Result<Task, StoreError> {
    let texts = SampleTexts {
        id: sample.id,
        domain: sample.domain.clone(),
        instruction: sample.instruction.clone(),
        input: sample.input.clone(),
        output: sample.output.clone(),
    };
    let origin = Some(Box::new(seeds::get(tx, sample.lineage.seed)?.draft.provenance));
    let key = match claims::void_of(tx, sample.id, name)? {
        0 => plan::key::check(run.id, sample.id, name),
        void => plan::key::check_again(run.id, sample.id, name, void),
    };
    Ok(Task {
        id: app.ids.mint(),
        run: run.id,
        spec: TaskSpec::Check(CheckSpec { check: name.clone(), sample: texts, origin, witness: None }),
        priority: Priority::Urgent,
        key,
        max_attempts: run.spec.max_attempts,
        // Its turn counts from when its sample was planned, so that what is begun is finished first.
        created_at: tasks::get(tx, sample.lineage.task)?.task.created_at,
    })
}
