//! The rooms: lists, and the factory at a glance.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use hafs_library::tables::audit::{self, AuditFilter};
use hafs_library::tables::tasks::{self, TaskFilter};
use hafs_library::tables::{PageRequest, runs as stored_runs};
use hafs_pages as pages;
use hafs_proto::people::Page;
use hafs_proto::{ProblemType, RunId};
use serde::Deserialize;

use super::answer::{PageOf, Refused};
use super::session::Looking;
use crate::app::App;
use crate::http::caller::{MayAdmin, MayRead};
use crate::http::events;
use crate::http::extract::QueryOf;
use crate::http::problem::ProblemResponse;
use crate::work;
use crate::work::{crew, overview as glance, quota, records, why};

/// Lines of one page of a list.
const LINES: u32 = 50;

type Answer = Result<PageOf, Refused>;

/// Where a list goes on.
#[derive(Debug, Deserialize)]
pub struct PlaceQuery {
    cursor: Option<String>,
}

pub async fn overview(State(app): State<App>, who: Looking) -> Answer {
    MayRead::of(who.identity)?;
    let overview = glance::overview(&app).await?;
    Ok(PageOf(pages::overview::overview(&who.viewer, &overview)))
}

pub async fn runs(State(app): State<App>, who: Looking) -> Answer {
    MayRead::of(who.identity)?;
    let runs = app.library.read(stored_runs::list).await?;
    Ok(PageOf(pages::runs::list(&who.viewer, &runs, app.clock.now())))
}

pub async fn reasons(State(app): State<App>, who: Looking) -> Answer {
    MayRead::of(who.identity)?;
    let status = work::runs::status(&app).await?;
    Ok(PageOf(pages::reasons::reasons(&who.viewer, &status.runs)))
}

/// For addresses below the pages' that are none.
pub async fn nowhere(_: Looking) -> ProblemResponse {
    ProblemResponse::new(ProblemType::NotFound, "there is no such page")
}

/// Which tasks.
#[derive(Debug, Deserialize)]
pub struct TaskQuery {
    run: Option<RunId>,
    state: Option<String>,
    cursor: Option<String>,
}

pub async fn tasks(State(app): State<App>, who: Looking, QueryOf(query): QueryOf<TaskQuery>) -> Answer {
    MayRead::of(who.identity)?;
    let state = query.state.filter(|state| ["open", "done", "dead", "cancelled"].contains(&state.as_str()));
    let filter = TaskFilter { run: query.run, kind: None, state: state.clone() };
    let page = PageRequest { cursor: query.cursor, limit: LINES };
    let stored = app.library.read(move |tx| tasks::page(tx, &filter, &page)).await?;
    let mut items = Vec::with_capacity(stored.items.len());
    for task in stored.items {
        items.push(why::task_view(&app, task, Vec::new()).await?);
    }
    let run = query.run.map(|run| format!("&run={run}")).unwrap_or_default();
    let again = format!("/web/tasks?state={}{run}", state.as_deref().unwrap_or_default());
    let page = Page { items, next_cursor: stored.next_cursor };
    Ok(PageOf(pages::tasks::list(&who.viewer, &page, state.as_deref(), &again, app.clock.now())))
}

pub async fn workers(State(app): State<App>, who: Looking) -> Answer {
    MayRead::of(who.identity)?;
    let workers = crew::all(&app).await?;
    Ok(PageOf(pages::workers::list(&who.viewer, &workers, app.clock.now())))
}

pub async fn teachers(State(app): State<App>, who: Looking) -> Answer {
    MayRead::of(who.identity)?;
    let (teachers, records) = (quota::list(&app).await?, records::of_teachers(&app).await?);
    let workers = crew::all(&app).await?;
    Ok(PageOf(pages::teachers::teachers(&who.viewer, &teachers, &records, &workers, app.clock.now())))
}

pub async fn datasets(State(app): State<App>, who: Looking) -> Answer {
    MayRead::of(who.identity)?;
    let datasets = app.library.read(work::export::list).await?;
    Ok(PageOf(pages::datasets::list(&who.viewer, &datasets, app.clock.now())))
}

pub async fn graphs(State(app): State<App>, who: Looking) -> Answer {
    MayRead::of(who.identity)?;
    let graphs = app.library.read(work::graphs::list).await?;
    Ok(PageOf(pages::graph::list(&who.viewer, &graphs)))
}

pub async fn audit(State(app): State<App>, who: Looking, QueryOf(query): QueryOf<PlaceQuery>) -> Answer {
    MayAdmin::of(who.identity)?;
    let page = PageRequest { cursor: query.cursor, limit: LINES };
    let entries = app.library.read(move |tx| audit::page(tx, &AuditFilter::default(), &page)).await?;
    Ok(PageOf(pages::audit::audit(&who.viewer, &entries, app.clock.now())))
}

/// The same stream as the API's, for pages.
pub async fn events(State(app): State<App>, who: Looking, headers: HeaderMap) -> Result<Response, Refused> {
    let caller = MayRead::of(who.identity)?;
    Ok(events::follow(app, &caller, &headers)?.into_response())
}
