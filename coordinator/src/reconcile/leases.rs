//! Takes back leases that ran out, and parks tasks that keep losing theirs.

use std::collections::BTreeMap;
use std::time::Duration;

use hafs_domain::retry::AfterFailure;
use hafs_library::tables::tasks;
use hafs_proto::WorkerId;
use hafs_proto::people::EventKind;
use hafs_queue::LostLease;
use tracing::{debug, info};

use super::{Complaint, PassError};
use crate::app::App;
use crate::events::News;
use crate::work::effects::Effects;
use crate::work::{fail, quota};

const PERIOD: Duration = Duration::from_secs(1);
/// Leases taken back in one pass.
const BATCH: usize = 1_000;

pub(super) async fn run(app: App) {
    let mut complaint = Complaint::new("reap_leases");
    while super::next_pass(&app, None, PERIOD).await {
        complaint.hear(pass(&app).await);
    }
}

async fn pass(app: &App) -> Result<(), PassError> {
    let reaped = app.queue.reap(BATCH, app.clock.now()).await?;
    let mut by_worker = BTreeMap::<WorkerId, u64>::new();
    for lost in &reaped.lost {
        *by_worker.entry(lost.worker).or_default() += 1;
    }
    // One line for a worker: none that hoards tasks fills the log.
    for (worker, leases) in by_worker {
        info!(worker.id = %worker, leases, "leases ran out");
    }
    for lost in reaped.lost {
        app.metrics.leases_expired.inc();
        debug!(task.id = %lost.task, worker.id = %lost.worker, "lease ran out");
        // Each stands alone: the queue has taken all of them back already, and what is not stored for one of them is
        // no reason to forget the others.
        super::log("reap_leases", take_back(app, lost).await);
    }
    Ok(())
}

async fn take_back(app: &App, lost: LostLease) -> Result<(), PassError> {
    let task = app.library.read(move |tx| tasks::get(tx, lost.task)).await?.task;
    let run = app.runs.get(&app.library, task.run).await?;
    let message = format!("{} was silent", lost.worker);
    let news = News::new(EventKind::LeaseExpired, task.id, message).of_run(run.id);
    app.events.publish(app.clock.now(), &news);
    let core = App::clone(app);
    let effects = app
        .library
        .write(move |tx| {
            let mut effects = Effects::default();
            quota::lost(tx, &core, task.id)?;
            match &lost.after {
                AfterFailure::Retry { not_before, tries } => {
                    tasks::record_tries(tx, task.id, fail::stored(*tries), *not_before)?;
                }
                AfterFailure::Dead { reason, tries } => {
                    tasks::record_tries(tx, task.id, fail::stored(*tries), core.clock.now())?;
                    fail::bury(tx, &core, &run, (&task, reason), &mut effects)?;
                }
            }
            Ok(effects)
        })
        .await?;
    effects.apply(app).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use hafs_library::tables::tasks::{StoredState, StoredTries};
    use hafs_proto::Timestamp;

    use super::*;
    use crate::app;
    use crate::trial::Trial;

    fn lost(losses: u32) -> StoredTries {
        StoredTries { losses, ..StoredTries::default() }
    }

    #[tokio::test]
    async fn a_lost_lease_that_cannot_be_stored_does_not_hold_up_the_others() {
        let trial = Trial::start().await;
        let (ghost, real) = (trial.harvest(), trial.harvest());
        trial.enqueue(&ghost).await;
        trial.plan(&real).await;
        assert_eq!(trial.claim(Duration::ZERO).await.len(), 2);
        pass(&trial.app).await.expect("the pass goes on");
        assert!(
            matches!(trial.in_library(real.id).await, StoredState::Open { tries, .. } if tries == lost(1))
        );
    }

    #[tokio::test]
    async fn a_task_that_loses_its_leases_is_given_up_also_when_every_loss_was_in_another_life() {
        let trial = Trial::start().await;
        let task = trial.harvest();
        trial.plan(&task).await;
        for losses in 1..app::RETRY.max_losses {
            assert_eq!(trial.claim(Duration::ZERO).await.len(), 1);
            pass(&trial.app).await.expect("a pass");
            let state = trial.in_library(task.id).await;
            assert!(matches!(state, StoredState::Open { tries, .. } if tries == lost(losses)), "{state:?}");
            // Its backoff is over when the coordinator starts again.
            let due = move |tx: &mut dyn hafs_library::Tx| {
                tasks::record_tries(tx, task.id, lost(losses), Timestamp::EPOCH)
            };
            trial.app.library.write(due).await.expect("stores");
            trial.rebuild().await;
        }
        assert_eq!(trial.claim(Duration::ZERO).await.len(), 1);
        pass(&trial.app).await.expect("a pass");
        let state = trial.in_library(task.id).await;
        assert!(matches!(state, StoredState::Dead { .. }), "{state:?}");
        assert_eq!(trial.in_queue(task.id).await, None);
    }
}
