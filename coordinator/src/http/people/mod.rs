//! The people's routes.

mod exports;
mod runs;
mod samples;
mod tasks;
mod workers;

use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

/// All routes for programs of people, tokens and events apart.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(runs::routes())
        .merge(tasks::routes())
        .merge(samples::routes())
        .merge(workers::routes())
        .merge(exports::routes())
}

/// Which page of a list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Items wanted, 1 to 500.
    pub limit: Option<u32>,
}

impl PageQuery {
    /// Items of a page when nobody says.
    const LIMIT: u32 = 50;

    fn request(cursor: Option<String>, limit: Option<u32>) -> hafs_library::tables::PageRequest {
        let limit = limit.unwrap_or(Self::LIMIT).clamp(1, hafs_proto::limits::PAGE_ITEMS);
        hafs_library::tables::PageRequest { cursor, limit }
    }
}
