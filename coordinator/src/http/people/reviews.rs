//! What people decide about samples.

use axum::Json;
use axum::extract::State;
use hafs_proto::people::{Page, ReviewRequest, ReviewView, WaitingSample};
use hafs_proto::{Domain, Problem, RunId, SampleId, limits};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::PAGE_ITEMS;
use crate::app::App;
use crate::http::caller::{MayRead, MayRun};
use crate::http::extract::{JsonBody, PathId, QueryOf};
use crate::http::problem::ProblemResponse;
use crate::work::review;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(act)).routes(routes!(waiting))
}

/// Accept, reject, edit, tag or untag a sample. The act is in the library before the answer; sent again with the same id
/// and body it gets the same answer.
#[utoipa::path(
    post, path = "/v1/samples/{id}/reviews", tag = "people", params(("id" = SampleId, Path)),
    request_body = ReviewRequest, security(("bearer" = ["run"])),
    responses(
        (status = 200, description = "It is done.", body = ReviewView),
        (status = "default", description = "A problem; nothing has changed", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn act(
    State(app): State<App>,
    caller: MayRun,
    PathId(id): PathId<SampleId>,
    JsonBody(request): JsonBody<ReviewRequest>,
) -> Result<Json<ReviewView>, ProblemResponse> {
    review::act(&app, &caller.actor(), id, request).await.map(Json)
}

/// Which samples to look at.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WaitingQuery {
    /// Of this run.
    run: Option<RunId>,
    /// Of this domain.
    domain: Option<Domain>,
    /// Items wanted, 1 to 400.
    limit: Option<u32>,
}

/// Samples that want a person's look, the most doubtful first. There is no next page: what was decided is gone from it.
#[utoipa::path(
    get, path = "/v1/reviews/waiting", tag = "people", params(WaitingQuery), security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "The samples.", body = Page<WaitingSample>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn waiting(
    State(app): State<App>,
    _: MayRead,
    QueryOf(query): QueryOf<WaitingQuery>,
) -> Result<Json<Page<WaitingSample>>, ProblemResponse> {
    let WaitingQuery { run, domain, limit } = query;
    let limit = limit.unwrap_or(PAGE_ITEMS).clamp(1, limits::PAGE_ITEMS) as usize;
    let items = app.library.read(move |tx| review::waiting(tx, run, domain.as_ref(), limit)).await?;
    Ok(Json(Page { items, next_cursor: None }))
}
