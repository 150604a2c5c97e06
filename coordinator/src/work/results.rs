//! What each kind of result leaves in the library.

use std::collections::BTreeMap;

use hafs_domain::trust::Observation;
use hafs_library::tables::harvest::{self, HarvestedPage};
use hafs_library::tables::samples::Stored;
use hafs_library::tables::{
    checks, duplicates, embeddings, recheck as rechecks, runs, samples, seeds, verdicts,
};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::EventKind;
use hafs_proto::sample::{Lineage, TemplateRef, content_hash};
use hafs_proto::task::{Completion, TaskOutput};
use hafs_proto::verdict::Opinion;
use hafs_proto::{
    AttemptId, BoundedText, Check, ContentHash, Domain, GeneratorName, Run, Sample, SampleId, SampleState,
    SeedDraft, SeedId, SourceName, Task, TaskSpec, TeacherName, TrustState, Verdict,
};

use super::candidates::Examined;
use super::complete::Sender;
use super::decide::{self, Known};
use super::duplicates as duplicate_check;
use super::effects::Effects;
use super::repeat::{self, Reported};
use super::{quarantine, recheck, trust};
use crate::app::Core;

/// A result whose task was open and is closed in this transaction.
pub struct Result<'a> {
    /// Who delivered it.
    pub sender: Sender,
    /// The attempt that it is recorded as.
    pub attempt: AttemptId,
    /// The run.
    pub run: &'a Run,
    /// The task.
    pub task: &'a Task,
    /// The delivery.
    pub completion: &'a Completion,
    /// Its candidates, examined.
    pub examined: Vec<Examined>,
    /// How far the sender is believed.
    pub trust: TrustState,
}

/// Stores what a result holds.
///
/// # Errors
/// [`StoreError`] of the driver; nothing of the result is stored then.
pub fn store(
    tx: &mut dyn Tx,
    app: &Core,
    result: &Result<'_>,
    effects: &mut Effects,
) -> std::result::Result<(), StoreError> {
    match (&result.task.spec, &result.completion.output) {
        (TaskSpec::Harvest(spec), TaskOutput::Harvest { seeds, next_cursor, skipped }) => {
            let page = Page { source: &spec.source, seeds, next_cursor, skipped };
            harvested(tx, app, result, &page, effects)
        }
        (TaskSpec::Generate(spec), TaskOutput::Generate { template, .. }) => {
            let draft = &spec.seed.draft;
            let origin = Origin {
                seed: spec.seed.id,
                parent: None,
                generator: &spec.generator,
                teacher: &spec.teacher,
                domain: &draft.domain,
                group: draft.provenance.group.clone(),
                template,
            };
            candidates(tx, app, result, &origin, effects)
        }
        (TaskSpec::Augment(spec), TaskOutput::Augment { template, .. }) => {
            let parent = samples::get(tx, spec.sample.id)?;
            let origin = Origin {
                seed: spec.seed,
                parent: Some(parent.id),
                generator: &parent.lineage.generator,
                teacher: &spec.teacher,
                domain: &spec.sample.domain,
                group: parent.lineage.group.clone(),
                template,
            };
            candidates(tx, app, result, &origin, effects)
        }
        (TaskSpec::Judge(spec), TaskOutput::Judge { opinion }) => {
            judged(tx, app, result, (spec.sample.id, &spec.judge, opinion), effects)
        }
        (TaskSpec::Check(spec), TaskOutput::Check { check }) => {
            compare(tx, app, result, (spec.sample.id, check), effects)?;
            let (run, task, worker) = (result.run, result.task, result.sender.worker);
            repeat::take(tx, app, &Reported { run, task, spec, worker, check }, effects)?;
            checked(tx, app, result, spec.sample.id, effects)
        }
        (TaskSpec::Embed(spec), TaskOutput::Embed { vectors, .. }) => {
            for item in vectors {
                embeddings::insert(tx, item.sample, &spec.model, &item.vector, app.clock.now())?;
            }
            Ok(())
        }
        // `complete::fits` has compared the kinds.
        _ => Ok(()),
    }
}

struct Page<'a> {
    source: &'a SourceName,
    seeds: &'a [SeedDraft],
    next_cursor: &'a Option<BoundedText<1024>>,
    skipped: &'a BTreeMap<String, u32>,
}

fn harvested(
    tx: &mut dyn Tx,
    app: &Core,
    result: &Result<'_>,
    page: &Page<'_>,
    effects: &mut Effects,
) -> std::result::Result<(), StoreError> {
    let now = app.clock.now();
    let mut new = 0;
    for draft in page.seeds {
        match seeds::insert(tx, app.ids.mint(), draft, now)? {
            seeds::Inserted::New(_) => new += 1,
            seeds::Inserted::Known(_) => {}
        }
    }
    let known = page.seeds.len() as u64 - new;
    let record = HarvestedPage {
        run: result.run.id,
        source: page.source.clone(),
        next_cursor: page.next_cursor.clone(),
        seeds: new,
        known,
        skipped: page.skipped.clone(),
        at: now,
    };
    harvest::record(tx, &record)?;
    effects.seeds += new;
    let message = format!("{new} new seeds from {}, {known} known", page.source);
    effects.tell(EventKind::Harvested, result.run.id, page.source, message);
    Ok(())
}

/// What the samples of one result have in common.
struct Origin<'a> {
    seed: SeedId,
    parent: Option<SampleId>,
    generator: &'a GeneratorName,
    teacher: &'a TeacherName,
    domain: &'a Domain,
    group: BoundedText<1024>,
    template: &'a TemplateRef,
}

