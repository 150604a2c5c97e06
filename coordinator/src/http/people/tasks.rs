//! Tasks, and why things are as they are.

use axum::Json;
use axum::extract::State;
use hafs_library::tables::tasks::{self, TaskFilter};
use hafs_proto::people::{Page, TaskView, Why};
use hafs_proto::{Problem, RunId, TaskId, TaskKind};
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::page_request;
use super::states::TaskWord;
use crate::app::App;
use crate::http::caller::{MayRead, MayRun};
use crate::http::extract::{PathId, QueryOf};
use crate::http::problem::ProblemResponse;
use crate::work::{self, why};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(redrive))
        .routes(routes!(explain))
}

/// Which tasks to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TaskQuery {
    /// Of this run.
    run: Option<RunId>,
    /// Of this kind.
    #[param(inline)]
    kind: Option<TaskKind>,
    /// In this state.
    #[param(inline)]
    state: Option<TaskWord>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Items wanted, 1 to 500.
    limit: Option<u32>,
}

/// Tasks, newest first.
#[utoipa::path(
    get, path = "/v1/tasks", tag = "people", params(TaskQuery), security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "One page of tasks.", body = Page<TaskView>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(
    State(app): State<App>,
    _: MayRead,
    QueryOf(query): QueryOf<TaskQuery>,
) -> Result<Json<Page<TaskView>>, ProblemResponse> {
    let state = query.state.map(|state| state.word().to_owned());
    let filter = TaskFilter { run: query.run, kind: query.kind, state };
    let page = page_request(query.cursor, query.limit);
    let stored = app.library.read(move |tx| tasks::page(tx, &filter, &page)).await?;
    let mut items = Vec::with_capacity(stored.items.len());
    for task in stored.items {
        items.push(why::task_view(&app, task, Vec::new()).await?);
    }
    Ok(Json(Page { items, next_cursor: stored.next_cursor }))
}

/// A task with what was tried.
#[utoipa::path(
    get, path = "/v1/tasks/{id}", tag = "people", params(("id" = TaskId, Path)), security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "The task.", body = TaskView),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn show(
    State(app): State<App>,
    _: MayRead,
    PathId(id): PathId<TaskId>,
) -> Result<Json<TaskView>, ProblemResponse> {
    why::task(&app, id).await.map(Json)
}

/// Give a dead task new attempts.
#[utoipa::path(
    post, path = "/v1/tasks/{id}/redrive", tag = "people", params(("id" = TaskId, Path)),
    security(("bearer" = ["run"])),
    responses(
        (status = 204, description = "It is open again."),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn redrive(
    State(app): State<App>,
    caller: MayRun,
    PathId(id): PathId<TaskId>,
) -> Result<StatusCode, ProblemResponse> {
    work::runs::redrive(&app, &caller.actor(), id).await.map(|()| StatusCode::NO_CONTENT)
}

/// Why a task waits, a sample was rejected or a worker is idle.
#[utoipa::path(
    get, path = "/v1/why/{id}", tag = "people",
    params(("id" = String, Path, description = "Id of a task, a sample or a worker")),
    security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "Reasons, most telling first.", body = Why),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn explain(
    State(app): State<App>,
    _: MayRead,
    PathId(id): PathId<String>,
) -> Result<Json<Why>, ProblemResponse> {
    why::why(&app, &id).await.map(Json)
}
