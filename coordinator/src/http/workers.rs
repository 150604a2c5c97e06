//! The worker protocol's routes. See `docs/PROTOCOL.md`.

use axum::Json;
use axum::extract::State;
use hafs_proto::worker::{
    ClaimReply, ClaimRequest, CompleteReply, CompleteRequest, DrainRequest, FailReply, FailRequest,
    RegisterReply, RegisterRequest, ReleaseReply, ReleaseRequest, RenewReply, RenewRequest, RotateReply,
    RotateRequest, TeachersRequest,
};
use hafs_proto::{Problem, ProblemType, limits};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::{MayJoin, MayWork};
use super::extract::JsonBody;
use super::problem::ProblemResponse;
use crate::app::App;
use crate::work;

/// All routes of the worker protocol.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(claim))
        .routes(routes!(renew))
        .routes(routes!(complete))
        .routes(routes!(fail))
        .routes(routes!(release))
        .routes(routes!(drain))
        .routes(routes!(rotate))
        .routes(routes!(teachers))
}

/// Join, or come back after a restart.
#[utoipa::path(
    post, path = "/v1/workers/register", tag = "worker", request_body = RegisterRequest,
    security(("bearer" = ["join"])),
    responses(
        (status = 200, description = "The worker's row is in the library, on disk.", body = RegisterReply),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn register(
    State(app): State<App>,
    caller: MayJoin,
    JsonBody(request): JsonBody<RegisterRequest>,
) -> Result<Json<RegisterReply>, ProblemResponse> {
    work::register::register(&app, caller.0, request).await.map(Json)
}

/// Ask for tasks; a long poll that ends with tasks or with the reasons for none.
#[utoipa::path(
    post, path = "/v1/workers/claim", tag = "worker", request_body = ClaimRequest,
    security(("bearer" = ["work"])),
    responses(
        (status = 200, description = "Tasks under lease, or why there are none.", body = ClaimReply),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn claim(
    State(app): State<App>,
    caller: MayWork,
    JsonBody(request): JsonBody<ClaimRequest>,
) -> Result<Json<ClaimReply>, ProblemResponse> {
    at_most("holding", request.holding.len(), limits::BATCH_ITEMS)?;
    at_most("vacancies", request.vacancies.len(), limits::WORKER_ROUTES)?;
    let models = request.residency.as_ref().map_or(0, |residency| residency.models.len());
    at_most("residency.models", models, limits::WORKER_ROUTES)?;
    work::claim::claim(&app, &caller.calling, request).await.map(Json)
}

/// Extend all leases at once; also the worker's sign of life.
#[utoipa::path(
    post, path = "/v1/workers/renew", tag = "worker", request_body = RenewRequest,
    security(("bearer" = ["work"])),
    responses(
        (status = 200, description = "What became of each lease, and orders.", body = RenewReply),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn renew(
    State(app): State<App>,
    caller: MayWork,
    JsonBody(request): JsonBody<RenewRequest>,
) -> Result<Json<RenewReply>, ProblemResponse> {
    at_most("leases", request.leases.len(), limits::BATCH_ITEMS)?;
    work::renew::renew(&app, &caller.calling, request).await.map(Json)
}

/// Hand in results.
#[utoipa::path(
    post, path = "/v1/workers/complete", tag = "worker", request_body = CompleteRequest,
    security(("bearer" = ["work"])),
    responses(
        (status = 200, description = "One answer for each result. `accepted` means: in the library, on disk.", body = CompleteReply),
        (status = "default", description = "A problem; send the whole batch again", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn complete(
    State(app): State<App>,
    caller: MayWork,
    JsonBody(request): JsonBody<CompleteRequest, { limits::BATCH_BYTES }>,
) -> Result<Json<CompleteReply>, ProblemResponse> {
    at_most("results", request.results.len(), limits::BATCH_ITEMS)?;
    at_most("seen", request.seen.len(), limits::WORKER_ROUTES)?;
    work::complete::complete(&app, caller.sender(), request).await.map(Json)
}

/// Report failed attempts.
#[utoipa::path(
    post, path = "/v1/workers/fail", tag = "worker", request_body = FailRequest,
    security(("bearer" = ["work"])),
    responses(
        (status = 200, description = "One answer for each failure; its calls are in the library, on disk.", body = FailReply),
        (status = "default", description = "A problem; send the whole batch again", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn fail(
    State(app): State<App>,
    caller: MayWork,
    JsonBody(request): JsonBody<FailRequest, { limits::BATCH_BYTES }>,
) -> Result<Json<FailReply>, ProblemResponse> {
    at_most("failures", request.failures.len(), limits::BATCH_ITEMS)?;
    at_most("seen", request.seen.len(), limits::WORKER_ROUTES)?;
    work::fail::fail(&app, caller.sender(), request).await.map(Json)
}

/// Give leases back without penalty.
#[utoipa::path(
    post, path = "/v1/workers/release", tag = "worker", request_body = ReleaseRequest,
    security(("bearer" = ["work"])),
    responses(
        (status = 200, description = "What was given back.", body = ReleaseReply),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn release(
    State(app): State<App>,
    caller: MayWork,
    JsonBody(request): JsonBody<ReleaseRequest>,
) -> Result<Json<ReleaseReply>, ProblemResponse> {
    at_most("leases", request.leases.len(), limits::BATCH_ITEMS)?;
    work::renew::release(&app, caller.calling.worker, request).await.map(Json)
}

/// Say that this worker claims no more.
#[utoipa::path(
    post, path = "/v1/workers/drain", tag = "worker", request_body = DrainRequest,
    security(("bearer" = ["work"])),
    responses(
        (status = 204, description = "Noted."),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn drain(
    State(app): State<App>,
    caller: MayWork,
    JsonBody(_): JsonBody<DrainRequest>,
) -> Result<StatusCode, ProblemResponse> {
    work::renew::drain(&app, &caller.calling).await.map(|()| StatusCode::NO_CONTENT)
}

/// Give the worker's own credential a new secret, which the worker has drawn and stored before. Safe to repeat.
#[utoipa::path(
    post, path = "/v1/workers/rotate", tag = "worker", request_body = RotateRequest,
    security(("bearer" = ["work"])),
    responses(
        (status = 200, description = "The new secret is in force, on disk; the one before is taken a while longer.", body = RotateReply),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn rotate(
    State(app): State<App>,
    caller: MayWork,
    JsonBody(request): JsonBody<RotateRequest>,
) -> Result<Json<RotateReply>, ProblemResponse> {
    work::rotate::rotate(&app, &caller.calling, caller.presented, request).await.map(Json)
}

/// Tell on which terms the worker's teachers can be used. They take the place of those that it told before.
#[utoipa::path(
    post, path = "/v1/workers/teachers", tag = "worker", request_body = TeachersRequest,
    security(("bearer" = ["work"])),
    responses(
        (status = 204, description = "From now on they count."),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn teachers(
    State(app): State<App>,
    caller: MayWork,
    JsonBody(request): JsonBody<TeachersRequest>,
) -> Result<StatusCode, ProblemResponse> {
    at_most("terms", request.terms.len(), limits::WORKER_ROUTES)?;
    caller.calling.demand_current(&app)?;
    work::quota::declare(&app, caller.calling.worker, request).await.map(|()| StatusCode::NO_CONTENT)
}

fn at_most(field: &str, found: usize, most: usize) -> Result<(), ProblemResponse> {
    if found <= most {
        return Ok(());
    }
    let problem = Problem::new(ProblemType::TooLarge, "a list of the body is too long");
    Err(ProblemResponse::from(problem.field(field, format!("{found} items; at most {most} in one call"))))
}
