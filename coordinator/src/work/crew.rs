//! Workers as people see them, and orders to them.

use std::collections::BTreeMap;
use std::time::Duration;

use hafs_library::Tx;
use hafs_library::tables::audit::{self, Entry};
use hafs_library::tables::instances;
use hafs_library::tables::trust as believed;
use hafs_library::tables::workers::{self, Wish};
use hafs_proto::people::WorkerView;
use hafs_proto::{WorkerId, limits};
use hafs_queue::QueueError;

use crate::app::Core;
use crate::http::problem::ProblemResponse;
use crate::reconcile::presence;
use crate::workers::Orders;

/// Workers that ever joined and are not revoked, with what is known of them now.
pub async fn all(app: &Core) -> Result<Vec<WorkerView>, ProblemResponse> {
    let read = |tx: &mut dyn Tx| Ok((workers::list(tx)?, instances::cloned(tx)?, believed::all(tx)?));
    let (stored, cloned, believed) = app.library.read(read).await?;
    let (present, now) = (app.workers.all(), app.clock.now());
    let held = held(app, &stored).await?;
    let leased = |worker: &WorkerId| held.get(worker).copied().unwrap_or_default();
    Ok(stored
        .into_iter()
        .filter(|worker| worker.revoked_at.is_none())
        .map(|worker| (believed.get(&worker.id).map(|noted| noted.view()), worker))
        .map(|(trust, worker)| {
            (
                trust,
                match present.get(&worker.id) {
                    Some(here) => here.view(worker.id, alive_within(app), leased(&worker.id), now),
                    None => {
                        let (leased, cloned_at) = (leased(&worker.id), cloned.get(&worker.id).copied());
                        WorkerView { cloned_at, ..worker.view(false, leased) }
                    }
                },
            )
        })
        .map(|(trust, view)| WorkerView { trust, ..view })
        .collect())
}

/// Tasks that each worker holds.
async fn held(app: &Core, stored: &[workers::StoredWorker]) -> Result<BTreeMap<WorkerId, u64>, QueueError> {
    let ids: Vec<WorkerId> = stored.iter().map(|worker| worker.id).collect();
    let mut held = BTreeMap::new();
    for ids in ids.chunks(limits::BATCH_ITEMS) {
        held.extend(ids.iter().copied().zip(app.queue.held(ids).await?));
    }
    Ok(held)
}

/// How long a worker may be silent. What one coordinator hears, another reads from the library some seconds later.
fn alive_within(app: &Core) -> Duration {
    let silence = app.settings.heartbeat * 3;
    if app.lead.is_alone() { silence } else { silence.max(presence::PERIOD * 3) }
}

/// Gives a worker an order, with an entry in the audit log.
pub async fn order(app: &Core, actor: &str, id: WorkerId, wish: Wish) -> Result<(), ProblemResponse> {
    let (now, actor) = (app.clock.now(), actor.to_owned());
    let (action, orders) = match wish {
        Wish::Pause => ("worker.pause", Orders { paused: true, drain: false }),
        Wish::Resume => ("worker.resume", Orders::default()),
        Wish::Drain => ("worker.drain", Orders { paused: false, drain: true }),
    };
    app.library
        .write(move |tx| {
            workers::wish(tx, id, wish)?;
            let object = id.to_string();
            audit::append(tx, &Entry { at: now, actor: &actor, action, object: &object, detail: "" })
                .map(drop)
        })
        .await?;
    app.workers.order(id, orders);
    Ok(())
}
