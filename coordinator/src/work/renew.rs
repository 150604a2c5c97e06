//! Renewing all leases of a worker in one call, giving leases back, leaving.

use hafs_domain::instance::Standing;
use hafs_domain::trust::Observation;
use hafs_library::tables::workers::{self, Wish};
use hafs_proto::worker::{
    HeldLease, ReleaseReply, ReleaseRequest, RenewReply, RenewRequest, RenewedLease, feature,
};
use hafs_proto::{TaskId, Timestamp, WorkerId};
use hafs_queue::{LeaseRef, ReleaseAnswer, Renewal};

use super::claim::register_again;
use super::instances::{self, Calling};
use super::{quota, trust};
use crate::app::{App, Core};
use crate::http::problem::ProblemResponse;
use crate::workers::Orders;

/// Extends what is current, adopts what an earlier life of the queue gave out, and says what is lost.
pub async fn renew(
    app: &Core,
    calling: &Calling,
    request: RenewRequest,
) -> Result<RenewReply, ProblemResponse> {
    let (now, worker) = (app.clock.now(), calling.worker);
    instances::meet(app, calling).await?;
    let superseded = match calling.standing(app) {
        Standing::Current | Standing::Untold => false,
        Standing::Superseded => true,
        Standing::Stranger => return Err(register_again()),
    };
    let orders = app.workers.seen(worker, now).ok_or_else(register_again)?;
    if !superseded {
        app.workers.spool(worker, request.spooled, request.oldest_spooled_ms);
    }
    let (genuine, forged) = genuine(app, worker, request.leases);
    trust::note(app, worker, Observation::ForgedToken, forged.len()).await?;
    let references: Vec<LeaseRef> = genuine.iter().map(reference).collect();
    if !superseded {
        app.workers.hold(worker, references.iter().map(|lease| lease.task).collect());
    }
    let lease = app.settings.lease;
    let renewals = app.queue.renew(worker, &references, lease, now).await.map_err(ProblemResponse::from)?;
    let mut reply = RenewReply {
        renewed: Vec::new(),
        lost: forged,
        cancelled: Vec::new(),
        paused: orders.paused || app.workers.is_suspended(worker),
        // What a superseded instance holds is finished, since it is paid for; it gets nothing more.
        drain: orders.drain || superseded,
        rotate: !superseded && rotation_due(app, calling, now),
        superseded,
    };
    for (held, renewal) in genuine.into_iter().zip(renewals) {
        match renewal {
            Renewal::Renewed { generation, attempt, expires_at } => {
                if held.token.generation() != generation {
                    app.metrics.leases_adopted.inc();
                }
                let lease_ms = u64::try_from(expires_at.since(now).as_millis()).unwrap_or(u64::MAX);
                let token = app.lease_key.sign(held.task, worker, generation, attempt);
                reply.renewed.push(RenewedLease { task: held.task, token, lease_ms });
            }
            Renewal::Lost => reply.lost.push(held.task),
            Renewal::Closed => reply.cancelled.push(held.task),
        }
    }
    Ok(reply)
}

fn rotation_due(app: &Core, calling: &Calling, now: Timestamp) -> bool {
    app.workers.knows(calling.worker, feature::ROTATE)
        && app.auth.rotation_due(calling.identity.id, now, app.settings.rotation.max_age)
}

/// Gives leases back without penalty.
pub async fn release(
    app: &App,
    worker: WorkerId,
    request: ReleaseRequest,
) -> Result<ReleaseReply, ProblemResponse> {
    let (genuine, forged) = genuine(app, worker, request.leases);
    trust::note(app, worker, Observation::ForgedToken, forged.len()).await?;
    let references: Vec<LeaseRef> = genuine.iter().map(reference).collect();
    let answers =
        app.queue.release(worker, &references, app.clock.now()).await.map_err(ProblemResponse::from)?;
    let mut reply = ReleaseReply { released: Vec::new(), stale: forged };
    for (lease, answer) in references.into_iter().zip(answers) {
        match answer {
            ReleaseAnswer::Released => reply.released.push(lease.task),
            ReleaseAnswer::Stale | ReleaseAnswer::Closed => reply.stale.push(lease.task),
        }
    }
    quota::released(app, reply.released.clone()).await?;
    Ok(reply)
}

/// Notes that a worker is about to leave: nothing is handed to it any more.
pub async fn drain(app: &Core, calling: &Calling) -> Result<(), ProblemResponse> {
    let (now, worker) = (app.clock.now(), calling.worker);
    instances::meet(app, calling).await?;
    if calling.standing(app) == Standing::Superseded {
        // It goes by itself; the instance that has taken its place stays.
        return Ok(());
    }
    let orders = app.workers.seen(worker, now).ok_or_else(register_again)?;
    app.library.write(move |tx| workers::wish(tx, worker, Wish::Drain)).await?;
    app.workers.order(worker, Orders { drain: true, ..orders });
    Ok(())
}

/// Splits leases into those whose token we signed for this worker, and the tasks of the others.
fn genuine(app: &Core, worker: WorkerId, leases: Vec<HeldLease>) -> (Vec<HeldLease>, Vec<TaskId>) {
    let (genuine, forged): (Vec<_>, Vec<_>) =
        leases.into_iter().partition(|held| app.lease_key.verify(&held.token, held.task, worker));
    (genuine, forged.into_iter().map(|held| held.task).collect())
}

fn reference(held: &HeldLease) -> LeaseRef {
    LeaseRef { task: held.task, generation: held.token.generation(), attempt: held.token.attempt() }
}
