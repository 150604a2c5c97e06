//! Workers: who is here, and orders to them.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use hafs_library::Tx;
use hafs_library::tables::audit::{self, Entry};
use hafs_library::tables::credentials;
use hafs_library::tables::instances;
use hafs_library::tables::trust as believed;
use hafs_library::tables::workers::{self, Wish};
use hafs_proto::people::{EventKind, Page, SetTrust, WorkerView};
use hafs_proto::{Problem, WorkerId, limits};
use hafs_queue::QueueError;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Core};
use crate::events::News;
use crate::http::caller::{MayAdmin, MayRead};
use crate::http::extract::{JsonBody, PathId};
use crate::http::problem::ProblemResponse;
use crate::reconcile::presence;
use crate::workers::Orders;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(drain))
        .routes(routes!(rotate))
        .routes(routes!(revoke))
        .routes(routes!(trust))
}

/// Workers that ever joined and are not revoked, with what is known of them now.
#[utoipa::path(
    get, path = "/v1/workers", tag = "people", security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "Workers.", body = Page<WorkerView>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(State(app): State<App>, _: MayRead) -> Result<Json<Page<WorkerView>>, ProblemResponse> {
    let read = |tx: &mut dyn Tx| Ok((workers::list(tx)?, instances::cloned(tx)?, believed::all(tx)?));
    let (stored, cloned, believed) = app.library.read(read).await?;
    let (present, now) = (app.workers.all(), app.clock.now());
    let held = held(&app, &stored).await?;
    let leased = |worker: &WorkerId| held.get(worker).copied().unwrap_or_default();
    let items = stored
        .into_iter()
        .filter(|worker| worker.revoked_at.is_none())
        .map(|worker| (believed.get(&worker.id).map(|noted| noted.view()), worker))
        .map(|(trust, worker)| {
            (
                trust,
                match present.get(&worker.id) {
                    Some(here) => here.view(worker.id, alive_within(&app), leased(&worker.id), now),
                    None => {
                        let (leased, cloned_at) = (leased(&worker.id), cloned.get(&worker.id).copied());
                        WorkerView { cloned_at, ..worker.view(false, leased) }
                    }
                },
            )
        })
        .map(|(trust, view)| WorkerView { trust, ..view })
        .collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Tasks that each worker holds.
async fn held(app: &App, stored: &[workers::StoredWorker]) -> Result<BTreeMap<WorkerId, u64>, QueueError> {
    let ids: Vec<WorkerId> = stored.iter().map(|worker| worker.id).collect();
    let mut held = BTreeMap::new();
    for ids in ids.chunks(limits::BATCH_ITEMS) {
        held.extend(ids.iter().copied().zip(app.queue.held(ids).await?));
    }
    Ok(held)
}

/// Hand the worker nothing until told otherwise; what it holds goes on.
#[utoipa::path(
    post, path = "/v1/workers/{id}/pause", tag = "people", params(("id" = WorkerId, Path)),
    security(("bearer" = ["admin"])),
    responses(
        (status = 204, description = "It is paused."),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn pause(
    State(app): State<App>,
    caller: MayAdmin,
    PathId(id): PathId<WorkerId>,
) -> Result<StatusCode, ProblemResponse> {
    wish(&app, &caller, id, Wish::Pause).await
}

/// Let a paused worker go on.
#[utoipa::path(
    post, path = "/v1/workers/{id}/resume", tag = "people", params(("id" = WorkerId, Path)),
    security(("bearer" = ["admin"])),
    responses(
        (status = 204, description = "It goes on."),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn resume(
    State(app): State<App>,
    caller: MayAdmin,
    PathId(id): PathId<WorkerId>,
) -> Result<StatusCode, ProblemResponse> {
    wish(&app, &caller, id, Wish::Resume).await
}

/// Let the worker finish what it holds and leave.
#[utoipa::path(
    post, path = "/v1/workers/{id}/drain", tag = "people", params(("id" = WorkerId, Path)),
    security(("bearer" = ["admin"])),
    responses(
        (status = 204, description = "It will leave."),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn drain(
    State(app): State<App>,
    caller: MayAdmin,
    PathId(id): PathId<WorkerId>,
) -> Result<StatusCode, ProblemResponse> {
    wish(&app, &caller, id, Wish::Drain).await
}

/// Have the worker draw a new secret for its credential, with its next renewal.
#[utoipa::path(
    post, path = "/v1/workers/{id}/rotate", tag = "people", params(("id" = WorkerId, Path)),
    security(("bearer" = ["admin"])),
    responses(
        (status = 204, description = "It will be told."),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn rotate(
    State(app): State<App>,
    caller: MayAdmin,
    PathId(id): PathId<WorkerId>,
) -> Result<StatusCode, ProblemResponse> {
    crate::work::rotate::want(&app, &caller.0.id.to_string(), id).await.map(|()| StatusCode::NO_CONTENT)
}

/// Take a worker's credentials away, at once. Its leases run out by themselves.
#[utoipa::path(
    post, path = "/v1/workers/{id}/revoke", tag = "people", params(("id" = WorkerId, Path)),
    security(("bearer" = ["admin"])),
    responses(
        (status = 204, description = "It can do nothing any more."),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn revoke(
    State(app): State<App>,
    caller: MayAdmin,
    PathId(id): PathId<WorkerId>,
) -> Result<StatusCode, ProblemResponse> {
    let (now, actor) = (app.clock.now(), caller.0.id.to_string());
    let revoked = app
        .library
        .write(move |tx| {
            workers::revoke(tx, id, now)?;
            let own = credentials::list(tx)?.into_iter().filter(|it| it.worker == Some(id));
            let own: Vec<_> = own.map(|credential| credential.view.id).collect();
            for credential in &own {
                credentials::revoke(tx, *credential, now)?;
            }
            let object = id.to_string();
            audit::append(
                tx,
                &Entry { at: now, actor: &actor, action: "worker.revoke", object: &object, detail: "" },
            )?;
            Ok(own)
        })
        .await?;
    for credential in revoked {
        app.auth.remove(credential);
    }
    app.workers.leave(id);
    app.events.publish(now, &News::new(EventKind::WorkerLeft, id, "revoked"));
    Ok(StatusCode::NO_CONTENT)
}

/// How long a worker may be silent. What one coordinator hears, another reads from the library some seconds later.
fn alive_within(app: &Core) -> Duration {
    let silence = app.settings.heartbeat * 3;
    if app.lead.is_alone() { silence } else { silence.max(presence::PERIOD * 3) }
}

/// Set how far a worker is believed. A suspended one gets no tasks; what it still hands in is taken and set aside.
#[utoipa::path(
    post, path = "/v1/workers/{id}/trust", tag = "people", params(("id" = WorkerId, Path)), request_body = SetTrust,
    security(("bearer" = ["admin"])),
    responses(
        (status = 204, description = "It is believed so far, in the library and in the audit log, on disk."),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn trust(
    State(app): State<App>,
    caller: MayAdmin,
    PathId(id): PathId<WorkerId>,
    JsonBody(wish): JsonBody<SetTrust>,
) -> Result<StatusCode, ProblemResponse> {
    crate::work::trust::set(&app, &caller.actor(), id, wish).await.map(|()| StatusCode::NO_CONTENT)
}

async fn wish(
    app: &Core,
    caller: &MayAdmin,
    id: WorkerId,
    wish: Wish,
) -> Result<StatusCode, ProblemResponse> {
    let (now, actor) = (app.clock.now(), caller.0.id.to_string());
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
    Ok(StatusCode::NO_CONTENT)
}
