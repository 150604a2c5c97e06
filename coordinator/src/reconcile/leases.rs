//! Takes back leases that ran out, and parks tasks that keep losing theirs.

use std::time::Duration;

use hafs_domain::retry::AfterFailure;
use hafs_library::tables::tasks;
use hafs_proto::people::EventKind;
use hafs_queue::LostLease;
use tracing::info;

use super::PassError;
use crate::app::App;
use crate::events::News;
use crate::work::effects::Effects;
use crate::work::fail;

const PERIOD: Duration = Duration::from_secs(1);
/// Leases taken back in one pass.
const BATCH: usize = 1_000;

pub(super) async fn run(app: App) {
    while super::next_pass(&app, None, PERIOD).await {
        super::log("reap_leases", pass(&app).await);
    }
}

async fn pass(app: &App) -> Result<(), PassError> {
    let reaped = app.queue.reap(BATCH, app.clock.now()).await?;
    for lost in reaped.lost {
        app.metrics.leases_expired.inc();
        info!(task.id = %lost.task, worker.id = %lost.worker, "lease ran out");
        take_back(app, lost).await?;
    }
    Ok(())
}

async fn take_back(app: &App, lost: LostLease) -> Result<(), PassError> {
    let task = app.library.read(move |tx| tasks::get(tx, lost.task)).await?.task;
    let run = app.runs.get(&app.library, task.run).await?;
    let message = format!("{} was silent", lost.worker);
    let news = News::new(EventKind::LeaseExpired, task.id, message).of_run(run.id);
    app.events.publish(app.clock.now(), &news);
    let AfterFailure::Dead { reason, .. } = lost.after else { return Ok(()) };
    let core = App::clone(app);
    let effects = app
        .library
        .write(move |tx| {
            let mut effects = Effects::default();
            fail::bury(tx, &core, &run, (&task, &reason), &mut effects)?;
            Ok(effects)
        })
        .await?;
    effects.apply(app).await;
    Ok(())
}
