//! One batch of a quarantine, or of taking it back, inside its transaction.

use std::collections::{BTreeMap, BTreeSet};

use hafs_library::tables::quarantine::{self, Lifted, Place, Stage, StoredQuarantine};
use hafs_library::tables::{runs, samples};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::QuarantineState;
use hafs_proto::{BoundedText, Run, RunId, SampleId, VerdictId};

use super::decide::{self, Again};
use super::effects::Effects;
use super::quarantine as work;
use crate::app::Core;

/// Samples or verdicts of one batch: short enough that results of workers do not wait.
const BATCH: u32 = 100;

/// Does the next batch and notes how far it came.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn batch(
    tx: &mut dyn Tx,
    app: &Core,
    stored: &mut StoredQuarantine,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let lifting = stored.view.state == QuarantineState::Lifting;
    let more = match (lifting, stored.stage) {
        (false, Stage::Samples) => set_aside(tx, app, stored, effects)?,
        (false, Stage::Verdicts) => void(tx, app, stored, effects)?,
        (true, Stage::Verdicts) => count_again(tx, app, stored, effects)?,
        (true, Stage::Samples) => restore(tx, stored)?,
    };
    if !more {
        next_stage(app, stored, effects);
    }
    Ok(())
}

fn next_stage(app: &Core, stored: &mut StoredQuarantine, effects: &mut Effects) {
    stored.place = Place::default();
    let lifting = stored.view.state == QuarantineState::Lifting;
    match (lifting, stored.stage) {
        (false, Stage::Samples) => stored.stage = Stage::Verdicts,
        (true, Stage::Verdicts) => stored.stage = Stage::Samples,
        (false, Stage::Verdicts) => end(app, stored, QuarantineState::Done, effects),
        (true, Stage::Samples) => end(app, stored, QuarantineState::Lifted, effects),
    }
}

fn end(app: &Core, stored: &mut StoredQuarantine, state: QuarantineState, effects: &mut Effects) {
    stored.view.state = state;
    stored.view.ended_at = Some(app.clock.now());
    effects.news.push(work::news(&stored.view));
}

fn is_full<T>(rows: &[T]) -> bool {
    u32::try_from(rows.len()).is_ok_and(|rows| rows >= BATCH)
}

fn set_aside(
    tx: &mut dyn Tx,
    app: &Core,
    stored: &mut StoredQuarantine,
    effects: &mut Effects,
) -> Result<bool, StoreError> {
    let found = quarantine::samples_after(tx, &stored.view.selection, &stored.place, BATCH)?;
    for sample in &found {
        mark(tx, app, stored, *sample, effects)?;
        // What was derived from it says the same in other words.
        for child in quarantine::children(tx, *sample)? {
            mark(tx, app, stored, child, effects)?;
        }
    }
    if let Some(last) = found.last() {
        stored.place = Place::after(*last);
    }
    Ok(is_full(&found))
}

fn mark(
    tx: &mut dyn Tx,
    app: &Core,
    stored: &mut StoredQuarantine,
    sample: SampleId,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let why = BoundedText::clipped(&stored.view.reason);
    aside(tx, app, stored, (sample, &why), effects)
}

fn aside(
    tx: &mut dyn Tx,
    app: &Core,
    stored: &mut StoredQuarantine,
    (sample, why): (SampleId, &BoundedText<1024>),
    effects: &mut Effects,
) -> Result<(), StoreError> {
    if quarantine::set_aside(tx, stored.view.id, sample, why, app.clock.now())? {
        stored.view.samples += 1;
        effects.set_aside += 1;
    }
    Ok(())
}

fn void(
    tx: &mut dyn Tx,
    app: &Core,
    stored: &mut StoredQuarantine,
    effects: &mut Effects,
) -> Result<bool, StoreError> {
    let found = quarantine::verdicts_after(tx, &stored.view.selection, &stored.place, BATCH)?;
    for (verdict, _) in &found {
        stored.view.verdicts += u64::from(quarantine::void(tx, stored.view.id, *verdict)?);
    }
    redraw(tx, app, stored, &found, effects)?;
    Ok(is_full(&found))
}

fn count_again(
    tx: &mut dyn Tx,
    app: &Core,
    stored: &mut StoredQuarantine,
    effects: &mut Effects,
) -> Result<bool, StoreError> {
    let found = quarantine::voided_after(tx, stored.view.id, &stored.place, BATCH)?;
    for (verdict, _) in &found {
        quarantine::count_again(tx, stored.view.id, *verdict)?;
    }
    redraw(tx, app, stored, &found, effects)?;
    Ok(is_full(&found))
}

/// Draws the decisions about the samples of these verdicts again.
fn redraw(
    tx: &mut dyn Tx,
    app: &Core,
    stored: &mut StoredQuarantine,
    found: &[(VerdictId, SampleId)],
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let mut known: BTreeMap<RunId, Run> = BTreeMap::new();
    let judged: BTreeSet<SampleId> = found.iter().map(|(_, sample)| *sample).collect();
    for id in judged {
        let sample = samples::get(tx, id)?;
        let run = match known.get(&sample.lineage.run) {
            Some(run) => run.clone(),
            None => runs::get(tx, sample.lineage.run)?,
        };
        match decide::again(tx, app, &run, &sample, effects)? {
            Again::Same => {}
            Again::Changed => stored.view.redrawn += 1,
            Again::Stuck(why) => {
                stored.view.redrawn += 1;
                aside(tx, app, stored, (id, &BoundedText::clipped(&why)), effects)?;
            }
        }
        known.insert(run.id, run);
    }
    if let Some((last, _)) = found.last() {
        stored.place = Place::after(*last);
    }
    Ok(())
}

fn restore(tx: &mut dyn Tx, stored: &mut StoredQuarantine) -> Result<bool, StoreError> {
    let found = quarantine::marked_after(tx, stored.view.id, &stored.place, BATCH)?;
    for sample in &found {
        match quarantine::lift_sample(tx, stored.view.id, *sample)? {
            Lifted::Twice(_) => stored.view.kept += 1,
            Lifted::Restored | Lifted::Held | Lifted::Unmarked => {}
        }
    }
    if let Some(last) = found.last() {
        stored.place = Place::after(*last);
    }
    Ok(is_full(&found))
}
