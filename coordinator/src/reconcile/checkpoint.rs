//! Every so many decided samples of a run: a backup of the library beside it, and a point of its progress.

use std::time::Duration;

use hafs_library::tables::metric_points::{self, Point};
use hafs_library::tables::{planning, runs};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::EventKind;
use hafs_proto::{RunId, RunState};
use hafs_runtime::clock::Stopwatch;
use tracing::info;

use super::PassError;
use crate::app::App;
use crate::events::News;

const PERIOD: Duration = Duration::from_secs(60);
/// After a checkpoint the reconciler rests so many times as long as it took: a backup grows with the library, and
/// copying and checking it must not take more than a fiftieth of the time.
const REST: u32 = 49;
/// Series of decided samples at each checkpoint, by run.
const DECIDED: &str = "run.decided";

pub(super) async fn run(app: App) {
    loop {
        let watch = Stopwatch::start();
        let outcome = pass(&app).await;
        let rest = if matches!(outcome, Ok(0)) { Duration::ZERO } else { watch.elapsed() * REST };
        super::log("checkpoint", outcome.map(drop));
        tokio::select! {
            () = app.shutdown.drain.cancelled() => return,
            () = tokio::time::sleep(rest) => {}
        }
        if !super::next_pass(&app, Some(&app.wake.checkpoint), PERIOD).await {
            return;
        }
    }
}

/// Writes the checkpoints that are due; gives how many.
async fn pass(app: &App) -> Result<usize, PassError> {
    if !app.lead.holds() {
        return Ok(0);
    }
    let due = app.library.read(due).await?;
    for run in &due {
        checkpoint(app, run).await?;
    }
    Ok(due.len())
}

/// A run whose checkpoint is due.
struct Due {
    run: RunId,
    accepted: u64,
    decided: u64,
}

/// The running runs that have decided enough samples since their last checkpoint, whichever coordinator wrote it.
fn due(tx: &mut dyn Tx) -> Result<Vec<Due>, StoreError> {
    let mut due = Vec::new();
    for run in runs::in_state(tx, RunState::Running)? {
        let numbers = planning::numbers(tx, run.id)?;
        let last = metric_points::last(tx, DECIDED, &run.id.to_string(), 1)?;
        let since = last.first().map_or(0.0, |point| point.value);
        if count(numbers.decided) >= since + f64::from(run.spec.checkpoint_interval.max(1)) {
            due.push(Due { run: run.id, accepted: numbers.accepted, decided: numbers.decided });
        }
    }
    Ok(due)
}

#[expect(clippy::cast_precision_loss, reason = "counts of samples are far below 2^53")]
const fn count(samples: u64) -> f64 {
    samples as f64
}

async fn checkpoint(app: &App, due: &Due) -> Result<(), PassError> {
    let &Due { run, accepted, decided } = due;
    let folder = app.settings.data_dir.join("backups");
    tokio::fs::create_dir_all(&folder).await?;
    app.library.backup(&folder.join("library.db")).await?;
    let now = app.clock.now();
    app.library
        .write(move |tx| {
            let scope = run.to_string();
            metric_points::put(tx, "run.accepted", &scope, Point { at: now, value: count(accepted) })?;
            metric_points::put(tx, DECIDED, &scope, Point { at: now, value: count(decided) })
        })
        .await?;
    app.metrics.decisions.checkpoints.inc();
    info!(run.id = %run, run.decided = decided, "checkpoint written");
    let message = format!("{accepted} accepted of {decided} decided");
    app.events.publish(now, &News::new(EventKind::Checkpoint, run, message).of_run(run));
    Ok(())
}
