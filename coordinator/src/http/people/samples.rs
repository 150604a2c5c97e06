//! Samples and seeds.

use axum::Json;
use axum::extract::State;
use hafs_library::tables::samples::{self, SampleFilter};
use hafs_library::tables::seeds::{self, SeedFilter};
use hafs_proto::people::{Page, SampleDetail};
use hafs_proto::{
    BoundedText, Domain, Problem, Reason, RunId, Sample, SampleId, Seed, SeedId, SeedKind, SourceName, Tag,
    TeacherName,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::page_request;
use super::states::SampleWord;
use crate::app::App;
use crate::http::caller::MayRead;
use crate::http::extract::{PathId, QueryOf};
use crate::http::problem::ProblemResponse;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(list_seeds))
        .routes(routes!(show_seed))
}

/// Which samples to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SampleQuery {
    /// Of this run.
    run: Option<RunId>,
    /// In this state.
    #[param(inline)]
    state: Option<SampleWord>,
    /// Of this domain.
    domain: Option<Domain>,
    /// Rejected for this reason, among others.
    reason: Option<Reason>,
    /// Written by this teacher.
    teacher: Option<TeacherName>,
    /// Marked with this tag.
    tag: Option<Tag>,
    /// With this text in one of its three, letters from A to Z in either case. One page looks at 20,000 samples at most,
    /// so it may hold fewer than there are; `next_cursor` goes on.
    #[param(value_type = Option<String>, max_length = 256)]
    text: Option<BoundedText<256>>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Items wanted, 1 to 500.
    limit: Option<u32>,
}

/// Samples, newest first.
#[utoipa::path(
    get, path = "/v1/samples", tag = "people", params(SampleQuery), security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "One page of samples.", body = Page<Sample>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(
    State(app): State<App>,
    _: MayRead,
    QueryOf(query): QueryOf<SampleQuery>,
) -> Result<Json<Page<Sample>>, ProblemResponse> {
    let filter = SampleFilter {
        run: query.run,
        state: query.state.map(|state| state.word().to_owned()),
        domain: query.domain,
        reason: query.reason,
        teacher: query.teacher,
        tag: query.tag,
        text: query.text.filter(|text| !text.is_empty()).map(|text| text.to_string()),
        ..SampleFilter::default()
    };
    let page = page_request(query.cursor, query.limit);
    Ok(Json(app.library.read(move |tx| samples::page(tx, &filter, &page)).await?))
}

/// A sample with its whole chain.
#[utoipa::path(
    get, path = "/v1/samples/{id}", tag = "people", params(("id" = SampleId, Path)),
    security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "Sample, seed, attempt, checks, verdicts, decision.", body = SampleDetail),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn show(
    State(app): State<App>,
    _: MayRead,
    PathId(id): PathId<SampleId>,
) -> Result<Json<SampleDetail>, ProblemResponse> {
    Ok(Json(app.library.read(move |tx| samples::detail(tx, id)).await?))
}

/// Which seeds to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SeedQuery {
    /// Of this kind.
    kind: Option<SeedKind>,
    /// From this source.
    source: Option<SourceName>,
    /// Of this domain.
    domain: Option<Domain>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Items wanted, 1 to 500.
    limit: Option<u32>,
}

/// Seeds, newest first.
#[utoipa::path(
    get, path = "/v1/seeds", tag = "people", params(SeedQuery), security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "One page of seeds.", body = Page<Seed>),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list_seeds(
    State(app): State<App>,
    _: MayRead,
    QueryOf(query): QueryOf<SeedQuery>,
) -> Result<Json<Page<Seed>>, ProblemResponse> {
    let filter = SeedFilter { kind: query.kind, source: query.source, domain: query.domain };
    let page = page_request(query.cursor, query.limit);
    Ok(Json(app.library.read(move |tx| seeds::page(tx, &filter, &page)).await?))
}

/// A seed.
#[utoipa::path(
    get, path = "/v1/seeds/{id}", tag = "people", params(("id" = SeedId, Path)), security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "The seed.", body = Seed),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn show_seed(
    State(app): State<App>,
    _: MayRead,
    PathId(id): PathId<SeedId>,
) -> Result<Json<Seed>, ProblemResponse> {
    Ok(Json(app.library.read(move |tx| seeds::get(tx, id)).await?))
}
