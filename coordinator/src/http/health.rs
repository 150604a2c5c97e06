//! Health, metrics, and the pages that describe the API. None needs a token, none tells names.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use hafs_proto::{Problem, ProblemType};
use http::{StatusCode, header};

use super::problem::ProblemResponse;
use super::problems_page;
use crate::app::App;
use crate::work::health;

const TEXT: (header::HeaderName, &str) = (header::CONTENT_TYPE, "text/plain; charset=utf-8");

/// Routes outside the API proper; `openapi` is the rendered description.
pub fn routes(openapi: Arc<str>) -> Router<App> {
    let description = move || {
        let text = openapi.to_string();
        async move { ([(header::CONTENT_TYPE, "application/json")], text) }
    };
    Router::new()
        .route("/livez", get(async || (StatusCode::OK, [TEXT], "ok\n")))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/problems/{slug}", get(problem_page))
        .route("/openapi.json", get(description))
}

/// 200 when the library takes a write, its disk has room and the queue is built; otherwise 503 with the
/// part that is not ready.
async fn readyz(State(app): State<App>) -> Response {
    let health = health::look(&app).await;
    let status = if health.ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health)).into_response()
}

async fn metrics(State(app): State<App>) -> Response {
    health::measure(&app).await;
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.render()).into_response()
}

async fn problem_page(Path(slug): Path<String>) -> Result<Response, ProblemResponse> {
    let page = problems_page::page(&slug)
        .ok_or_else(|| ProblemResponse::new(ProblemType::NotFound, "no such kind of problem"))?;
    Ok(([TEXT], page).into_response())
}

/// For addresses that do not exist.
pub async fn not_found() -> ProblemResponse {
    ProblemResponse::new(ProblemType::NotFound, "no such address; /openapi.json lists them")
}

/// For methods that an address does not know.
pub async fn method_not_allowed() -> ProblemResponse {
    ProblemResponse::from(Problem::new(ProblemType::MethodNotAllowed, "see /openapi.json"))
}
