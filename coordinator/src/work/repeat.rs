//! Checks that workers report: noted with who reported them, repeated by another worker where they are drawn, and compared
//! with the repetition.

use hafs_domain::plan;
use hafs_domain::repeat::{self, Comparison, Doubt, Standing};
use hafs_domain::trust::Observation;
use hafs_library::tables::claims::{self, Claim};
use hafs_library::tables::trust as table;
use hafs_library::tables::{checks, recheck, tasks};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::Repetition;
use hafs_proto::task::CheckSpec;
use hafs_proto::{Check, Outcome, Run, Task, TaskId, TaskSpec, TrustState, WorkerId};

use super::effects::Effects;
use super::{checking, recheck as rechecks, trust};
use crate::app::Core;

/// A check that a worker reports.
pub struct Reported<'a> {
    /// The run of its task.
    pub run: &'a Run,
    /// The task.
    pub task: &'a Task,
    /// What the task asked for.
    pub spec: &'a CheckSpec,
    /// Who reports it.
    pub worker: WorkerId,
    /// The check.
    pub check: &'a Check,
}

/// Stores a reported check. A first one may be repeated; a repetition is held against the first.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn take(
    tx: &mut dyn Tx,
    app: &Core,
    reported: &Reported<'_>,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let Reported { task, spec, worker, check, .. } = *reported;
    let (sample, at) = (spec.sample.id, app.clock.now());
    let seq = checks::insert(tx, sample, std::slice::from_ref(check), at)?;
    let claim = Claim { sample, seq, worker, task: task.id, at };
    if spec.witness.is_some() {
        claims::insert(tx, &claim, Repetition::Repeats, None)?;
        return hold_against_the_first(tx, app, reported, effects);
    }
    let (repetition, by) = repeated(tx, app, reported, effects)?;
    claims::insert(tx, &claim, repetition, by)
}

/// Whether a check is repeated, and by which task.
fn repeated(
    tx: &mut dyn Tx,
    app: &Core,
    reported: &Reported<'_>,
    effects: &mut Effects,
) -> Result<(Repetition, Option<TaskId>), StoreError> {
    let Reported { run, spec, worker, check, .. } = *reported;
    if matches!(check.outcome, Outcome::Unchecked { .. }) {
        return Ok((Repetition::NotComparable, None));
    }
    let draw = repeat::draw(run.spec.seed, spec.sample.id, &spec.check, worker);
    if !repeat::is_drawn(draw, claims::confirmed(tx, worker)?) {
        return Ok((Repetition::NotDrawn, None));
    }
    let able = able(tx, app, reported)?;
    let Some(witness) = repeat::witness(draw, &able) else { return Ok((Repetition::NobodyElse, None)) };
    let task = ask(tx, app, reported, witness, effects)?;
    Ok((Repetition::Asked, Some(task)))
}

/// The trusted workers that have the tool, but for the one that reports.
fn able(tx: &mut dyn Tx, app: &Core, reported: &Reported<'_>) -> Result<Vec<WorkerId>, StoreError> {
    let mut able = checking::able(tx, app, &reported.spec.check)?;
    able.retain(|worker| *worker != reported.worker);
    let mut trusted = Vec::new();
    for worker in able {
        if trust::state(tx, worker)? == TrustState::Trusted {
            trusted.push(worker);
        }
    }
    Ok(trusted)
}

fn ask(
    tx: &mut dyn Tx,
    app: &Core,
    reported: &Reported<'_>,
    witness: WorkerId,
    effects: &mut Effects,
) -> Result<TaskId, StoreError> {
    let first = reported.task;
    let task = Task {
        id: app.ids.mint(),
        spec: TaskSpec::Check(CheckSpec { witness: Some(witness), ..reported.spec.clone() }),
        key: plan::key::repeat(first.id),
        ..first.clone()
    };
    let planned = tasks::insert(tx, &task)?;
    effects.planned(planned, &task);
    let id = match planned {
        tasks::Planned::New(id) | tasks::Planned::Known(id) => id,
    };
    if let Some(of) = recheck::of_task(tx, first.id)? {
        recheck::take_task(tx, of, id)?;
    }
    Ok(id)
}

fn hold_against_the_first(
    tx: &mut dyn Tx,
    app: &Core,
    reported: &Reported<'_>,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let Some((first, check)) = claims::repeated_by(tx, reported.task.id)? else { return Ok(()) };
    let repetition = match repeat::compare(&check, reported.check) {
        Comparison::Same => {
            trust::observe(tx, first.worker, &Observation::Confirmed, app.clock.now(), effects)?;
            Repetition::Confirmed
        }
        Comparison::OtherTool => Repetition::OtherTool,
        Comparison::NotComparable => Repetition::NotComparable,
        Comparison::Different(what) => {
            claims::set(tx, &first, Repetition::Contradicted)?;
            let what = format!("{}, {what}", first.sample);
            return contradicted(tx, app, (first.worker, reported.worker), &what, effects);
        }
    };
    claims::set(tx, &first, repetition)
}

/// Nobody believes a worker any more that was contradicted: it is suspended, its checks do not count, and the samples that
/// they decided are looked at again.
fn contradicted(
    tx: &mut dyn Tx,
    app: &Core,
    (first, witness): (WorkerId, WorkerId),
    what: &str,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let doubted = match repeat::doubt(standing(tx, app, first)?, standing(tx, app, witness)?) {
        Doubt::First => vec![first],
        Doubt::Witness => vec![witness],
        Doubt::Both => vec![first, witness],
    };
    for worker in doubted {
        let seen = Observation::Contradicted { what: what.to_owned() };
        trust::observe(tx, worker, &seen, app.clock.now(), effects)?;
        disown(tx, app, worker, what)?;
    }
    Ok(())
}

/// Lets none of a worker's checks count, and begins to look again at the samples that they decided.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn disown(tx: &mut dyn Tx, app: &Core, worker: WorkerId, what: &str) -> Result<(), StoreError> {
    if claims::void(tx, worker)? == 0 {
        return Ok(());
    }
    rechecks::begin_about(tx, app, worker, what)
}

fn standing(tx: &mut dyn Tx, app: &Core, worker: WorkerId) -> Result<Standing, StoreError> {
    let trust = table::get(tx, worker)?;
    let token = trust.as_ref().and_then(|trust| trust.invited_by);
    if token.is_some_and(|token| app.workers.is_own(token)) {
        return Ok(Standing::Own);
    }
    Ok(match trust.map_or(TrustState::New, |trust| trust.state) {
        TrustState::Trusted => Standing::Trusted,
        TrustState::New | TrustState::Probation | TrustState::Suspended => Standing::Claimant,
    })
}
