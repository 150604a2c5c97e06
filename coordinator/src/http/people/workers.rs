//! Workers: who is here, and orders to them.

use axum::Json;
use axum::extract::State;
use hafs_library::tables::audit::{self, Entry};
use hafs_library::tables::credentials;
use hafs_library::tables::workers::{self, Wish};
use hafs_proto::people::{EventKind, Page, SetTrust, WorkerView};
use hafs_proto::{Problem, WorkerId};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::events::News;
use crate::http::caller::{MayAdmin, MayRead};
use crate::http::extract::{JsonBody, PathId};
use crate::http::problem::ProblemResponse;
use crate::work::crew;

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
    Ok(Json(Page { items: crew::all(&app).await?, next_cursor: None }))
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
    crew::order(&app, &caller.actor(), id, Wish::Pause).await.map(|()| StatusCode::NO_CONTENT)
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
    crew::order(&app, &caller.actor(), id, Wish::Resume).await.map(|()| StatusCode::NO_CONTENT)
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
    crew::order(&app, &caller.actor(), id, Wish::Drain).await.map(|()| StatusCode::NO_CONTENT)
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
