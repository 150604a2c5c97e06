//! Teachers: how they stand with their limits and providers, and what a run would cost.

use axum::Json;
use axum::extract::State;
use hafs_proto::Problem;
use hafs_proto::people::{Forecast, ForecastRequest, Page, ResumeTeacher, TeacherRecord, TeacherView};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::caller::{MayAdmin, MayRead};
use crate::http::extract::JsonBody;
use crate::http::problem::ProblemResponse;
use crate::work::{forecast, quota, records};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(of_late))
        .routes(routes!(resume))
        .routes(routes!(plan))
}

/// Teachers whose limits, money and circuits the fleet shares.
#[utoipa::path(
    get, path = "/v1/teachers", tag = "people", security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "Teachers, once for each key.", body = Page<TeacherView>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(State(app): State<App>, _: MayRead) -> Result<Json<Page<TeacherView>>, ProblemResponse> {
    let items = quota::list(&app).await?;
    Ok(Json(Page { items, next_cursor: None }))
}

/// What teachers did in the last day: calls, time, cost, how many of their samples stand, how often their verdicts hold.
#[utoipa::path(
    get, path = "/v1/teachers/records", tag = "people", security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "Teachers that did something, by name.", body = Page<TeacherRecord>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn of_late(State(app): State<App>, _: MayRead) -> Result<Json<Page<TeacherRecord>>, ProblemResponse> {
    let items = records::of_teachers(&app).await?;
    Ok(Json(Page { items, next_cursor: None }))
}

/// Let a teacher be asked again, after someone has mended its key or its account.
#[utoipa::path(
    post, path = "/v1/teachers/resume", tag = "people", request_body = ResumeTeacher,
    security(("bearer" = ["admin"])),
    responses(
        (status = 204, description = "It is asked again."),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn resume(
    State(app): State<App>,
    caller: MayAdmin,
    JsonBody(request): JsonBody<ResumeTeacher>,
) -> Result<StatusCode, ProblemResponse> {
    quota::resume(&app, caller.0.id.to_string(), request.teacher).await.map(|()| StatusCode::NO_CONTENT)
}

/// What a run would cost. Nothing is stored or asked.
#[utoipa::path(
    post, path = "/v1/forecast", tag = "people", request_body = ForecastRequest,
    security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "Calls, tokens, money and time, with what they rest on.", body = Forecast),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn plan(
    State(app): State<App>,
    _: MayRead,
    JsonBody(request): JsonBody<ForecastRequest>,
) -> Result<Json<Forecast>, ProblemResponse> {
    forecast::forecast(&app, request).await.map(Json)
}
