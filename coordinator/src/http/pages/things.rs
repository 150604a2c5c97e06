//! One thing a page: a run, a task, a worker, a data set, an entity.

use axum::extract::State;
use hafs_library::Tx;
use hafs_library::tables::graph as facts;
use hafs_pages as pages;
use hafs_proto::graph::EntityId;
use hafs_proto::people::Page;
use hafs_proto::{DatasetId, GraphName, ProblemType, RunId, TaskId, WorkerId};
use serde::Deserialize;

use super::answer::{PageOf, Refused};
use super::session::Looking;
use crate::app::App;
use crate::http::caller::MayRead;
use crate::http::extract::{PathId, QueryOf};
use crate::http::problem::ProblemResponse;
use crate::work;
use crate::work::{crew, why};

/// Neighbours of an entity on one page.
const NEIGHBOURS: u32 = 200;

type Answer = Result<PageOf, Refused>;

pub async fn run(State(app): State<App>, who: Looking, PathId(id): PathId<RunId>) -> Answer {
    MayRead::of(who.identity)?;
    let view = work::runs::view(&app, id).await?;
    let yields = work::records::of_run(&app, id).await?;
    Ok(PageOf(pages::runs::run(&who.viewer, &view, &yields, app.clock.now())))
}

pub async fn task(State(app): State<App>, who: Looking, PathId(id): PathId<TaskId>) -> Answer {
    MayRead::of(who.identity)?;
    let view = why::task(&app, id).await?;
    let reasons = why::why(&app, &id.to_string()).await.ok();
    Ok(PageOf(pages::tasks::task(&who.viewer, &view, reasons.as_ref(), app.clock.now())))
}

pub async fn worker(State(app): State<App>, who: Looking, PathId(id): PathId<WorkerId>) -> Answer {
    MayRead::of(who.identity)?;
    let found = crew::all(&app).await?.into_iter().find(|worker| worker.id == id);
    let worker = found.ok_or_else(|| {
        ProblemResponse::new(ProblemType::NotFound, format!("there is no worker {id}, or it was revoked"))
    })?;
    let reasons = why::why(&app, &id.to_string()).await.ok();
    Ok(PageOf(pages::workers::worker(&who.viewer, &worker, reasons.as_ref(), app.clock.now())))
}

pub async fn dataset(State(app): State<App>, who: Looking, PathId(id): PathId<DatasetId>) -> Answer {
    MayRead::of(who.identity)?;
    let detail = app.library.read(move |tx| work::export::detail(tx, id)).await?;
    Ok(PageOf(pages::datasets::dataset(&who.viewer, &detail, app.clock.now())))
}

/// What of a graph.
#[derive(Debug, Deserialize)]
pub struct EntityQuery {
    name: Option<String>,
    entity: Option<EntityId>,
    cursor: Option<String>,
}

pub async fn graph(
    State(app): State<App>,
    who: Looking,
    PathId(graph): PathId<GraphName>,
    QueryOf(query): QueryOf<EntityQuery>,
) -> Answer {
    MayRead::of(who.identity)?;
    let asked = query.entity.as_ref().map(ToString::to_string).or(query.name).unwrap_or_default();
    let (name, wanted) = (graph.clone(), asked.clone());
    let read = move |tx: &mut dyn Tx| {
        let found = work::graphs::entities(tx, &name, &wanted)?;
        let neighbours = match found.as_slice() {
            [one] => facts::neighbours(tx, &name, &one.id, (query.cursor.as_deref(), NEIGHBOURS))?,
            _ => Page { items: Vec::new(), next_cursor: None },
        };
        Ok((found, neighbours))
    };
    let (mut found, neighbours) = app.library.read(read).await?;
    Ok(PageOf(match found.pop() {
        Some(one) if found.is_empty() => pages::graph::entity(&who.viewer, &graph, &one, &neighbours),
        last => {
            found.extend(last);
            let page = Page { items: found, next_cursor: None };
            pages::graph::found(&who.viewer, &graph, &asked, &page)
        }
    }))
}
