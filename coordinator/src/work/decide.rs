//! Deciding about a stored sample, inside the transaction that changed what is known of it.

use std::collections::BTreeMap;

use hafs_domain::decide::{self, Evidence, Ruling, Step};
use hafs_domain::plan;
use hafs_library::StoreError;
use hafs_library::Tx;
use hafs_library::tables::tasks::{StoredState, StoredTask};
use hafs_library::tables::{
    checks, claims, decisions, duplicates, families, recheck as rechecks, reviews, samples, seeds, tasks,
    verdicts,
};
use hafs_proto::people::EventKind;
use hafs_proto::task::{JudgeSpec, Priority, SampleTexts};
use hafs_proto::{
    BoundedText, Check, GeneratorName, Run, RunState, Sample, SampleState, Task, TaskKind, TaskSpec,
    TeacherName, Verdict,
};
use hafs_quality::gates::{self, Weight};

use super::checking::{self, Need};
use super::effects::Effects;
use super::{quota, trust};
use crate::app::Core;
use crate::metrics::Decided;

/// The rubric that judges are given.
const RUBRIC: &str = "judge";
/// A judge answers in few words.
const JUDGE_TOKENS: u32 = 320;

/// What is known of a sample besides itself.
#[derive(Debug, Clone, Copy)]
pub enum Known<'a> {
    /// It was stored a moment ago with these checks, and nobody was asked about it.
    Fresh(&'a [Check]),
    /// A person has made it of another one a moment ago, and it has these checks.
    Edited(&'a [Check]),
    /// What the library holds.
    Stored,
}

/// Applies the rule to a candidate and carries out what it says: accept, reject, set aside, or ask a judge.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn settle(
    tx: &mut dyn Tx,
    app: &Core,
    run: &Run,
    (sample, known): (&Sample, Known<'_>),
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let (mut checks, asked, first) = match known {
        Known::Fresh(checks) => {
            let asked = Asked { families: families_of(tx, run, sample)?, ..Asked::default() };
            (checks.to_vec(), asked, true)
        }
        // It says nothing of the worker whose sample was edited.
        Known::Edited(checks) => {
            let asked = Asked { families: families_of(tx, run, sample)?, ..Asked::default() };
            (checks.to_vec(), asked, false)
        }
        // What is being repeated is not decided before.
        Known::Stored if claims::is_awaited(tx, sample.id)? => return Ok(()),
        Known::Stored => {
            let first = decisions::latest(tx, sample.id)?.is_none() && !is_edited(tx, sample)?;
            (stored_checks(tx, sample)?, asked(tx, run, sample)?, first)
        }
    };
    let mut ruling = rule(run, sample, checks.clone(), &asked);
    // Each round records one of the validators that are needed, so there are no more rounds than these.
    while let Step::Check(name) = &ruling.step {
        match checking::need(tx, app, run, (sample, name), effects)? {
            Need::Asked => return Ok(()),
            Need::Open(check) => checks.push(check),
        }
        ruling = rule(run, sample, checks.clone(), &asked);
    }
    carry_out(tx, app, (run, sample), &ruling, effects)?;
    // A decision that is drawn again says nothing new of its maker.
    if ruling.step == Step::Accept && first {
        trust::confirm(tx, sample, (&checks, &asked.verdicts), app.clock.now(), effects)?;
    }
    Ok(())
}

/// Decides about a sample that an edit has made. Of a run that has ended nobody is asked any more.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn settle_edited(
    tx: &mut dyn Tx,
    app: &Core,
    run: &Run,
    (sample, checks): (&Sample, &[Check]),
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let ended = match run.state {
        RunState::Running | RunState::Paused => false,
        RunState::Finished | RunState::Cancelled => true,
    };
    let asks = || match rule(run, sample, checks.to_vec(), &Asked::default()).step {
        Step::Check(_) | Step::Ask(_) => true,
        Step::Accept | Step::Reject(_) | Step::Blocked(_) => false,
    };
    if ended && asks() {
        let why = "its run has ended, so nobody is asked about it any more: accept or reject it";
        effects.decided.push(run.id);
        return samples::quarantine(tx, sample.id, &BoundedText::clipped(why), app.clock.now());
    }
    settle(tx, app, run, (sample, Known::Edited(checks)), effects)
}

fn is_edited(tx: &mut dyn Tx, sample: &Sample) -> Result<bool, StoreError> {
    Ok(sample.lineage.parent.is_some() && reviews::has_made(tx, sample.id)?)
}

/// How the judges of a sample have voted so far: how many agree, of how many.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn votes(tx: &mut dyn Tx, run: &Run, sample: &Sample) -> Result<(u32, u32), StoreError> {
    let ruling = rule(run, sample, stored_checks(tx, sample)?, &asked(tx, run, sample)?);
    Ok((ruling.agree, ruling.of))
}

/// What became of a decision that was drawn again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Again {
    /// It stands.
    Same,
    /// It is another one, or the question is open again.
    Changed,
    /// It does not stand, and nothing that can still come in replaces it.
    Stuck(String),
}

