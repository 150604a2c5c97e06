//! The audit log.

use axum::Json;
use axum::extract::State;
use hafs_library::tables::audit::{self, AuditFilter, Head};
use hafs_library::verify;
use hafs_proto::people::{AuditEntry, AuditReport, Page};
use hafs_proto::{Problem, ProblemType};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::page_request;
use crate::app::App;
use crate::http::caller::MayAdmin;
use crate::http::extract::QueryOf;
use crate::http::problem::ProblemResponse;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(follow))
}

/// Which entries to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// About this thing, by its id.
    object: Option<String>,
    /// By this actor: the id of a credential or worker.
    actor: Option<String>,
    /// Of this action, such as `token.revoke`.
    action: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Items wanted, 1 to 500.
    limit: Option<u32>,
}

/// Entries of the audit log, newest first.
#[utoipa::path(
    get, path = "/v1/audit", tag = "people", params(AuditQuery), security(("bearer" = ["admin"])),
    responses(
        (status = 200, description = "One page of entries.", body = Page<AuditEntry>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(
    State(app): State<App>,
    _: MayAdmin,
    QueryOf(query): QueryOf<AuditQuery>,
) -> Result<Json<Page<AuditEntry>>, ProblemResponse> {
    let filter = AuditFilter { object: query.object, actor: query.actor, action: query.action };
    let page = page_request(query.cursor, query.limit);
    Ok(Json(app.library.read(move |tx| audit::page(tx, &filter, &page)).await?))
}

/// A head that somebody has noted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExpectQuery {
    /// A head that was noted earlier, `NUMBER:HASH`: it must lie on the chain.
    expect: Option<String>,
}

/// Follow the chain of the audit log from its root to its end.
#[utoipa::path(
    get, path = "/v1/audit/verify", tag = "people", params(ExpectQuery), security(("bearer" = ["admin"])),
    responses(
        (status = 200, description = "What was found; `sound` says whether nothing is wrong.", body = AuditReport),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn follow(
    State(app): State<App>,
    _: MayAdmin,
    QueryOf(query): QueryOf<ExpectQuery>,
) -> Result<Json<AuditReport>, ProblemResponse> {
    let expected = query.expect.map(|text| text.parse::<Head>()).transpose().map_err(|error| {
        let problem = Problem::new(ProblemType::Invalid, "the query of the address is wrong");
        ProblemResponse::from(problem.field("expect", error.to_string()))
    })?;
    Ok(Json(app.library.read(move |tx| verify::audit(tx, expected)).await?))
}
