//! All routes, what stands around them, and the description that is generated from them.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use hafs_proto::{Problem, ProblemType, RequestId};
use hafs_runtime::clock::Stopwatch;
use http::{HeaderName, HeaderValue, header};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{Instrument, debug_span, error};
use utoipa::OpenApi as _;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi, RefOr};
use utoipa_axum::router::OpenApiRouter;

use super::problem::ProblemResponse;
use super::{events, health, host, pages, people, room, tokens, workers};
use crate::app::App;
use crate::metrics::Call;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "hafs factory",
        description = "The coordinator's API. Every error is an RFC 9457 problem document. A 2xx that stores \
                       something is given only after the commit that holds it, with fsync.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    tags(
        (name = "worker", description = "What workers call: register, claim, renew, complete, fail, release, drain, rotate."),
        (name = "people", description = "What programs for people call."),
    )
)]
struct Description;

fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(workers::routes())
        .merge(people::routes())
        .merge(tokens::routes())
        .merge(events::routes())
}

/// The OpenAPI 3.1 description.
#[must_use]
pub fn openapi() -> OpenApi {
    let mut openapi = api().into_openapi();
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("`hafs-factory token create` makes one"))
        .build();
    let components = openapi.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    open_variants(components);
    openapi
}

/// A variant with a tag is described as its object *and* the tag. An object that allows no other fields could have no
/// tag, so those that stand in such a pair are left open.
fn open_variants(components: &mut Components) {
    let pairs = components.schemas.values().filter_map(|schema| match schema {
        RefOr::T(Schema::OneOf(one)) => Some(&one.items),
        RefOr::T(_) | RefOr::Ref(_) => None,
    });
    let parts = pairs.flatten().filter_map(|variant| match variant {
        RefOr::T(Schema::AllOf(all)) => Some(&all.items),
        RefOr::T(_) | RefOr::Ref(_) => None,
    });
    let named = parts.flatten().filter_map(|part| match part {
        RefOr::Ref(part) => part.ref_location.rsplit('/').next().map(str::to_owned),
        RefOr::T(_) => None,
    });
    for name in named.collect::<Vec<_>>() {
        if let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(&name) {
            object.additional_properties = None;
        }
    }
}

/// The whole service.
pub fn router(app: App) -> Router {
    let description: Arc<str> = openapi().to_pretty_json().unwrap_or_default().into();
    let (routes, _) = api().split_for_parts();
    routes
        .merge(health::routes(description))
        .merge(pages::routes())
        .fallback(health::not_found)
        .method_not_allowed_fallback(health::method_not_allowed)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), room::enough))
        .layer(from_fn_with_state(app.clone(), host::known))
        .layer(from_fn_with_state(app.clone(), envelope))
        .with_state(app)
}

/// Gives each request an id, puts it into problems, counts them, and sets the headers that every answer has.
async fn envelope(State(app): State<App>, request: Request, next: Next) -> Response {
    let id: RequestId = app.ids.mint();
    let span = debug_span!("http.request", request.id = %id, http.method = %request.method(), http.path = request.uri().path());
    let (call, watch) = (Call::of(request.uri().path()), Stopwatch::start());
    let response = next.run(request).instrument(span).await;
    if let Some(call) = call {
        app.metrics.requests.count(call, response.status(), watch.elapsed());
    }
    let mut response = if is_problem(&response) { sign(&app, id, response).await } else { response };
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn is_problem(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|value| value == "application/problem+json")
}

/// Problems are small and ours, so reading one back to add the request id is cheap and cannot fail.
async fn sign(app: &App, id: RequestId, response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 64 * 1024).await.unwrap_or_default();
    let Ok(mut problem) = serde_json::from_slice::<Problem>(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    if let Some(kind) = problem.kind() {
        app.metrics.problems.with_label_values(&[kind.slug()]).inc();
    }
    problem.request_id = Some(id);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(serde_json::to_vec(&problem).unwrap_or_default()))
}

fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    error!(panic = text, "a handler panicked; this is a bug, please report it");
    ProblemResponse::new(ProblemType::Internal, "a bug: the coordinator's log has more").into_response()
}
