//! Plans what comes next for every running run, and ends those that are done.

mod view;

use std::time::Duration;

use hafs_domain::generator;
use hafs_domain::plan::sampling::{self, Turn};
use hafs_domain::plan::{self, Campaign, Plan, Planned, RunVerdict, View, Work};
use hafs_domain::room::Use;
use hafs_library::tables::{budget, runs, samples, seeds, tasks};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::EventKind;
use hafs_proto::task::{AugmentSpec, GenerateSpec, HarvestSpec, SampleTexts};
use hafs_proto::{BoundedText, MicroUsd, Run, RunSpec, RunState, Task, TaskSpec, limits};
use hafs_runtime::clock::Stopwatch;

use super::PassError;
use crate::app::{App, Core};
use crate::disk;
use crate::events::News;
use crate::work::effects::Effects;

const PERIOD: Duration = Duration::from_secs(2);
/// The same where other coordinators may have taken results: their signals do not reach this one.
const SHARED_PERIOD: Duration = Duration::from_millis(500);
/// Shortest time between two passes.
const REST: Duration = Duration::from_millis(50);
/// A pass rests so many times as long as it took, up to [`LONGEST_REST`]: what it reads grows with the run.
const SHARE: u32 = 24;
/// Longest time, so that a slow pass does not starve the fleet: [`WINDOW`] tasks last as long at 1700 a second.
const LONGEST_REST: Duration = Duration::from_millis(600);
/// Generate tasks open at once: enough for the slots of a fleet between two passes.
const WINDOW: u32 = 1_024;
/// Longest answer of a paraphrase, as a share of the run's limit.
const PARAPHRASE_TOKENS: u32 = 256;

pub(super) async fn run(app: App) {
    loop {
        let watch = Stopwatch::start();
        super::log("plan_runs", pass(&app).await);
        tokio::select! {
            () = app.shutdown.drain.cancelled() => return,
            () = tokio::time::sleep((watch.elapsed() * SHARE).clamp(REST, LONGEST_REST)) => {}
        }
        let period = if app.lead.is_alone() { PERIOD } else { SHARED_PERIOD };
        if !super::next_pass(&app, Some(&app.wake.plan), period).await {
            return;
        }
    }
}

async fn pass(app: &App) -> Result<(), PassError> {
    if !app.lead.holds() || !disk::room(&app.settings).admits(Use::Work) {
        app.metrics.standing.budget_pace.set(0.0);
        return Ok(());
    }
    let running = app.library.read(|tx| runs::in_state(tx, RunState::Running)).await?;
    let mut fastest: f64 = 0.0;
    for run in running {
        match next(app, run).await {
            Ok(pace) => fastest = fastest.max(pace.unwrap_or_default()),
            // A run that cannot be planned does not hold up the others.
            Err(error) => super::log("plan_runs", Err(error)),
        }
    }
    app.metrics.standing.budget_pace.set(fastest);
    Ok(())
}

/// Plans what comes next for a run, or ends it; gives how fast it spends.
async fn next(app: &App, run: Run) -> Result<Option<f64>, PassError> {
    let spec = run.spec.clone();
    let id = run.id;
    let view = app.library.read(move |tx| view::view(tx, id, &spec)).await?;
    let campaign =
        Campaign { run: id, spec: &run.spec, window: window(&run.spec, &view), takes: generator::takes };
    let Plan { tasks, verdict } = plan::plan(&campaign, &view);
    match verdict {
        RunVerdict::Continue => {
            let pace = plan::pace(&run.spec, &view);
            enqueue(app, run, tasks, view.price).await.map(|()| pace)
        }
        RunVerdict::Finish(ending) => finish(app, &run, &ending.to_string()).await.map(|()| None),
    }
}

/// Whether a run goes on still: people may have paused it or called it off since the view was taken.
fn is_running(tx: &mut dyn Tx, run: hafs_proto::RunId) -> Result<bool, StoreError> {
    Ok(runs::get(tx, run)?.state == RunState::Running)
}

/// Until the first price is known, a run with a budget has one task at a time, so that it cannot overspend by
/// more than that. In a batch one task would take hours, and what a claim holds back keeps the budget too.
const fn window(spec: &RunSpec, view: &View) -> u32 {
    if spec.budget.is_some() && view.finished == 0 && spec.batch.is_never() { 1 } else { WINDOW }
}