fn candidates(
    tx: &mut dyn Tx,
    app: &Core,
    result: &Result<'_>,
    origin: &Origin<'_>,
    effects: &mut Effects,
) -> std::result::Result<(), StoreError> {
    let now = app.clock.now();
    for examined in &result.examined {
        let sample = sample(app, result, origin, examined);
        match samples::insert(tx, &sample)? {
            Stored::New => effects.generated += 1,
            Stored::SlotTaken => continue,
        }
        let signature = examined.signature.as_ref();
        let threshold = result.run.spec.policy.diversity_threshold;
        let mut found = examined.checks.clone();
        found.push(duplicate_check::check(tx, &sample, signature, threshold)?);
        checks::insert(tx, sample.id, &found, now)?;
        if let Some(signature) = signature {
            duplicates::insert(tx, sample.id, signature)?;
        }
        if result.trust == TrustState::Suspended {
            quarantine::take_late_sample(tx, app, result.sender.worker, sample.id)?;
            effects.set_aside += 1;
        } else {
            decide::settle(tx, app, result.run, (&sample, Known::Fresh(&found)), effects)?;
        }
    }
    let message = format!("{} candidates by {}", result.examined.len(), origin.generator);
    effects.tell(EventKind::Generated, result.run.id, result.task.id, message);
    Ok(())
}

fn sample(app: &Core, result: &Result<'_>, origin: &Origin<'_>, examined: &Examined) -> Sample {
    let candidate = &examined.candidate;
    let call = result.completion.calls.get(usize::from(candidate.call));
    Sample {
        id: app.ids.mint(),
        domain: origin.domain.clone(),
        instruction: candidate.instruction.clone(),
        input: candidate.input.clone(),
        output: candidate.output.clone(),
        content_hash: content_hash(&candidate.instruction, &candidate.input, &candidate.output),
        canon_hash: examined.canon_hash,
        lineage: Lineage {
            run: result.run.id,
            task: result.task.id,
            slot: candidate.slot,
            attempt: result.attempt,
            worker: result.sender.worker,
            seed: origin.seed,
            parent: origin.parent,
            generator: origin.generator.clone(),
            template: origin.template.clone(),
            // Whoever wrote it is its author, also where another teacher was asked first.
            teacher: call.map_or_else(|| origin.teacher.clone(), |call| call.teacher.clone()),
            served_model: call.and_then(|call| call.served_model.clone()),
            prompt_hash: call.map_or_else(|| ContentHash::of(b""), |call| call.prompt_hash),
            group: origin.group.clone(),
        },
        created_at: app.clock.now(),
        state: SampleState::Candidate,
    }
}

fn judged(
    tx: &mut dyn Tx,
    app: &Core,
    result: &Result<'_>,
    (sample, judge, opinion): (SampleId, &TeacherName, &Opinion),
    effects: &mut Effects,
) -> std::result::Result<(), StoreError> {
    // The vote is that of the teacher that gave it: one that stands in for another has no second voice.
    let answered = result.completion.calls.iter().rev().find(|call| call.error.is_none());
    let judge = answered.map_or(judge, |call| &call.teacher);
    let verdict = Verdict {
        id: app.ids.mint(),
        sample,
        task: result.task.id,
        attempt: result.attempt,
        worker: result.sender.worker,
        judge: judge.clone(),
        opinion: opinion.clone(),
        created_at: app.clock.now(),
    };
    verdicts::insert(tx, &verdict)?;
    effects.scores.push(opinion.score);
    if result.trust == TrustState::Suspended {
        quarantine::take_late_verdict(tx, app, result.sender.worker, verdict.id)?;
    }
    let message = format!("{judge} gives {:.2}", opinion.score.get());
    effects.tell(EventKind::Judged, result.run.id, sample, message);
    settle(tx, app, result.run, sample, effects)
}

/// Holds a check that a worker reports against the coordinator's own run of it.
fn compare(
    tx: &mut dyn Tx,
    app: &Core,
    result: &Result<'_>,
    (sample, reported): (SampleId, &Check),
    effects: &mut Effects,
) -> std::result::Result<(), StoreError> {
    let own: Vec<Check> = checks::of_sample(tx, sample)?.into_iter().map(|view| view.check).collect();
    let Some(what) = hafs_domain::trust::contradiction(reported, &own) else { return Ok(()) };
    let what = format!("{sample}, {what}");
    let seen = Observation::Contradicted { what: what.clone() };
    let worker = result.sender.worker;
    trust::observe(tx, worker, &seen, app.clock.now(), effects)?;
    repeat::disown(tx, app, worker, &what)
}

/// Decides about a sample that was checked; one that was decided before only if a recheck asked for the check.
fn checked(
    tx: &mut dyn Tx,
    app: &Core,
    result: &Result<'_>,
    id: SampleId,
    effects: &mut Effects,
) -> std::result::Result<(), StoreError> {
    match rechecks::of_task(tx, result.task.id)? {
        None => settle(tx, app, result.run, id, effects),
        Some(of) => {
            let (sample, run) = (samples::get(tx, id)?, runs::get(tx, result.run.id)?);
            recheck::checked(tx, app, &run, (&sample, of), effects)
        }
    }
}

/// Decides about a sample that is undecided still; one that was decided meanwhile stays as it is.
pub fn settle(
    tx: &mut dyn Tx,
    app: &Core,
    run: &Run,
    id: SampleId,
    effects: &mut Effects,
) -> std::result::Result<(), StoreError> {
    let sample = samples::get(tx, id)?;
    if sample.state == SampleState::Candidate {
        decide::settle(tx, app, run, (&sample, Known::Stored), effects)
    } else {
        Ok(())
    }
}
