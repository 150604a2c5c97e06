//! Data sets.

use axum::Json;
use axum::extract::State;
use hafs_proto::people::{DatasetDetail, DatasetView, ExportRequest, Page};
use hafs_proto::{DatasetId, Problem};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::caller::{MayExport, MayRead};
use crate::http::extract::{JsonBody, PathId};
use crate::http::problem::ProblemResponse;
use crate::work;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show))
}

/// Data sets, newest first, each with what is to be said against it.
#[utoipa::path(
    get, path = "/v1/exports", tag = "people", security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "Data sets.", body = Page<DatasetView>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(State(app): State<App>, _: MayRead) -> Result<Json<Page<DatasetView>>, ProblemResponse> {
    let items = app.library.read(work::export::list).await?;
    Ok(Json(Page { items, next_cursor: None }))
}

/// A data set, what was asked for, and which of its samples do not stand any more.
#[utoipa::path(
    get, path = "/v1/exports/{id}", tag = "people", params(("id" = DatasetId, Path)),
    security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "The data set.", body = DatasetDetail),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn show(
    State(app): State<App>,
    _: MayRead,
    PathId(id): PathId<DatasetId>,
) -> Result<Json<DatasetDetail>, ProblemResponse> {
    Ok(Json(app.library.read(move |tx| work::export::detail(tx, id)).await?))
}

/// Write a data set into a folder below the coordinator's output folder.
#[utoipa::path(
    post, path = "/v1/exports", tag = "people", request_body = ExportRequest, security(("bearer" = ["export"])),
    responses(
        (status = 201, description = "The folder is complete, on disk.", body = DatasetView),
        (status = "default", description = "A problem; nothing is left behind", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn create(
    State(app): State<App>,
    caller: MayExport,
    JsonBody(request): JsonBody<ExportRequest>,
) -> Result<(StatusCode, Json<DatasetView>), ProblemResponse> {
    let dataset = work::export::export(&app, &caller.actor(), request).await?;
    Ok((StatusCode::CREATED, Json(dataset)))
}
