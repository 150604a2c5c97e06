//! Runs and the factory's status.

use axum::Json;
use axum::extract::State;
use hafs_library::tables::{progress, runs};
use hafs_proto::people::{CreateRun, Overview, Page, Progress, RunView, Status, Yield};
use hafs_proto::{Problem, Run, RunId};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::caller::{MayRead, MayRun};
use crate::http::extract::{JsonBody, PathId};
use crate::http::problem::ProblemResponse;
use crate::work;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(status))
        .routes(routes!(overview))
        .routes(routes!(list, create))
        .routes(routes!(show))
        .routes(routes!(of_run))
        .routes(routes!(yields))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(cancel))
}

/// The factory as a whole.
#[utoipa::path(
    get, path = "/v1/status", tag = "people", security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "Queue, workers and the newest runs.", body = Status),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn status(State(app): State<App>, _: MayRead) -> Result<Json<Status>, ProblemResponse> {
    work::runs::status(&app).await.map(Json)
}

/// The factory at a glance.
#[utoipa::path(
    get, path = "/v1/overview", tag = "people", security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "Status, the last 24 hours, how fast runs go, and what stands still.", body = Overview),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn overview(State(app): State<App>, _: MayRead) -> Result<Json<Overview>, ProblemResponse> {
    work::overview::overview(&app).await.map(Json)
}

/// Runs, newest first.
#[utoipa::path(
    get, path = "/v1/runs", tag = "people", security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "Runs.", body = Page<Run>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(State(app): State<App>, _: MayRead) -> Result<Json<Page<Run>>, ProblemResponse> {
    let items = app.library.read(runs::list).await?;
    Ok(Json(Page { items, next_cursor: None }))
}

/// Start a run.
#[utoipa::path(
    post, path = "/v1/runs", tag = "people", request_body = CreateRun, security(("bearer" = ["run"])),
    responses(
        (status = 201, description = "The run is in the library, on disk.", body = Run),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn create(
    State(app): State<App>,
    caller: MayRun,
    JsonBody(request): JsonBody<CreateRun>,
) -> Result<(StatusCode, Json<Run>), ProblemResponse> {
    let run = work::runs::create(&app, &caller.actor(), request).await?;
    Ok((StatusCode::CREATED, Json(run)))
}

/// A run and how far it is.
#[utoipa::path(
    get, path = "/v1/runs/{id}", tag = "people", params(("id" = RunId, Path)), security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "The run.", body = RunView),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn show(
    State(app): State<App>,
    _: MayRead,
    PathId(id): PathId<RunId>,
) -> Result<Json<RunView>, ProblemResponse> {
    work::runs::view(&app, id).await.map(Json)
}

/// How far a run is, counted from the library.
#[utoipa::path(
    get, path = "/v1/runs/{id}/progress", tag = "people", params(("id" = RunId, Path)),
    security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "Counts.", body = Progress),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn of_run(
    State(app): State<App>,
    _: MayRead,
    PathId(id): PathId<RunId>,
) -> Result<Json<Progress>, ProblemResponse> {
    Ok(Json(app.library.read(move |tx| progress::of_run(tx, id)).await?))
}

/// What each generator of a run made of each domain, of the newest samples.
#[utoipa::path(
    get, path = "/v1/runs/{id}/yields", tag = "people", params(("id" = RunId, Path)),
    security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "Domains and generators, with why samples were rejected.", body = Page<Yield>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn yields(
    State(app): State<App>,
    _: MayRead,
    PathId(id): PathId<RunId>,
) -> Result<Json<Page<Yield>>, ProblemResponse> {
    let items = work::records::of_run(&app, id).await?;
    Ok(Json(Page { items, next_cursor: None }))
}

/// Hold a run back.
#[utoipa::path(
    post, path = "/v1/runs/{id}/pause", tag = "people", params(("id" = RunId, Path)),
    security(("bearer" = ["run"])),
    responses(
        (status = 204, description = "Nothing of it is handed out any more."),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn pause(
    State(app): State<App>,
    caller: MayRun,
    PathId(id): PathId<RunId>,
) -> Result<StatusCode, ProblemResponse> {
    work::runs::pause(&app, &caller.actor(), id).await.map(|()| StatusCode::NO_CONTENT)
}

/// Let a paused run go on.
#[utoipa::path(
    post, path = "/v1/runs/{id}/resume", tag = "people", params(("id" = RunId, Path)),
    security(("bearer" = ["run"])),
    responses(
        (status = 204, description = "It goes on."),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn resume(
    State(app): State<App>,
    caller: MayRun,
    PathId(id): PathId<RunId>,
) -> Result<StatusCode, ProblemResponse> {
    work::runs::resume(&app, &caller.actor(), id).await.map(|()| StatusCode::NO_CONTENT)
}

/// Call a run off.
#[utoipa::path(
    post, path = "/v1/runs/{id}/cancel", tag = "people", params(("id" = RunId, Path)),
    security(("bearer" = ["run"])),
    responses(
        (status = 204, description = "Its open tasks are closed."),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn cancel(
    State(app): State<App>,
    caller: MayRun,
    PathId(id): PathId<RunId>,
) -> Result<StatusCode, ProblemResponse> {
    work::runs::cancel(&app, &caller.actor(), id).await.map(|()| StatusCode::NO_CONTENT)
}
