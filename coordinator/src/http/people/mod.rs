//! The people's routes.

mod audit;
mod exports;
pub(super) mod filters;
mod graphs;
mod log;
mod quarantines;
mod rechecks;
mod reviews;
mod runs;
mod samples;
mod states;
mod tasks;
mod teachers;
mod workers;

use hafs_library::tables::PageRequest;
use hafs_proto::limits;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

/// All routes for programs of people, tokens and events apart.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(runs::routes())
        .merge(tasks::routes())
        .merge(samples::routes())
        .merge(workers::routes())
        .merge(teachers::routes())
        .merge(exports::routes())
        .merge(quarantines::routes())
        .merge(rechecks::routes())
        .merge(reviews::routes())
        .merge(audit::routes())
        .merge(graphs::routes())
        .merge(log::routes())
}

/// Items of a page when nobody says.
const PAGE_ITEMS: u32 = 50;

/// The page that a query asks for.
fn page_request(cursor: Option<String>, limit: Option<u32>) -> PageRequest {
    PageRequest { cursor, limit: limit.unwrap_or(PAGE_ITEMS).clamp(1, limits::PAGE_ITEMS) }
}
