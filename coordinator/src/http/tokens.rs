//! Tokens: make, list, revoke.

use axum::Json;
use axum::extract::State;
use hafs_library::tables::credentials;
use hafs_proto::people::{CreateTokenRequest, CreatedToken, Page, TokenView};
use hafs_proto::{CredentialId, Problem};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::MayAdmin;
use super::extract::{JsonBody, PathId};
use super::problem::ProblemResponse;
use crate::app::App;
use crate::work;

/// All routes of tokens.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke))
}

/// Tokens, newest first; never a secret.
#[utoipa::path(
    get, path = "/v1/tokens", tag = "people", security(("bearer" = ["admin"])),
    responses(
        (status = 200, description = "Tokens.", body = Page<TokenView>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(State(app): State<App>, _: MayAdmin) -> Result<Json<Page<TokenView>>, ProblemResponse> {
    let stored = app.library.read(credentials::list).await?;
    let items = stored.into_iter().map(|credential| credential.view).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Make a token. Its secret is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/v1/tokens", tag = "people", request_body = CreateTokenRequest,
    security(("bearer" = ["admin"])),
    responses(
        (status = 201, description = "The token.", body = CreatedToken),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn create(
    State(app): State<App>,
    caller: MayAdmin,
    JsonBody(request): JsonBody<CreateTokenRequest>,
) -> Result<(StatusCode, Json<CreatedToken>), ProblemResponse> {
    let created = work::tokens::create(&app, &caller.0.id.to_string(), request).await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// Revoke a token, at once.
#[utoipa::path(
    delete, path = "/v1/tokens/{id}", tag = "people", params(("id" = CredentialId, Path, description = "The token's public half")),
    security(("bearer" = ["admin"])),
    responses(
        (status = 204, description = "It does not work any more."),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn revoke(
    State(app): State<App>,
    caller: MayAdmin,
    PathId(id): PathId<CredentialId>,
) -> Result<StatusCode, ProblemResponse> {
    work::tokens::revoke(&app, &caller.0.id.to_string(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
