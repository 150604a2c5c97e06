//! Why a task waits, a sample was rejected, a worker is idle: in codes and words.

use hafs_library::Tx;
use hafs_library::tables::tasks::{self, StoredState, StoredTask};
use hafs_library::tables::trust::{self, StoredTrust};
use hafs_library::tables::{attempts, samples, workers};
use hafs_proto::people::{AttemptView, TaskView, TeacherStanding, Why};
use hafs_proto::worker::IdleCode;
use hafs_proto::{
    BoundedText, Outcome, Problem, ProblemType, Route, SampleId, SampleState, TaskId, TaskState, TrustState,
    WorkerId,
};

use super::quota::Closed;
use super::{instances, quota, residency};
use crate::app::Core;
use crate::http::problem::ProblemResponse;
use crate::workers::Present;

/// Tasks of a worker that are named one by one.
const HELD_SHOWN: usize = 16;

/// Answers for a task, a sample or a worker, told apart by the form of the id.
pub async fn why(app: &Core, id: &str) -> Result<Why, ProblemResponse> {
    if let Ok(task) = id.parse::<TaskId>() {
        why_task(app, task).await
    } else if let Ok(sample) = id.parse::<SampleId>() {
        why_sample(app, sample).await
    } else if let Ok(worker) = id.parse::<WorkerId>() {
        why_worker(app, worker).await
    } else {
        let detail = "expected the id of a task (task_…), a sample (sample_…) or a worker (worker_…)";
        Err(ProblemResponse::from(Problem::new(ProblemType::NotFound, detail)))
    }
}

/// A task with what was tried, and where it stands in the queue.
pub async fn task(app: &Core, id: TaskId) -> Result<TaskView, ProblemResponse> {
    let (stored, attempts) =
        app.library.read(move |tx| Ok((tasks::get(tx, id)?, attempts::of_task(tx, id)?))).await?;
    task_view(app, stored, attempts).await
}

/// What the library knows of a task, completed by what the queue knows.
pub async fn task_view(
    app: &Core,
    stored: StoredTask,
    attempts: Vec<AttemptView>,
) -> Result<TaskView, ProblemResponse> {
    let state = match stored.state {
        StoredState::Open { not_before, .. } => match app.queue.explain(stored.task.id).await? {
            Some(explanation) => explanation.state,
            None => TaskState::Ready { not_before },
        },
        StoredState::Done { at } => TaskState::Done { at },
        StoredState::Dead { at, reason } => TaskState::Dead { at, reason },
        StoredState::Cancelled { at } => TaskState::Cancelled { at },
    };
    Ok(TaskView { task: stored.task, state, attempts })
}

struct Answer {
    summary: String,
    reasons: Vec<(String, String)>,
    next: Vec<String>,
}

impl Answer {
    fn new(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), reasons: Vec::new(), next: Vec::new() }
    }

    fn reason(mut self, code: impl Into<String>, text: impl Into<String>) -> Self {
        self.reasons.push((code.into(), text.into()));
        self
    }

    fn next(mut self, text: impl Into<String>) -> Self {
        self.next.push(text.into());
        self
    }

    fn about(self, id: impl ToString) -> Why {
        let clip = |text: &String| BoundedText::clipped(text);
        Why {
            about: BoundedText::clipped(&id.to_string()),
            summary: BoundedText::clipped(&self.summary),
            reasons: self
                .reasons
                .iter()
                .map(|(code, text)| (BoundedText::clipped(code), BoundedText::clipped(text)))
                .collect(),
            next: self.next.iter().map(clip).collect(),
        }
    }
}

async fn why_task(app: &Core, id: TaskId) -> Result<Why, ProblemResponse> {
    let view = task(app, id).await?;
    let now = app.clock.now();
    let mut answer = match &view.state {
        TaskState::Ready { not_before } if *not_before > now => {
            Answer::new("waits for its backoff to pass").reason("delayed", format!("not before {not_before}"))
        }
        TaskState::Ready { .. } => ready(app, &view).await?,
        TaskState::Leased { worker, attempt, expires_at, .. } => Answer::new("a worker is at it")
            .reason("leased", format!("{worker}, attempt {}, lease until {expires_at}", attempt.0)),
        TaskState::Done { at } => Answer::new(format!("done since {at}")),
        TaskState::Dead { at, reason } => {
            Answer::new(format!("given up at {at}")).reason(reason.reason.code(), reason.detail.as_str())
        }
        TaskState::Cancelled { at } => Answer::new(format!("called off at {at}")),
    };
    for attempt in view.attempts.iter().filter(|attempt| attempt.failure.is_some()) {
        let class = attempt.failure.map_or("failed", |class| class.word());
        let detail = attempt.detail.as_ref().map_or("", |detail| detail.as_str());
        answer = answer.reason(class, format!("{} at {}: {detail}", attempt.worker, attempt.at));
    }
    Ok(answer.about(id))
}

