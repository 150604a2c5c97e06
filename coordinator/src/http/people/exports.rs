//! Data sets.

use axum::Json;
use axum::extract::State;
use hafs_library::tables::datasets;
use hafs_proto::Problem;
use hafs_proto::people::{DatasetView, ExportRequest, Page};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::caller::{MayExport, MayRead};
use crate::http::extract::JsonBody;
use crate::http::problem::ProblemResponse;
use crate::work;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create))
}

/// Data sets, newest first.
#[utoipa::path(
    get, path = "/v1/exports", tag = "people", security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "Data sets.", body = Page<DatasetView>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(State(app): State<App>, _: MayRead) -> Result<Json<Page<DatasetView>>, ProblemResponse> {
    let items = app.library.read(datasets::list).await?;
    Ok(Json(Page { items, next_cursor: None }))
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
    _: MayExport,
    JsonBody(request): JsonBody<ExportRequest>,
) -> Result<(StatusCode, Json<DatasetView>), ProblemResponse> {
    let dataset = work::export::export(&app, request).await?;
    Ok((StatusCode::CREATED, Json(dataset)))
}
