//! The factory at a glance.

use std::time::Duration;

use hafs_library::tables::samples;
use hafs_library::{StoreError, Tx};
use hafs_proto::people::{Hour, Overview, Pace, RunView, TeacherStanding, TeacherView, Trouble, WorkerView};
use hafs_proto::{BoundedText, RunId, RunState, Timestamp, TrustState};

use super::{crew, quota, runs};
use crate::app::App;
use crate::http::problem::ProblemResponse;

const HOUR: Duration = Duration::from_secs(3_600);
/// Hours that are shown.
const HOURS: u32 = 24;
/// Runs whose samples are counted by the hour, newest first.
const COUNTED: usize = 5;

/// Status, what was made in the last hours, how fast runs go, and what stands still.
pub async fn overview(app: &App) -> Result<Overview, ProblemResponse> {
    let status = runs::status(app).await?;
    let now = app.clock.now();
    let going = |view: &&RunView| view.run.state == RunState::Running;
    let (running, counted): (Vec<RunId>, Vec<RunId>) = (
        status.runs.iter().filter(going).map(|view| view.run.id).collect(),
        status.runs.iter().take(COUNTED).map(|view| view.run.id).collect(),
    );
    let read = move |tx: &mut dyn Tx| Ok((hours(tx, &counted, now)?, last_hour(tx, &running, now)?));
    let (hours, paced) = app.library.read(read).await?;
    let paces = paced.into_iter().filter_map(|(run, per_hour)| {
        let view = status.runs.iter().find(|view| view.run.id == run)?;
        Some(pace(view, per_hour, now))
    });
    let paces = paces.collect();
    let (teachers, workers) = (quota::list(app).await?, crew::all(app).await?);
    let troubles = troubles(&status.runs, &teachers, &workers);
    Ok(Overview { status, at: now, hours, paces, troubles })
}

fn hours(tx: &mut dyn Tx, runs: &[RunId], now: Timestamp) -> Result<Vec<Hour>, StoreError> {
    let hour_ms = i64::try_from(HOUR.as_millis()).unwrap_or(i64::MAX);
    let this = Timestamp::from_millis(now.as_millis() / hour_ms * hour_ms).unwrap_or(now);
    let mut hours = Vec::new();
    for back in (0..HOURS).rev() {
        let from = this.minus(HOUR * back);
        let mut hour = Hour { from, accepted: 0, rejected: 0 };
        for run in runs {
            let made = |state| (*run, state, from..from.plus(HOUR));
            hour.accepted += samples::made(tx, made("accepted"))?;
            hour.rejected += samples::made(tx, made("rejected"))?;
        }
        hours.push(hour);
    }
    Ok(hours)
}

fn last_hour(tx: &mut dyn Tx, runs: &[RunId], now: Timestamp) -> Result<Vec<(RunId, u64)>, StoreError> {
    let span = now.minus(HOUR)..now.plus(HOUR);
    runs.iter().map(|run| Ok((*run, samples::made(tx, (*run, "accepted", span.clone()))?))).collect()
}

/// How fast a run goes, by what it made in the last hour, or since it began.
fn pace(view: &RunView, accepted: u64, now: Timestamp) -> Pace {
    let left = u64::from(view.progress.target).saturating_sub(view.progress.accepted);
    let span = now.since(view.run.created_at).clamp(Duration::from_secs(60), HOUR);
    let per_hour = accepted * HOUR.as_secs() / span.as_secs();
    Pace { run: view.run.id, per_hour, left_s: (left * HOUR.as_secs()).checked_div(per_hour) }
}

/// What stands still or goes wrong, worst first.
fn troubles(runs: &[RunView], teachers: &[TeacherView], workers: &[WorkerView]) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    troubles.extend(teachers.iter().filter_map(teacher));
    troubles.extend(workers.iter().filter_map(worker));
    troubles.extend(workers.iter().filter(|worker| worker.alive).flat_map(withheld));
    let wanted = runs.iter().any(|view| view.run.state == RunState::Running);
    if wanted && !workers.iter().any(|worker| worker.alive) {
        let next = "`hafs-factory run` brings one along; `hafs-factory token create --role worker` lets another machine join";
        troubles.push(trouble("no_worker", "a run wants samples and no worker is here", next));
    }
    troubles.extend(runs.iter().filter_map(run));
    troubles
}

fn trouble(code: &str, summary: &str, next: &str) -> Trouble {
    Trouble {
        code: BoundedText::clipped(code),
        summary: BoundedText::clipped(summary),
        next: BoundedText::clipped(next),
    }
}

fn teacher(view: &TeacherView) -> Option<Trouble> {
    let why = view.why.as_ref().map_or("", |why| why.as_str());
    let code = match view.standing {
        TeacherStanding::Open | TeacherStanding::Waiting => return None,
        TeacherStanding::Pausing => "teacher_pausing",
        TeacherStanding::Locked => "teacher_locked",
    };
    let next = if code == "teacher_locked" {
        format!("mend its key or its account, then `hafs-factory teachers resume {}`", view.teacher)
    } else {
        String::new()
    };
    Some(trouble(code, &format!("{} is not asked: {why}", view.teacher), &next))
}

fn worker(view: &WorkerView) -> Option<Trouble> {
    let suspended = view.trust.as_ref().is_some_and(|trust| trust.state == TrustState::Suspended);
    if view.cloned_at.is_some() {
        let summary = format!("two machines use the credential of the worker {}", view.name.as_str());
        return Some(trouble(
            "worker_copied",
            &summary,
            "delete the copy's credential.json and let it join by itself",
        ));
    }
    if suspended {
        let why = view.trust.as_ref().map_or("", |trust| trust.why.as_str());
        let summary = format!("the worker {} is suspended: {why}", view.name.as_str());
        return Some(trouble("worker_suspended", &summary, "see the runbook `poisoned worker`"));
    }
    (!view.alive && view.leased > 0).then(|| {
        let summary = format!("the worker {} is gone and holds {} tasks", view.name.as_str(), view.leased);
        trouble("worker_gone", &summary, "its tasks go to others when their leases run out")
    })
}

/// The teachers that a worker cannot use, by its own words.
fn withheld(view: &WorkerView) -> impl Iterator<Item = Trouble> {
    let told = view.facts.teachers.iter().filter_map(|facts| Some((facts, facts.withheld.as_ref()?)));
    told.map(|(facts, why)| {
        let summary = format!("the worker {} cannot use {}: {why}", view.name.as_str(), facts.teacher);
        trouble("teacher_withheld", &summary, "mend it in the worker's hafs.toml and restart the worker")
    })
}

fn run(view: &RunView) -> Option<Trouble> {
    let budget = view.run.spec.budget?;
    let spent = view.progress.cost;
    (view.run.state == RunState::Running && spent.0.saturating_mul(5) >= budget.0.saturating_mul(4)).then(
        || {
            let summary =
                format!("the run {} has spent four fifths of its budget", view.run.spec.name.as_str());
            trouble("budget_near", &summary, "")
        },
    )
}