async fn ready(app: &Core, view: &TaskView) -> Result<Answer, ProblemResponse> {
    let route = view.task.route();
    let able = |present: &Present| present.registration.pools.iter().any(|pool| pool.routes.contains(&route));
    let present = app.workers.all();
    let workers: Vec<_> = present.iter().filter(|(_, present)| able(present)).collect();
    if workers.is_empty() {
        let text = format!("no worker here offers `{route}`");
        let here = present.values().filter(|present| present.model(&route).is_some());
        let unfit = residency::of_task(&route, here, app.clock.now().since(view.task.created_at));
        let answer = Answer::new("waits for a worker that can do it").reason("no_matching_worker", text);
        let answer = unfit.into_iter().fold(answer, |answer, (code, text)| answer.reason(code, text));
        let answer = present.values().fold(answer, |answer, present| withheld(answer, &route, present));
        return Ok(answer
            .next("start a worker with that teacher or source, or check its configuration with `hafs-factory doctor`"));
    }
    if let Some(answer) = of_teacher(app, &route).await? {
        return Ok(answer);
    }
    if workers.iter().all(|(_, present)| present.paused || present.draining) {
        return Ok(Answer::new("every worker that can do it is paused or leaves")
            .reason("paused", format!("{} paused or draining", workers.len()))
            .next("hafs-factory workers resume WORKER"));
    }
    let explanation = app.queue.explain(view.task.id).await?;
    if explanation.as_ref().is_some_and(|it| it.paused) {
        return Ok(Answer::new("its run is paused").reason("paused", "the run is paused"));
    }
    let ahead = explanation.and_then(|it| it.ahead).unwrap_or_default();
    let waited = app.clock.now().since(view.task.created_at);
    let unloaded = residency::of_task(&route, workers.iter().map(|(_, present)| *present), waited);
    let summary =
        if unloaded.is_empty() { "waits for a free slot" } else { "waits for its model to be loaded" };
    let answer =
        unloaded.into_iter().fold(Answer::new(summary), |answer, (code, text)| answer.reason(code, text));
    Ok(answer.reason(
        "ready",
        format!("{ahead} tasks of `{route}` come first, {} workers can do it", workers.len()),
    ))
}

/// Why a worker that is configured with the teacher of a route does not offer it, by its own words.
fn withheld(answer: Answer, route: &Route, present: &crate::workers::Present) -> Answer {
    let registration = &present.registration;
    let of_route = registration.facts.teachers.iter().find(|facts| route.teacher() == Some(&facts.teacher));
    match of_route.and_then(|facts| facts.withheld.as_ref()) {
        Some(why) => answer.reason("withheld", format!("{} does not offer it: {why}", registration.name)),
        None => answer,
    }
}

/// Why the teacher of a route is not asked now, if it is not with any of its keys.
async fn of_teacher(app: &Core, route: &Route) -> Result<Option<Answer>, ProblemResponse> {
    let Route::Teacher(teacher) = route else { return Ok(None) };
    // Open with one key is open; otherwise the key that is asked first again counts.
    let closed: Option<Vec<Closed>> = quota::closed(app, teacher).await?.into_iter().collect();
    let first = closed.into_iter().flatten().min_by_key(|it| (it.shut.until.is_none(), it.shut.until));
    let Some(Closed { code, shut: first }) = first else { return Ok(None) };
    let until = first.until.map_or_else(|| "until someone acts".to_owned(), |at| format!("until {at}"));
    let next = (first.standing == TeacherStanding::Locked)
        .then(|| format!("mend it, then `hafs-factory teachers resume {teacher}`"));
    let answer = Answer::new(format!("waits {until}: {teacher} is not asked"));
    let answer = answer.reason(code.word(), format!("{until}: {}", first.why));
    Ok(Some(next.into_iter().fold(answer, Answer::next)))
}

async fn why_sample(app: &Core, id: SampleId) -> Result<Why, ProblemResponse> {
    let detail = app.library.read(move |tx| samples::detail(tx, id)).await?;
    let mut answer = match &detail.sample.state {
        SampleState::Candidate => Answer::new("not decided yet")
            .reason("candidate", "a judge is asked or a check is under way; or its run ended before that"),
        SampleState::Accepted { at } => Answer::new(format!("accepted at {at}")),
        SampleState::Rejected { at, .. } => Answer::new(format!("rejected at {at}")),
        SampleState::Quarantined { at, why } => {
            Answer::new(format!("set aside at {at}")).reason("quarantined", why.as_str())
        }
    };
    if let SampleState::Rejected { reasons, .. } = &detail.sample.state {
        for reason in reasons {
            answer = answer.reason(reason.code(), reason.describe());
        }
    }
    for view in &detail.checks {
        if let Outcome::Fail { findings } = &view.check.outcome {
            for finding in findings {
                answer = answer.reason(view.check.name.as_str(), finding.message.as_str());
            }
        }
    }
    for verdict in &detail.verdicts {
        let words: Vec<String> = verdict
            .opinion
            .criteria
            .iter()
            .filter(|criterion| criterion.verdict == hafs_proto::verdict::CriterionVerdict::Fail)
            .map(|criterion| format!("{}: {}", criterion.id, criterion.why))
            .collect();
        let score = verdict.opinion.score.get();
        answer = answer.reason("verdict", format!("{} gives {score:.2} {}", verdict.judge, words.join("; ")));
    }
    Ok(answer.next(format!("hafs-factory samples show {id}")).about(id))
}

