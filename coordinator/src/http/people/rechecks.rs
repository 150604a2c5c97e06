//! Rechecks.

use axum::Json;
use axum::extract::State;
use hafs_proto::people::{Page, RecheckPreview, RecheckRequest, RecheckView};
use hafs_proto::{Problem, RecheckId};
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
use crate::work::recheck;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, begin)).routes(routes!(preview)).routes(routes!(show))
}

/// Which rechecks to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RecheckQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Items wanted, 1 to 500.
    limit: Option<u32>,
}

/// Rechecks, newest first.
#[utoipa::path(
    get, path = "/v1/rechecks", tag = "people", params(RecheckQuery), security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "One page of rechecks.", body = Page<RecheckView>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(
    State(app): State<App>,
    _: MayRead,
    QueryOf(query): QueryOf<RecheckQuery>,
) -> Result<Json<Page<RecheckView>>, ProblemResponse> {
    recheck::list(&app, page_request(query.cursor, query.limit)).await.map(Json)
}

/// Let newer gates and validators look again at samples that were decided before. The act is in the library before the
/// answer; it goes on after it, also through a restart.
#[utoipa::path(
    post, path = "/v1/rechecks", tag = "people", request_body = RecheckRequest,
    security(("bearer" = ["admin"])),
    responses(
        (status = 201, description = "It is begun, and done if its stage says so.", body = RecheckView),
        (status = "default", description = "A problem; nothing is looked at", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn begin(
    State(app): State<App>,
    caller: MayAdmin,
    JsonBody(request): JsonBody<RecheckRequest>,
) -> Result<(StatusCode, Json<RecheckView>), ProblemResponse> {
    let view = recheck::begin(&app, &caller.actor(), request).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Say how many samples a recheck would look at. Changes nothing.
#[utoipa::path(
    post, path = "/v1/rechecks/preview", tag = "people", request_body = RecheckRequest,
    security(("bearer" = ["admin"])),
    responses(
        (status = 200, description = "Counts.", body = RecheckPreview),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn preview(
    State(app): State<App>,
    _: MayAdmin,
    JsonBody(request): JsonBody<RecheckRequest>,
) -> Result<Json<RecheckPreview>, ProblemResponse> {
    recheck::preview(&app, request.selection).await.map(Json)
}

/// A recheck and how far it is.
#[utoipa::path(
    get, path = "/v1/rechecks/{id}", tag = "people", params(("id" = RecheckId, Path)),
    security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "The recheck.", body = RecheckView),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn show(
    State(app): State<App>,
    _: MayRead,
    PathId(id): PathId<RecheckId>,
) -> Result<Json<RecheckView>, ProblemResponse> {
    recheck::show(&app, id).await.map(Json)
}
