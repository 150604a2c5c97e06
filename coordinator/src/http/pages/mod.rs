//! The web pages: for each a handler that asks what the API asks, and one function of `hafs-pages` that draws it.

mod acts;
mod answer;
mod rooms;
mod samples;
mod session;
mod things;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{from_fn, map_response};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use hafs_pages::assets::{Asset, SCRIPT, STYLE};

use crate::app::App;

/// Nothing but our own files is loaded or asked, nothing frames a page, and no text can become a script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const KEPT: &str = "private, max-age=31536000, immutable";

/// All pages, below [`hafs_pages::assets::ROOT`].
pub fn routes() -> Router<App> {
    let pages = Router::new()
        .route("/web/", get(rooms::overview))
        .route("/web/runs", get(rooms::runs))
        .route("/web/runs/{id}", get(things::run))
        .route("/web/runs/{id}/{act}", post(acts::run))
        .route("/web/samples", get(samples::list))
        .route("/web/samples/{id}", get(samples::one))
        .route("/web/samples/{id}/{act}", post(samples::act))
        .route("/web/reasons", get(rooms::reasons))
        .route("/web/tasks", get(rooms::tasks))
        .route("/web/tasks/{id}", get(things::task))
        .route("/web/tasks/{id}/redrive", post(acts::redrive))
        .route("/web/workers", get(rooms::workers))
        .route("/web/workers/{id}", get(things::worker))
        .route("/web/workers/{id}/trust", post(acts::trust))
        .route("/web/workers/{id}/{act}", post(acts::worker))
        .route("/web/teachers", get(rooms::teachers))
        .route("/web/teachers/resume", post(acts::resume_teacher))
        .route("/web/datasets", get(rooms::datasets))
        .route("/web/datasets/{id}", get(things::dataset))
        .route("/web/graph", get(rooms::graphs))
        .route("/web/graph/{graph}", get(things::graph))
        .route("/web/audit", get(rooms::audit))
        .route("/web/login", get(session::ask).post(session::log_in))
        .route("/web/logout", post(session::log_out))
        .route("/web/theme", post(session::set_theme))
        .route("/web/events", get(rooms::events))
        .route("/web/{*unknown}", any(rooms::nowhere))
        .layer(from_fn(answer::drawn))
        .layer(map_response(guarded));
    Router::new()
        .route("/", get(async || Redirect::to("/web/")))
        .route("/web", get(async || Redirect::to("/web/")))
        .route(&STYLE.path, get(async || file(&STYLE)))
        .route(&SCRIPT.path, get(async || file(&SCRIPT)))
        .merge(pages)
}

fn file(asset: &'static Asset) -> Response {
    ([(header::CONTENT_TYPE, asset.media), (header::CACHE_CONTROL, KEPT)], asset.text).into_response()
}

/// The headers that every page has, also one that says what went wrong.
async fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
