//! Makes good what a crash between a commit and the queue, or an older version, left undone: undecided samples
//! that nobody is asked about, and open tasks that the queue does not know. Finds nothing in the steady state.

use std::time::Duration;

use hafs_library::tables::{runs, samples, tasks};
use hafs_proto::RunState;
use hafs_queue::{Entry, Pausable};
use tracing::warn;

use super::PassError;
use crate::app::App;
use crate::index;
use crate::work::effects::Effects;
use crate::work::{quota, results};

const PERIOD: Duration = Duration::from_secs(30);
/// Samples settled in one pass.
const BATCH: u32 = 200;

pub(super) async fn run(app: App) {
    loop {
        if app.lead.holds() {
            super::log("give_up_checks", super::checks::pass(&app).await);
            super::log("settle_samples", settle(&app).await);
            super::log("requeue_tasks", requeue(&app).await);
            super::log("pause_runs", pause(&app).await);
            super::log("drop_holds", quota::drop_stale(&app).await.map(drop).map_err(PassError::from));
        }
        if !super::next_pass(&app, Some(&app.wake.settle), PERIOD).await {
            return;
        }
    }
}

async fn settle(app: &App) -> Result<(), PassError> {
    let waiting = app.library.read(|tx| samples::awaiting(tx, BATCH)).await?;
    for id in waiting {
        let sample = app.library.read(move |tx| samples::get(tx, id)).await?;
        let run = app.runs.get(&app.library, sample.lineage.run).await?;
        let core = App::clone(app);
        let effects = app
            .library
            .write(move |tx| {
                let mut effects = Effects::default();
                results::settle(tx, &core, &run, id, &mut effects)?;
                Ok(effects)
            })
            .await?;
        app.metrics.repairs.with_label_values(&["resettled"]).inc();
        warn!(sample.id = %id, "settled a sample that nobody was asked about");
        effects.apply(app).await;
    }
    Ok(())
}

/// Both verbs bear to be repeated. What is paused comes last: a run that people pause meanwhile stays so.
async fn pause(app: &App) -> Result<(), PassError> {
    for run in app.library.read(|tx| runs::in_state(tx, RunState::Running)).await? {
        app.queue.resume(&Pausable::Run(run.id)).await?;
    }
    for run in app.library.read(|tx| runs::in_state(tx, RunState::Paused)).await? {
        app.queue.pause(&Pausable::Run(run.id)).await?;
    }
    Ok(())
}

/// Enqueueing is idempotent, so whatever the queue knows already stays as it is there.
async fn requeue(app: &App) -> Result<(), PassError> {
    let open: Vec<Entry> = app
        .library
        .read(|tx| {
            let mut open = Vec::new();
            tasks::open_each(tx, &mut |task| {
                open.push(index::entry(task));
                Ok(())
            })?;
            Ok(open)
        })
        .await?;
    for batch in open.chunks(hafs_proto::limits::BATCH_ITEMS) {
        let requeued = app.queue.enqueue(batch.to_vec(), app.clock.now()).await?;
        if requeued > 0 {
            app.metrics.repairs.with_label_values(&["requeued"]).inc_by(requeued);
            warn!(queue.requeued = requeued, "told the queue of open tasks that it did not know");
        }
    }
    Ok(())
}
