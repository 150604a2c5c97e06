//! What the planner sees of the library.

use std::collections::{BTreeMap, BTreeSet};

use hafs_domain::generator;
use hafs_domain::plan::{Failure, GroupView, OpenTasks, Parent, SeedView, SourceState, View};
use hafs_library::tables::{budget, checks, harvest, planning, quota, samples};
use hafs_library::{StoreError, Tx};
use hafs_proto::{
    BoundedText, Finding, GeneratorName, MicroUsd, Outcome, Reason, Route, RunId, RunSpec, SampleId,
    SampleState, SourceName, TaskKind,
};

/// Seeds, failures and parents that the planner chooses from in one pass.
const CHOICE: u32 = 2_048;
/// Reasons told to a teacher.
const HINTS: u32 = 3;

/// What one more sample may cost: as much as the dearest call so far, for writing it and for each judge.
fn price(spec: &RunSpec, dearest: MicroUsd) -> MicroUsd {
    let judges = if spec.judges.is_empty() { 0 } else { spec.policy.of };
    MicroUsd(dearest.0.saturating_mul(1 + u64::from(judges)))
}

/// One moment of a run, as the planner needs it.
pub(super) fn view(tx: &mut dyn Tx, run: RunId, spec: &RunSpec) -> Result<View, StoreError> {
    let numbers = planning::numbers(tx, run)?;
    let money = budget::get(tx, run)?;
    // A task that nothing paid for has been given up: no other is planned.
    let stopped = money.ceiling.is_some() && quota::is_stopped(tx, run)?;
    let spent = if stopped { money.ceiling.unwrap_or(money.spent).max(money.spent) } else { money.spent };
    let open = |kind| numbers.open.get(&kind).copied().unwrap_or_default();
    Ok(View {
        accepted: numbers.accepted,
        augmented: numbers.augmented,
        decided: numbers.decided,
        candidates: numbers.candidates,
        finished: numbers.finished,
        open: OpenTasks {
            harvest: open(TaskKind::Harvest),
            generate: open(TaskKind::Generate),
            augment: open(TaskKind::Augment),
            other: open(TaskKind::Check) + open(TaskKind::Judge) + open(TaskKind::Embed),
        },
        spent,
        reserved: money.reserved,
        price: price(spec, numbers.dearest_task),
        sources: sources(tx, run, spec)?,
        seeds: stock(tx, run, spec)?,
        groups: groups(tx, run)?,
        planned: planning::planned(tx, run)?,
        failures: failures(tx, run, spec)?,
        parents: parents(tx, run)?,
        top_reasons: top_reasons(tx, run, spec)?,
    })
}

fn parents(tx: &mut dyn Tx, run: RunId) -> Result<Vec<Parent>, StoreError> {
    let parents = planning::parents(tx, run, CHOICE)?;
    Ok(parents.into_iter().map(|(sample, content)| Parent { sample, content }).collect())
}

fn sources(
    tx: &mut dyn Tx,
    run: RunId,
    spec: &RunSpec,
) -> Result<BTreeMap<SourceName, SourceState>, StoreError> {
    let tasks = planning::harvest_tasks(tx, run)?;
    let mut progress: BTreeMap<SourceName, _> =
        harvest::list(tx, run)?.into_iter().map(|progress| (progress.source.clone(), progress)).collect();
    let mut states = BTreeMap::new();
    for source in &spec.sources {
        let route = Route::Source(source.clone()).to_string();
        let known = tasks.get(&route).map(|states| states.contains("open"));
        let state = match (known, progress.remove(source)) {
            (Some(true), _) => SourceState::UnderWay,
            (Some(false), Some(progress)) if !progress.finished => match progress.cursor {
                Some(cursor) if !tasks.get(&route).is_some_and(|states| states.contains("dead")) => {
                    SourceState::Next(cursor)
                }
                _ => SourceState::Ended,
            },
            (Some(false), _) => SourceState::Ended,
            (None, _) => continue,
        };
        states.insert(source.clone(), state);
    }
    Ok(states)
}

/// Seeds that at least one generator has not had, each once.
fn stock(tx: &mut dyn Tx, run: RunId, spec: &RunSpec) -> Result<Vec<SeedView>, StoreError> {
    let mut stock = BTreeMap::new();
    for generator in &spec.generators {
        let Some(takes) = generator::find(generator) else { continue };
        let wanted = planning::SeedsWanted { generator, kinds: takes.kinds, rewrite: takes.rewrite };
        let found = planning::seeds(tx, run, &spec.sources, wanted, CHOICE)?;
        for seed in found {
            stock.entry(seed.id).or_insert(SeedView {
                id: seed.id,
                kind: seed.kind,
                rewrites: seed.rewrites,
                group: seed.group,
                tried: seed.tried,
            });
        }
    }
    Ok(stock.into_values().collect())
}

fn groups(tx: &mut dyn Tx, run: RunId) -> Result<BTreeMap<BoundedText<1024>, GroupView>, StoreError> {
    let accepted = planning::accepted_per_group(tx, run)?;
    let planned = planning::planned_per_group(tx, run)?;
    let names: BTreeSet<&String> = accepted.keys().chain(planned.keys()).collect();
    let count = |of: &BTreeMap<String, u64>, name: &str| of.get(name).copied().unwrap_or_default();
    Ok(names
        .into_iter()
        .map(|name| {
            let group = GroupView { planned: count(&planned, name), accepted: count(&accepted, name) };
            (BoundedText::clipped(name), group)
        })
        .collect())
}

fn failures(tx: &mut dyn Tx, run: RunId, spec: &RunSpec) -> Result<Vec<Failure>, StoreError> {
    let fixable = planning::fixable(tx, run, spec.policy.repairs, CHOICE)?;
    fixable
        .into_iter()
        .map(|fixable| {
            Ok(Failure {
                reasons: reasons(tx, fixable.sample)?,
                findings: findings(tx, fixable.sample)?,
                seed: fixable.seed,
                generator: fixable.generator,
                teacher: fixable.teacher,
                round: fixable.round,
            })
        })
        .collect()
}

fn reasons(tx: &mut dyn Tx, sample: SampleId) -> Result<Vec<Reason>, StoreError> {
    Ok(match samples::get(tx, sample)?.state {
        SampleState::Rejected { reasons, .. } => reasons,
        SampleState::Candidate | SampleState::Accepted { .. } | SampleState::Quarantined { .. } => Vec::new(),
    })
}

fn findings(tx: &mut dyn Tx, sample: SampleId) -> Result<Vec<Finding>, StoreError> {
    let failed = |outcome| match outcome {
        Outcome::Fail { findings } => findings,
        Outcome::Pass | Outcome::NotApplicable | Outcome::Unchecked { .. } => Vec::new(),
    };
    Ok(checks::standing(tx, sample)?.into_iter().flat_map(|check| failed(check.outcome)).collect())
}

fn top_reasons(
    tx: &mut dyn Tx,
    run: RunId,
    spec: &RunSpec,
) -> Result<BTreeMap<GeneratorName, Vec<Reason>>, StoreError> {
    if !spec.policy.feedback {
        return Ok(BTreeMap::new());
    }
    let mut all = BTreeMap::new();
    for generator in &spec.generators {
        let top = planning::top_reasons(tx, run, generator, HINTS)?;
        all.insert(generator.clone(), top.into_iter().map(|top| top.reason).collect());
    }
    Ok(all)
}
