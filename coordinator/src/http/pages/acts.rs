//! What people do by forms: the same operations as the API's, so that each leaves the same entry in the audit log.

use axum::extract::{Path, State};
use axum::response::Redirect;
use hafs_library::tables::workers::Wish;
use hafs_proto::people::SetTrust;
use hafs_proto::{BoundedText, ProblemType, RunId, TaskId, TeacherName, TrustState, WorkerId};
use serde::Deserialize;

use super::answer::Refused;
use super::session::{Acting, FormOf};
use crate::app::App;
use crate::http::caller::{MayAdmin, MayRun};
use crate::http::extract::PathId;
use crate::http::problem::ProblemResponse;
use crate::work;
use crate::work::{crew, quota};

type Done = Result<Redirect, Refused>;

pub async fn run(
    State(app): State<App>,
    Acting(who): Acting,
    Path((id, act)): Path<(String, String)>,
) -> Done {
    let id: RunId = id.parse().map_err(|_| unknown())?;
    let actor = MayRun::of(who.identity)?.actor();
    match act.as_str() {
        "pause" => work::runs::pause(&app, &actor, id).await?,
        "resume" => work::runs::resume(&app, &actor, id).await?,
        "cancel" => work::runs::cancel(&app, &actor, id).await?,
        _ => return Err(Refused::from(unknown())),
    }
    Ok(Redirect::to(&format!("/web/runs/{id}")))
}

pub async fn redrive(State(app): State<App>, Acting(who): Acting, PathId(id): PathId<TaskId>) -> Done {
    let actor = MayRun::of(who.identity)?.actor();
    work::runs::redrive(&app, &actor, id).await?;
    Ok(Redirect::to(&format!("/web/tasks/{id}")))
}

pub async fn worker(
    State(app): State<App>,
    Acting(who): Acting,
    Path((id, act)): Path<(String, String)>,
) -> Done {
    let id: WorkerId = id.parse().map_err(|_| unknown())?;
    let actor = MayAdmin::of(who.identity)?.actor();
    let wish = match act.as_str() {
        "pause" => Wish::Pause,
        "resume" => Wish::Resume,
        "drain" => Wish::Drain,
        _ => return Err(Refused::from(unknown())),
    };
    crew::order(&app, &actor, id, wish).await?;
    Ok(Redirect::to(&format!("/web/workers/{id}")))
}

/// How far a worker is to be believed.
#[derive(Debug, Deserialize)]
pub struct TrustForm {
    state: TrustState,
    reason: BoundedText<512>,
}

pub async fn trust(
    State(app): State<App>,
    Acting(who): Acting,
    PathId(id): PathId<WorkerId>,
    FormOf(form): FormOf<TrustForm>,
) -> Done {
    let actor = MayAdmin::of(who.identity)?.actor();
    work::trust::set(&app, &actor, id, SetTrust { state: form.state, reason: form.reason }).await?;
    Ok(Redirect::to(&format!("/web/workers/{id}")))
}

/// Which teacher.
#[derive(Debug, Deserialize)]
pub struct TeacherForm {
    teacher: TeacherName,
}

pub async fn resume_teacher(
    State(app): State<App>,
    Acting(who): Acting,
    FormOf(form): FormOf<TeacherForm>,
) -> Done {
    let actor = MayAdmin::of(who.identity)?.actor();
    quota::resume(&app, actor, form.teacher).await?;
    Ok(Redirect::to("/web/teachers"))
}

fn unknown() -> ProblemResponse {
    ProblemResponse::new(ProblemType::NotFound, "no such address")
}