/// Draws the decision about a sample again, from what counts now. What a person has decided stands.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn again(
    tx: &mut dyn Tx,
    app: &Core,
    run: &Run,
    sample: &Sample,
    effects: &mut Effects,
) -> Result<Again, StoreError> {
    if reviews::is_bound(tx, sample.id)? {
        return Ok(Again::Same);
    }
    let ruling = rule(run, sample, stored_checks(tx, sample)?, &asked(tx, run, sample)?);
    match (&sample.state, &ruling.step) {
        (SampleState::Quarantined { .. }, _) | (SampleState::Accepted { .. }, Step::Accept) => {
            return Ok(Again::Same);
        }
        (SampleState::Rejected { reasons, .. }, Step::Reject(now)) if reasons == now => {
            return Ok(Again::Same);
        }
        (SampleState::Candidate, _) | (_, Step::Accept | Step::Reject(_)) => {}
        (_, Step::Blocked(block)) => return Ok(Again::Stuck(block.to_string())),
        (_, Step::Check(_) | Step::Ask(_)) => match run.state {
            RunState::Running | RunState::Paused => samples::reopen(tx, sample.id)?,
            RunState::Finished | RunState::Cancelled => {
                let why = "what decided it does not count any more, and its run has ended";
                return Ok(Again::Stuck(why.to_owned()));
            }
        },
    }
    carry_out(tx, app, (run, sample), &ruling, effects)?;
    effects.decided.push(run.id);
    Ok(if sample.state == SampleState::Candidate { Again::Same } else { Again::Changed })
}

/// As [`again`], after newer checks. A sample that only the rule has set aside may come back; one that a quarantine holds,
/// or whose content was taken meanwhile, may not.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn recheck(
    tx: &mut dyn Tx,
    app: &Core,
    run: &Run,
    sample: &Sample,
    effects: &mut Effects,
) -> Result<Again, StoreError> {
    if reviews::is_bound(tx, sample.id)? {
        return Ok(Again::Same);
    }
    let ruling = rule(run, sample, stored_checks(tx, sample)?, &asked(tx, run, sample)?);
    let accepted = matches!(sample.state, SampleState::Accepted { .. });
    let accepts = ruling.step == Step::Accept;
    if accepts && !accepted && duplicates::exact(tx, sample.canon_hash, sample.id)?.is_some() {
        return Ok(Again::Same);
    }
    match &sample.state {
        SampleState::Candidate => {
            settle(tx, app, run, (sample, Known::Stored), effects)?;
            Ok(Again::Same)
        }
        SampleState::Accepted { .. } | SampleState::Rejected { .. } => again(tx, app, run, sample, effects),
        SampleState::Quarantined { .. } if rechecks::is_held(tx, sample.id)? => Ok(Again::Same),
        SampleState::Quarantined { .. } => match (&ruling.step, run.state) {
            (Step::Accept | Step::Reject(_), _) => {
                carry_out(tx, app, (run, sample), &ruling, effects)?;
                Ok(Again::Changed)
            }
            (Step::Ask(_), RunState::Running | RunState::Paused) => {
                samples::reopen(tx, sample.id)?;
                carry_out(tx, app, (run, sample), &ruling, effects)?;
                Ok(Again::Changed)
            }
            (Step::Ask(_) | Step::Check(_) | Step::Blocked(_), _) => Ok(Again::Same),
        },
    }
}

fn stored_checks(tx: &mut dyn Tx, sample: &Sample) -> Result<Vec<Check>, StoreError> {
    checks::standing(tx, sample.id)
}

fn carry_out(
    tx: &mut dyn Tx,
    app: &Core,
    (run, sample): (&Run, &Sample),
    ruling: &Ruling,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let now = app.clock.now();
    if let Some(decision) = ruling.decision(sample.id, now) {
        decisions::insert(tx, &decision)?;
        effects.decided.push(run.id);
    }
    match &ruling.step {
        Step::Accept => {
            effects.rule(sample, Decided::Accepted);
            let message = format!("accepted {}", sample.lineage.generator);
            effects.tell(EventKind::Accepted, run.id, sample.id, message);
        }
        Step::Reject(reasons) => {
            let codes: Vec<&str> = reasons.iter().map(|reason| reason.code()).collect();
            let message = format!("rejected: {}", codes.join(", "));
            effects.tell(EventKind::Rejected, run.id, sample.id, message);
            effects.rejected.extend(reasons);
            effects.rule(sample, Decided::Rejected);
        }
        Step::Blocked(block) => {
            samples::quarantine(tx, sample.id, &BoundedText::clipped(&block.to_string()), now)?;
            effects.decided.push(run.id);
            effects.tell(EventKind::Rejected, run.id, sample.id, format!("set aside: {block}"));
            effects.rule(sample, Decided::SetAside);
        }
        // `settle` has asked; of a sample that was reopened the settling pass takes care.
        Step::Check(_) => {}
        Step::Ask(judge) => {
            let task = judge_task(tx, app, run, sample, judge)?;
            let planned = tasks::insert(tx, &task)?;
            effects.planned(planned, &task);
        }
    }
    Ok(())
}