/// Adds how far a worker is believed, where that keeps work from it.
fn believed(answer: Answer, trust: Option<&StoredTrust>) -> Answer {
    match trust.filter(|trust| trust.state == TrustState::Suspended) {
        None => answer,
        Some(trust) => answer
            .reason("suspended", format!("since {}: {}", trust.since, trust.why))
            .next("look at what it made; `hafs-factory quarantine --worker WORKER` sets it aside")
            .next("`hafs-factory workers trust WORKER probation --reason WHY` lets it work again"),
    }
}

/// Adds what a worker is doing.
async fn holding(app: &Core, answer: Answer, present: &Present) -> Result<Answer, ProblemResponse> {
    let ids: Vec<TaskId> = present.told.holding.iter().copied().take(HELD_SHOWN).collect();
    let more = present.told.holding.len() - ids.len();
    let held = app.library.read(move |tx| tasks::get_many(tx, &ids)).await?;
    // What it has delivered since it spoke last is done.
    let open = held.iter().filter(|held| matches!(held.state, StoredState::Open { .. }));
    let answer = open.fold(answer, |answer, held| {
        let (kind, route) = (held.task.kind().word(), held.task.route());
        answer.reason("holds", format!("{}: {kind} for `{route}`", held.task.id))
    });
    Ok(if more == 0 { answer } else { answer.reason("holds", format!("{more} more tasks")) })
}

async fn why_worker(app: &Core, id: WorkerId) -> Result<Why, ProblemResponse> {
    let stored = app.library.read(move |tx| workers::get(tx, id)).await?;
    let read = move |tx: &mut dyn Tx| Ok((instances::lineage(tx, id)?.cloned_at(), trust::get(tx, id)?));
    let (cloned, trust) = app.library.read(read).await?;
    let about_copies = |answer: Answer| {
        let answer = believed(answer, trust.as_ref());
        match cloned {
        None => answer,
        Some(at) => answer
            .reason("cloned", format!("two living processes used its credential, last noticed at {at}"))
            .next("stop the copy, delete its credential.json and let it join by itself; if it is not yours, revoke the worker"),
    }
    };
    let Some(present) = app.workers.all().remove(&id) else {
        return Ok(about_copies(Answer::new("not here"))
            .reason("absent", format!("last heard of at {}", stored.seen_at))
            .next("start the worker again; it keeps its identity and its spool")
            .about(id));
    };
    if present.suspended {
        return Ok(about_copies(Answer::new("it is suspended and gets no tasks")).about(id));
    }
    if present.paused || present.draining {
        let (code, text) = if present.draining {
            (IdleCode::Draining, "it was told to leave")
        } else {
            (IdleCode::Paused, "it is paused")
        };
        return Ok(about_copies(Answer::new(text)).reason(code.word(), text).about(id));
    }
    let stats = app.queue.stats().await?;
    let mut answer = about_copies(Answer::new("here and allowed to work"));
    for (teacher, closed) in quota::look(app, id, app.clock.now()).await?.closed {
        let until =
            closed.shut.until.map_or_else(|| "until someone acts".to_owned(), |at| format!("until {at}"));
        answer =
            answer.reason(closed.code.word(), format!("{teacher} is not asked {until}: {}", closed.shut.why));
        if closed.shut.standing == TeacherStanding::Locked {
            answer = answer.next(format!("mend it, then `hafs-factory teachers resume {teacher}`"));
        }
    }
    answer = holding(app, answer, &present).await?;
    if let Some(told) = &present.told.residency {
        let models = residency::of_worker(told, &present.registration.name);
        answer = models.into_iter().fold(answer, |answer, (code, text)| answer.reason(code, text));
    }
    for pool in &present.registration.pools {
        for route in &pool.routes {
            let open = stats.routes.get(route).copied().unwrap_or_default();
            let text = format!(
                "`{route}`: {} ready, {} waiting for their time, {} held by workers",
                open.ready, open.delayed, open.leased
            );
            answer = answer.reason(if open.open() == 0 { "queue_empty" } else { "queued" }, text);
        }
    }
    let foreign = stats
        .routes
        .iter()
        .filter(|(route, _)| !present.registration.pools.iter().any(|pool| pool.routes.contains(route)));
    for (route, open) in foreign {
        answer = answer.reason(
            "no_matching_route",
            format!("`{route}` has {} open tasks and is not offered by it", open.open()),
        );
    }
    Ok(answer.about(id))
}