async fn enqueue(app: &App, run: Run, planned: Vec<Planned>, price: MicroUsd) -> Result<(), PassError> {
    for batch in planned.chunks(limits::BATCH_ITEMS / 8) {
        let (batch, core, run) = (batch.to_vec(), App::clone(app), run.clone());
        let effects = app.library.write(move |tx| store(tx, &core, &run, &batch, price)).await?;
        effects.apply(app).await;
    }
    Ok(())
}

fn store(
    tx: &mut dyn Tx,
    app: &Core,
    run: &Run,
    batch: &[Planned],
    price: MicroUsd,
) -> Result<Effects, StoreError> {
    let mut effects = Effects::default();
    if !app.lead.fence(tx)? || !is_running(tx, run.id)? {
        return Ok(effects);
    }
    for planned in batch {
        let now = app.clock.now();
        let task = Task {
            id: app.ids.mint(),
            run: run.id,
            spec: spec(tx, app, run, &planned.work)?,
            priority: planned.priority,
            key: planned.key,
            max_attempts: run.spec.max_attempts,
            created_at: now,
        };
        let stored = tasks::insert(tx, &task)?;
        if matches!(stored, tasks::Planned::New(_)) && price > MicroUsd::ZERO {
            budget::reserve(tx, run.id, task.id, price, now)?;
        }
        effects.planned(stored, &task);
    }
    Ok(effects)
}

/// Adds the texts that the planner has not looked at.
fn spec(tx: &mut dyn Tx, app: &Core, run: &Run, work: &Work) -> Result<TaskSpec, StoreError> {
    Ok(match work {
        Work::Harvest { source, cursor } => TaskSpec::Harvest(HarvestSpec {
            source: source.clone(),
            cursor: cursor.clone(),
            limit: u32::try_from(limits::HARVEST_SEEDS).unwrap_or(u32::MAX),
        }),
        Work::Generate { seed, generator, teacher, round, hints } => {
            let seed = seeds::get(tx, *seed)?;
            let turn = Turn { generator, teacher, round: *round };
            TaskSpec::Generate(Box::new(GenerateSpec {
                sampling_seed: sampling::generate(run.spec.seed, seed.content_hash, turn),
                seed,
                generator: generator.clone(),
                teacher: teacher.clone(),
                round: *round,
                hints: hints.clone(),
                max_tokens: run.spec.max_tokens,
                lane: crate::work::quota::lane(tx, app, run, teacher)?,
            }))
        }
        Work::Augment { sample, method, teacher } => {
            let sample = samples::get(tx, *sample)?;
            TaskSpec::Augment(AugmentSpec {
                sampling_seed: sampling::augment(run.spec.seed, sample.content_hash, *method),
                seed: sample.lineage.seed,
                sample: SampleTexts {
                    id: sample.id,
                    domain: sample.domain,
                    instruction: sample.instruction,
                    input: sample.input,
                    output: sample.output,
                },
                method: *method,
                teacher: teacher.clone(),
                max_tokens: run.spec.max_tokens.min(PARAPHRASE_TOKENS),
                lane: crate::work::quota::lane(tx, app, run, teacher)?,
            })
        }
    })
}

/// Ends a run: what nobody has begun is called off; what workers hold is not needed any more and they are told.
async fn finish(app: &App, run: &Run, because: &str) -> Result<(), PassError> {
    let (id, now, core) = (run.id, app.clock.now(), App::clone(app));
    let text = BoundedText::clipped(because);
    let cancelled = app
        .library
        .write(move |tx| {
            if !core.lead.fence(tx)? || !is_running(tx, id)? {
                return Ok(None);
            }
            runs::set_state(tx, id, RunState::Finished, &text, now)?;
            tasks::cancel_run(tx, id, now).map(Some)
        })
        .await?;
    let Some(cancelled) = cancelled else { return Ok(()) };
    for batch in cancelled.chunks(limits::BATCH_ITEMS) {
        app.queue.cancel(batch).await?;
    }
    let news = News::new(EventKind::RunChanged, id, format!("finished: {because}")).of_run(id);
    app.events.publish(now, &news);
    Ok(())
}