/// What came of asking judges about a sample.
#[derive(Debug, Default)]
struct Asked {
    verdicts: Vec<Verdict>,
    given_up: Vec<TeacherName>,
    families: BTreeMap<TeacherName, String>,
}

fn asked(tx: &mut dyn Tx, run: &Run, sample: &Sample) -> Result<Asked, StoreError> {
    let verdicts = verdicts::standing(tx, sample.id)?;
    let mut given_up = given_up(tx, sample, &verdicts)?;
    // A judge that a quarantine speaks against is not asked a second time.
    let void = verdicts::void(tx, sample.id)?.into_iter();
    given_up.extend(void.filter(|void| void.judge_itself).map(|void| void.judge));
    Ok(Asked { verdicts, given_up, families: families_of(tx, run, sample)? })
}

/// The families that workers told of those who may judge a sample and of who wrote it.
fn families_of(
    tx: &mut dyn Tx,
    run: &Run,
    sample: &Sample,
) -> Result<BTreeMap<TeacherName, String>, StoreError> {
    match run.spec.judges.as_slice() {
        [] => Ok(BTreeMap::new()),
        judges => families::of(tx, judges.iter().chain([&sample.lineage.teacher])),
    }
}

/// The checks that decide. What an advisory gate says is for people and exports.
#[must_use]
pub fn deciding(mut checks: Vec<Check>) -> Vec<Check> {
    let advisory = |check: &Check| {
        // A graph informs unless its configuration lets it decide, and then its check has another name.
        let informs = check.name.as_str() == hafs_graph::text::CHECK;
        informs
            || gates::GATES
                .iter()
                .any(|gate| gate.name == check.name.as_str() && gate.weight == Weight::Advisory)
    };
    checks.retain(|check| !advisory(check));
    checks
}

fn rule(run: &Run, sample: &Sample, checks: Vec<Check>, asked: &Asked) -> Ruling {
    let checks = deciding(checks);
    decide::decide(&Evidence {
        policy: &run.spec.policy,
        needed: &run.spec.policy.needed(&sample.domain),
        checks: &checks,
        author: &sample.lineage.teacher,
        judges: &run.spec.judges,
        families: &asked.families,
        given_up: &asked.given_up,
        verdicts: &asked.verdicts,
    })
}

/// Judges whose task for this sample was dead-lettered or called off, or was answered by another teacher.
fn given_up(tx: &mut dyn Tx, sample: &Sample, verdicts: &[Verdict]) -> Result<Vec<TeacherName>, StoreError> {
    let asked = tasks::of_sample(tx, sample.id, TaskKind::Judge)?;
    let judge = |task: Task| match task.spec {
        TaskSpec::Judge(spec) => Some(spec.judge),
        TaskSpec::Harvest(_)
        | TaskSpec::Generate(_)
        | TaskSpec::Check(_)
        | TaskSpec::Embed(_)
        | TaskSpec::Augment(_) => None,
    };
    let stood_in = |task: &Task| {
        let given = verdicts.iter().find(|verdict| verdict.task == task.id);
        given.is_some_and(|verdict| task.route().teacher() != Some(&verdict.judge))
    };
    let gone = |stored: &StoredTask| match &stored.state {
        StoredState::Dead { .. } | StoredState::Cancelled { .. } => true,
        StoredState::Done { .. } => stood_in(&stored.task),
        StoredState::Open { .. } => false,
    };
    Ok(asked.into_iter().filter(gone).filter_map(|stored| judge(stored.task)).collect())
}

fn judge_task(
    tx: &mut dyn Tx,
    app: &Core,
    run: &Run,
    sample: &Sample,
    judge: &TeacherName,
) -> Result<Task, StoreError> {
    let seed = seeds::get(tx, sample.lineage.seed)?;
    let void = verdicts::void(tx, sample.id)?.iter().filter(|void| void.judge == *judge).count();
    let key = match void {
        0 => plan::key::judge(run.id, sample.id, judge),
        void => plan::key::judge_again(run.id, sample.id, judge, void),
    };
    let spec = JudgeSpec {
        sample: SampleTexts {
            id: sample.id,
            domain: sample.domain.clone(),
            instruction: sample.instruction.clone(),
            input: sample.input.clone(),
            output: sample.output.clone(),
        },
        source_text: seed.draft.text,
        rubric: rubric(),
        judge: judge.clone(),
        max_tokens: run.spec.max_tokens.min(JUDGE_TOKENS),
        sampling_seed: plan::sampling::judge(run.spec.seed, sample.content_hash, judge),
        lane: quota::lane(tx, app, run, judge)?,
    };
    Ok(Task {
        id: app.ids.mint(),
        run: run.id,
        spec: TaskSpec::Judge(spec),
        priority: Priority::Urgent,
        key,
        max_attempts: run.spec.max_attempts,
        // Its turn counts from when its sample was planned, so that what is begun is finished first.
        created_at: tasks::get(tx, sample.lineage.task)?.task.created_at,
    })
}

fn rubric() -> GeneratorName {
    // Proof: the constant is a slug; a test of this file reads it.
    RUBRIC.parse().expect("a name")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_rubrics_name_is_a_name() {
        assert_eq!(super::rubric().as_str(), super::RUBRIC);
    }
}
