//! Quarantines.

use axum::Json;
use axum::extract::State;
use hafs_proto::people::{Page, QuarantinePreview, QuarantineRequest, QuarantineView};
use hafs_proto::{Problem, QuarantineId};
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::page_request;
use crate::app::App;
use crate::http::caller::{MayAdmin, MayRead};
use crate::http::extract::{JsonBody, PathId, QueryOf};
use crate::http::problem::ProblemResponse;
use crate::work::quarantine;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, begin))
        .routes(routes!(preview))
        .routes(routes!(show))
        .routes(routes!(lift))
}

/// Which quarantines to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct QuarantineQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Items wanted, 1 to 500.
    limit: Option<u32>,
}

/// Quarantines, newest first.
#[utoipa::path(
    get, path = "/v1/quarantines", tag = "people", params(QuarantineQuery), security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "One page of quarantines.", body = Page<QuarantineView>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(
    State(app): State<App>,
    _: MayRead,
    QueryOf(query): QueryOf<QuarantineQuery>,
) -> Result<Json<Page<QuarantineView>>, ProblemResponse> {
    quarantine::list(&app, page_request(query.cursor, query.limit)).await.map(Json)
}

/// Set aside all that somebody has produced. The act is in the library before the answer; a large one goes on after it,
/// also through a restart.
#[utoipa::path(
    post, path = "/v1/quarantines", tag = "people", request_body = QuarantineRequest,
    security(("bearer" = ["admin"])),
    responses(
        (status = 201, description = "It is begun, and done if its state says so.", body = QuarantineView),
        (status = "default", description = "A problem; nothing is set aside", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn begin(
    State(app): State<App>,
    caller: MayAdmin,
    JsonBody(request): JsonBody<QuarantineRequest>,
) -> Result<(StatusCode, Json<QuarantineView>), ProblemResponse> {
    let view = quarantine::begin(&app, &caller.actor(), request).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Say what a quarantine would do. Changes nothing.
#[utoipa::path(
    post, path = "/v1/quarantines/preview", tag = "people", request_body = QuarantineRequest,
    security(("bearer" = ["admin"])),
    responses(
        (status = 200, description = "Counts, and the data sets that would be tainted.", body = QuarantinePreview),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn preview(
    State(app): State<App>,
    _: MayAdmin,
    JsonBody(request): JsonBody<QuarantineRequest>,
) -> Result<Json<QuarantinePreview>, ProblemResponse> {
    quarantine::preview(&app, request).await.map(Json)
}

/// A quarantine, how far it is, and the data sets that it taints.
#[utoipa::path(
    get, path = "/v1/quarantines/{id}", tag = "people", params(("id" = QuarantineId, Path)),
    security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "The quarantine.", body = QuarantineView),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn show(
    State(app): State<App>,
    _: MayRead,
    PathId(id): PathId<QuarantineId>,
) -> Result<Json<QuarantineView>, ProblemResponse> {
    quarantine::show(&app, id).await.map(Json)
}

/// Take a quarantine back: every sample becomes what it was, by the quarantine's own record.
#[utoipa::path(
    post, path = "/v1/quarantines/{id}/lift", tag = "people", params(("id" = QuarantineId, Path)),
    security(("bearer" = ["admin"])),
    responses(
        (status = 200, description = "It is being lifted, and lifted if its state says so.", body = QuarantineView),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn lift(
    State(app): State<App>,
    caller: MayAdmin,
    PathId(id): PathId<QuarantineId>,
) -> Result<Json<QuarantineView>, ProblemResponse> {
    quarantine::lift(&app, &caller.actor(), id).await.map(Json)
}
