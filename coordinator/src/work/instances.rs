//! Noticing that a worker's credential is used by two living processes.

use hafs_domain::instance::{Instance, Lineage, Past, Standing};
use hafs_domain::trust::Observation;
use hafs_library::tables::audit::{self, Entry};
use hafs_library::tables::{instances, workers};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::EventKind;
use hafs_proto::{Problem, ProblemType, Timestamp, TrustState, WorkerId};
use tracing::warn;

use super::claim::register_again;
use super::effects::Effects;
use super::trust;
use crate::app::Core;
use crate::auth::Identity;
use crate::events::News;
use crate::http::problem::ProblemResponse;

/// A worker that calls.
#[derive(Debug, Clone)]
pub struct Calling {
    /// The worker.
    pub worker: WorkerId,
    /// Its credential.
    pub identity: Identity,
    /// The instance that it says it is; workers of the first release do not say.
    pub instance: Option<Instance>,
}

impl Calling {
    /// What it means that this instance calls.
    #[must_use]
    pub fn standing(&self, app: &Core) -> Standing {
        app.workers.standing(self.worker, self.instance.as_ref())
    }

    /// Refuses an instance that may get nothing new: one whose place another has taken, or one that never registered.
    ///
    /// # Errors
    /// The problem that tells it so.
    pub fn demand_current(&self, app: &Core) -> Result<(), ProblemResponse> {
        match self.standing(app) {
            Standing::Current | Standing::Untold => Ok(()),
            Standing::Superseded => Err(superseded(self.worker)),
            Standing::Stranger => Err(register_again()),
        }
    }
}

/// The refusal of an instance whose place another has taken.
pub fn superseded(worker: WorkerId) -> ProblemResponse {
    let detail = "another process has registered with this worker's credential since; results of what this one holds \
                  are still taken. If the machine or its state folder was copied, let the copy join by itself";
    ProblemResponse::from(Problem::new(ProblemType::Superseded, detail).with("worker_id", worker))
}

/// Looks up in the library a worker that is not known here, or not as this process: it has registered with another
/// coordinator, or with an earlier life of this one. Otherwise a balancer that sends each call elsewhere would have it
/// register for ever.
///
/// # Errors
/// A problem when the library cannot be read.
pub async fn meet(app: &Core, calling: &Calling) -> Result<(), ProblemResponse> {
    let worker = calling.worker;
    if app.workers.understands(worker) && calling.standing(app) != Standing::Stranger {
        return Ok(());
    }
    let found = app.library.read(move |tx| {
        let Some(stored) = workers::find(tx, worker)? else { return Ok(None) };
        Ok(Some((stored, lineage(tx, worker)?, trust::state(tx, worker)?)))
    });
    if let Some((stored, lineage, believed)) = found.await? {
        app.workers.refresh(vec![(stored, lineage)]);
        app.workers.suspend(worker, believed == TrustState::Suspended);
    }
    Ok(())
}

/// What the library knows of a worker's instances.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn lineage(tx: &mut dyn Tx, worker: WorkerId) -> Result<Lineage, StoreError> {
    let (current, past) = instances::of_worker(tx, worker)?;
    let past = past.into_iter().map(|past| Past { instance: past.instance, spoke_at: past.spoke_at });
    Ok(Lineage { current, past: past.collect() })
}

/// Writes down that a superseded instance lives, and tells of it; once for each instance.
///
/// # Errors
/// A problem when the library cannot be written to.
pub async fn notice(app: &Core, worker: WorkerId, instance: &Instance) -> Result<(), ProblemResponse> {
    let now = app.clock.now();
    let spoken = instance.clone();
    let (news, effects) = app
        .library
        .write(move |tx| {
            let mut effects = Effects::default();
            let news = record(tx, worker, &spoken, now)?;
            if news {
                trust::observe(tx, worker, &Observation::Cloned, now, &mut effects)?;
            }
            Ok((news, effects))
        })
        .await?;
    effects.apply(app).await;
    app.workers.heard(worker, instance, now);
    if news {
        warn!(worker.id = %worker, "two living processes use the credential of one worker: it was copied");
        let message = "two living processes use its credential: the machine or its state folder was copied";
        app.events.publish(now, &News::new(EventKind::WorkerCloned, worker, message));
    }
    Ok(())
}

fn record(
    tx: &mut dyn Tx,
    worker: WorkerId,
    instance: &Instance,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if !instances::heard(tx, worker, instance, now)? {
        return Ok(false);
    }
    let object = worker.to_string();
    let detail = format!("the superseded instance {instance} lives");
    let entry = Entry { at: now, actor: &object, action: "worker.cloned", object: &object, detail: &detail };
    audit::append(tx, &entry)?;
    Ok(true)
}
