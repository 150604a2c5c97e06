//! The end of this coordinator's log.

use axum::Json;
use hafs_proto::Problem;
use hafs_proto::people::{LogLine, Page};
use hafs_runtime::recent;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::caller::MayAdmin;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The last events that this coordinator has logged, the oldest first, without texts of others. Each coordinator has its
/// own.
#[utoipa::path(
    get, path = "/v1/log", tag = "people", security(("bearer" = ["admin"])),
    responses(
        (status = 200, description = "At most 500 events.", body = Page<LogLine>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(_: MayAdmin) -> Json<Page<LogLine>> {
    Json(Page { items: recent::lines(), next_cursor: None })
}
