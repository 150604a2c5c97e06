//! Knowledge graphs.

use axum::Json;
use axum::extract::State;
use hafs_library::tables::graph;
use hafs_proto::graph::EntityId;
use hafs_proto::people::{EntityView, GraphBatch, GraphChange, GraphSource, GraphView, Page, SourcedFact};
use hafs_proto::{GraphName, Problem, limits};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::PAGE_ITEMS;
use crate::app::App;
use crate::http::caller::{MayAdmin, MayRead};
use crate::http::extract::{JsonBody, PathId, QueryOf};
use crate::http::problem::ProblemResponse;
use crate::work::graphs as work;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(sources, store))
        .routes(routes!(entities))
        .routes(routes!(neighbours))
        .routes(routes!(facts))
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Items wanted, 1 to 500.
    limit: Option<u32>,
}

fn limit(limit: Option<u32>) -> u32 {
    limit.unwrap_or(PAGE_ITEMS).clamp(1, limits::PAGE_ITEMS)
}

/// Knowledge graphs, by name.
#[utoipa::path(
    get, path = "/v1/graphs", tag = "people", security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "All graphs.", body = Page<GraphView>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(State(app): State<App>, _: MayRead) -> Result<Json<Page<GraphView>>, ProblemResponse> {
    Ok(Json(Page { items: app.library.read(work::list).await?, next_cursor: None }))
}

/// A graph as a whole.
#[utoipa::path(
    get, path = "/v1/graphs/{graph}", tag = "people", params(("graph" = GraphName, Path)),
    security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "The graph.", body = GraphView),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn show(
    State(app): State<App>,
    _: MayRead,
    PathId(name): PathId<GraphName>,
) -> Result<Json<GraphView>, ProblemResponse> {
    Ok(Json(app.library.read(move |tx| graph::view(tx, &name)).await?))
}

/// The sources of a graph, by path.
#[utoipa::path(
    get, path = "/v1/graphs/{graph}/sources", tag = "people", params(("graph" = GraphName, Path), PageQuery),
    security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "One page of sources; none for a graph that is not there.", body = Page<GraphSource>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn sources(
    State(app): State<App>,
    _: MayRead,
    PathId(name): PathId<GraphName>,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<Page<GraphSource>>, ProblemResponse> {
    let read = move |tx: &mut dyn hafs_library::Tx| {
        graph::sources(tx, &name, query.cursor.as_deref(), limit(query.limit))
    };
    Ok(Json(app.library.read(read).await?))
}

/// Store what sources say, each in place of what it said before, and forget those that are gone. The first source makes
/// the graph.
#[utoipa::path(
    post, path = "/v1/graphs/{graph}/sources", tag = "people", params(("graph" = GraphName, Path)),
    request_body = GraphBatch, security(("bearer" = ["admin"])),
    responses(
        (status = 200, description = "All of it is stored.", body = GraphChange),
        (status = "default", description = "A problem; nothing is stored", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn store(
    State(app): State<App>,
    caller: MayAdmin,
    PathId(name): PathId<GraphName>,
    JsonBody(batch): JsonBody<GraphBatch, { limits::BATCH_BYTES }>,
) -> Result<Json<GraphChange>, ProblemResponse> {
    work::store(&app, &caller.actor(), name, batch).await.map(Json)
}

/// Which entity.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NameQuery {
    /// A name, an address or an id: `Link_Main`, `$2100`, `INIDISP`, `mem:$7E0010`.
    name: String,
}

/// The entities that a name means: by its spelling, else by its letters without sigil and case.
#[utoipa::path(
    get, path = "/v1/graphs/{graph}/entities", tag = "people", params(("graph" = GraphName, Path), NameQuery),
    security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "At most 100 entities; none when the graph has no such name.", body = Page<EntityView>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn entities(
    State(app): State<App>,
    _: MayRead,
    PathId(name): PathId<GraphName>,
    QueryOf(query): QueryOf<NameQuery>,
) -> Result<Json<Page<EntityView>>, ProblemResponse> {
    let items = app.library.read(move |tx| work::entities(tx, &name, &query.name)).await?;
    Ok(Json(Page { items, next_cursor: None }))
}

/// Whose edges.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NeighbourQuery {
    /// The entity.
    of: EntityId,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Items wanted, 1 to 500.
    limit: Option<u32>,
}

/// The edges that lead from an entity or to it, each with its source.
#[utoipa::path(
    get, path = "/v1/graphs/{graph}/neighbours", tag = "people", params(("graph" = GraphName, Path), NeighbourQuery),
    security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "One page of edges, in canonical order.", body = Page<SourcedFact>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn neighbours(
    State(app): State<App>,
    _: MayRead,
    PathId(name): PathId<GraphName>,
    QueryOf(query): QueryOf<NeighbourQuery>,
) -> Result<Json<Page<SourcedFact>>, ProblemResponse> {
    let read = move |tx: &mut dyn hafs_library::Tx| {
        graph::neighbours(tx, &name, &query.of, (query.cursor.as_deref(), limit(query.limit)))
    };
    Ok(Json(app.library.read(read).await?))
}

/// All that a graph says, in canonical order: the same files give the same pages.
#[utoipa::path(
    get, path = "/v1/graphs/{graph}/facts", tag = "people", params(("graph" = GraphName, Path), PageQuery),
    security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "One page of facts.", body = Page<SourcedFact>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn facts(
    State(app): State<App>,
    _: MayRead,
    PathId(name): PathId<GraphName>,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<Page<SourcedFact>>, ProblemResponse> {
    let read = move |tx: &mut dyn hafs_library::Tx| {
        graph::export(tx, &name, (query.cursor.as_deref(), limit(query.limit)))
    };
    Ok(Json(app.library.read(read).await?))
}
