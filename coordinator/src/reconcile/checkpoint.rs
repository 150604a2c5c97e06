//! Every so many decided samples of a run: a backup of the library beside it, and a point of its progress.

use std::collections::BTreeMap;
use std::time::Duration;

use hafs_library::tables::metric_points::{self, Point};
use hafs_library::tables::{planning, runs};
use hafs_proto::people::EventKind;
use hafs_proto::{RunId, RunState};
use hafs_runtime::clock::Stopwatch;
use tracing::info;

use super::PassError;
use crate::app::App;
use crate::events::News;

const PERIOD: Duration = Duration::from_secs(60);
/// A pass rests so many times as long as it took: a backup grows with the library, and copying and checking it must
/// not take more than a fiftieth of the time.
const REST: u32 = 49;

pub(super) async fn run(app: App) {
    // Decided samples at the last checkpoint of each run. After a restart the count begins at what is there.
    let mut last: BTreeMap<RunId, u64> = BTreeMap::new();
    loop {
        let watch = Stopwatch::start();
        super::log("checkpoint", pass(&app, &mut last).await);
        tokio::select! {
            () = app.shutdown.drain.cancelled() => return,
            () = tokio::time::sleep(watch.elapsed() * REST) => {}
        }
        if !super::next_pass(&app, Some(&app.wake.checkpoint), PERIOD).await {
            return;
        }
    }
}

async fn pass(app: &App, last: &mut BTreeMap<RunId, u64>) -> Result<(), PassError> {
    if !app.lead.holds() {
        return Ok(());
    }
    let running = app.library.read(|tx| runs::in_state(tx, RunState::Running)).await?;
    last.retain(|id, _| running.iter().any(|run| run.id == *id));
    for run in running {
        let id = run.id;
        let numbers = app.library.read(move |tx| planning::numbers(tx, id)).await?;
        let since = *last.entry(id).or_insert(numbers.decided);
        if numbers.decided < since + u64::from(run.spec.checkpoint_interval.max(1)) {
            continue;
        }
        checkpoint(app, id, numbers.accepted, numbers.decided).await?;
        last.insert(id, numbers.decided);
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "counts of samples are far below 2^53")]
async fn checkpoint(app: &App, run: RunId, accepted: u64, decided: u64) -> Result<(), PassError> {
    let folder = app.settings.data_dir.join("backups");
    tokio::fs::create_dir_all(&folder).await?;
    app.library.backup(&folder.join("library.db")).await?;
    let now = app.clock.now();
    app.library
        .write(move |tx| {
            let scope = run.to_string();
            metric_points::put(tx, "run.accepted", &scope, Point { at: now, value: accepted as f64 })?;
            metric_points::put(tx, "run.decided", &scope, Point { at: now, value: decided as f64 })
        })
        .await?;
    info!(run.id = %run, run.decided = decided, "checkpoint written");
    let message = format!("{accepted} accepted of {decided} decided");
    app.events.publish(now, &News::new(EventKind::Checkpoint, run, message).of_run(run));
    Ok(())
}
