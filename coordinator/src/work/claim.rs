//! Claiming: a long poll that ends with tasks, or with the reasons for none.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hafs_library::tables::tasks::{self, StoredState};
use hafs_proto::worker::{ClaimReply, ClaimRequest, ClaimedTask, IdleCode, IdleReason};
use hafs_proto::{
    BoundedText, Problem, ProblemType, Route, Task, TaskId, TaskSpec, Timestamp, WorkerId, limits,
};
use hafs_queue::{Ask, Claimed, Grant, LeaseRef};
use tokio::time::Instant;
use tracing::warn;

use super::instances::{self, Calling};
use super::quota;
use super::residency::{self, HeldBack};
use crate::app::{App, Core};
use crate::http::problem::ProblemResponse;
use crate::settings::Mode;
use crate::waiting::Place;
use crate::workers::Orders;

/// Gives tasks under lease, or waits for them as long as the worker wants and the settings allow.
pub async fn claim(
    app: &App,
    calling: &Calling,
    request: ClaimRequest,
) -> Result<ClaimReply, ProblemResponse> {
    let wait = Duration::from_millis(request.wait_ms.min(limits::CLAIM_WAIT_MS)).min(app.settings.claim_wait);
    let deadline = Instant::now() + wait;
    instances::meet(app, calling).await?;
    let ask = ask(app, calling.worker, request);
    let mut place = app.waiting.enter(calling.clone(), wanted(&ask));
    let mut spoken_for = stand_in_line(app, &mut place, wait);
    loop {
        let (idle, held_back) = match attempt(app, &without(&ask, &spoken_for), calling).await? {
            Attempt::Given(reply) => {
                place.served();
                return Ok(reply);
            }
            Attempt::Idle { idle, held_back } => (idle, held_back),
            Attempt::Broke(idle) => {
                place.stand_up();
                // The queue has work, but a run's money is held back by what is handed out: to ask again at once would
                // be in vain.
                let wake = deadline.min(Instant::now() + quota::LOOK_AGAIN);
                tokio::select! {
                    () = app.shutdown.drain.cancelled() => {}
                    () = tokio::time::sleep_until(wake) => {}
                }
                if wake < deadline {
                    place.sit(last_change(app));
                    continue;
                }
                (idle, false)
            }
        };
        place.rest(idle.retry_at, held_back);
        let until_due = idle.retry_at.map(|at| at.since(app.clock.now()));
        let soon = until_due.is_some_and(|due| due.is_zero()).then(|| Instant::now() + MIN_PAUSE);
        tokio::select! {
            () = place.called() => {}
            () = app.shutdown.drain.cancelled() => {}
            () = tokio::time::sleep_until(soon.map_or(deadline, |soon| soon.min(deadline))) => {}
        }
        if Instant::now() >= deadline && spoken_for.is_empty() {
            let retry_after_ms =
                until_due.map_or(0, |due| u64::try_from(due.as_millis()).unwrap_or(u64::MAX));
            let backlog = residency::backlog(app, calling.worker, app.clock.now()).await?;
            return Ok(ClaimReply { tasks: Vec::new(), reasons: idle.reasons, retry_after_ms, backlog });
        }
        // Also at the end: nobody is told that there is nothing who has not asked for everything.
        spoken_for.clear();
        place.sit(last_change(app));
    }
}

/// Routes that are left to those who wait for them already. Who does not wait does not stand in line either.
fn stand_in_line(app: &Core, place: &mut Place<'_>, wait: Duration) -> BTreeSet<Route> {
    if wait.is_zero() {
        place.sit(last_change(app));
        return BTreeSet::new();
    }
    place.line_up(last_change(app))
}

fn last_change(app: &Core) -> u64 {
    *app.queue.changes().borrow()
}

/// The ask without these routes; a repeated one still gets what it was given before.
fn without(ask: &Ask, routes: &BTreeSet<Route>) -> Ask {
    let mut ask = ask.clone();
    for vacancy in &mut ask.vacancies {
        vacancy.routes.retain(|route| !routes.contains(route));
    }
    ask
}

/// A task that is due "now" by another clock reading must not make the loop spin.
const MIN_PAUSE: Duration = Duration::from_millis(5);

enum Attempt {
    Given(ClaimReply),
    Idle {
        idle: Claimed,
        held_back: bool,
    },
    /// There are tasks, and no money for them at the moment.
    Broke(Claimed),
}

/// What a worker with free slots waits for.
fn wanted(ask: &Ask) -> BTreeSet<Route> {
    let free = ask.vacancies.iter().filter(|vacancy| vacancy.free > 0);
    free.flat_map(|vacancy| vacancy.routes.iter().cloned()).collect()
}

/// Whether a worker may ask for tasks, and its orders. Asked anew each time, because credentials are revoked and
/// processes replaced in the middle of a long poll.
///
/// # Errors
/// The problem that tells it what to do instead.
pub fn admit(app: &Core, calling: &Calling, now: Timestamp) -> Result<Orders, ProblemResponse> {
    if app.settings.mode == Mode::Inspect || app.shutdown.drain.is_cancelled() {
        return Err(draining());
    }
    if !app.auth.holds(calling.identity.id, now) {
        return Err(ProblemResponse::new(ProblemType::Unauthenticated, "the credential was revoked"));
    }
    calling.demand_current(app)?;
    app.workers.orders(calling.worker).ok_or_else(register_again)
}

/// Whether a worker with these orders gets nothing new.
pub fn is_held_back(app: &Core, worker: WorkerId, orders: Orders) -> bool {
    orders.paused || orders.drain || app.workers.is_suspended(worker)
}

async fn attempt(app: &App, ask: &Ask, calling: &Calling) -> Result<Attempt, ProblemResponse> {
    let now = app.clock.now();
    let orders = admit(app, calling, now)?;
    app.workers.seen(ask.worker, now);
    let held_back = is_held_back(app, ask.worker, orders);
    // A worker that is held back gets nothing new, but a repeated claim still gets what it was given before.
    let nothing_new = Ask { vacancies: Vec::new(), ..ask.clone() };
    app.metrics.claim_looks.inc();
    // Who does no work of teachers pays nothing for their limits.
    let limited = ask.vacancies.iter().any(|vacancy| vacancy.routes.iter().any(is_of_teacher));
    let gates = if limited { quota::look(app, ask.worker, now).await? } else { quota::Gates::default() };
    let near = HeldBack::look(app, ask, now).await?;
    let allowed = Ask { vacancies: near.narrow(gates.narrow(&ask.vacancies)), ..ask.clone() };
    let claimed = app.queue.claim(if held_back { &nothing_new } else { &allowed }, now).await?;
    if claimed.grants.is_empty() {
        let suspended = app.workers.is_suspended(ask.worker);
        let idle = if held_back {
            self::held_back(orders, suspended)
        } else {
            let idle = explain(app, ask, &gates, claimed).await?;
            near.explain(app, idle, &ask.vacancies, now).await?
        };
        return Ok(Attempt::Idle { idle, held_back });
    }
    give(app, ask, claimed.grants, limited.then_some(gates)).await
}

/// Hands out what was granted, as far as the library and the teachers' limits let it.
async fn give(
    app: &App,
    ask: &Ask,
    grants: Vec<Grant>,
    gates: Option<quota::Gates>,
) -> Result<Attempt, ProblemResponse> {
    let now = app.clock.now();
    let tasks = equip(app, ask.worker, grants, ask.lease).await?;
    let of_teachers = tasks.iter().any(|claimed| is_of_teacher(&claimed.task.route()));
    let mut gates = match gates {
        Some(gates) => gates,
        // Given again after an answer that was lost, although this time no teacher's work was asked for.
        None if of_teachers => quota::look(app, ask.worker, now).await?,
        None => quota::Gates::default(),
    };
    let tasks = reserve(app, ask.worker, tasks, &mut gates).await?;
    if tasks.is_empty() {
        // What was given up, or closed in the library, leaves room for others at once.
        let again = Claimed { retry_at: gates.closed.is_empty().then_some(now), ..Claimed::default() };
        let idle = explain(app, ask, &gates, again).await?;
        let is_broke = gates.closed.values().any(|closed| closed.code == IdleCode::BudgetSpent);
        return Ok(if is_broke { Attempt::Broke(idle) } else { Attempt::Idle { idle, held_back: false } });
    }
    app.workers.hand(ask.worker, tasks.iter().map(|claimed| claimed.task.id));
    for claimed in &tasks {
        app.metrics.claimed.with_label_values(&[claimed.task.kind().word()]).inc();
    }
    let backlog = residency::backlog(app, ask.worker, now).await?;
    Ok(Attempt::Given(ClaimReply { tasks, reasons: Vec::new(), retry_after_ms: 0, backlog }))
}

const fn is_of_teacher(route: &Route) -> bool {
    match route {
        Route::Teacher(_) | Route::Batch(_) => true,
        Route::Source(_) | Route::Embed(_) | Route::Check(_) | Route::Witness(..) => false,
    }
}

fn ask(app: &Core, worker: WorkerId, request: ClaimRequest) -> Ask {
    let holding: BTreeSet<TaskId> = request.holding.into_iter().collect();
    app.workers.hold(worker, holding.clone());
    Ask {
        worker,
        claim: request.claim,
        vacancies: app.workers.vacancies(worker, &request.vacancies),
        holding,
        lease: app.settings.lease,
        handicaps: residency::note(app, worker, request.residency),
        // As many as one renewal can name: whoever hoards more keeps them from others for nothing.
        at_most: u32::try_from(limits::BATCH_ITEMS).unwrap_or(u32::MAX),
    }
}

/// Adds what the library knows to what the queue granted. The queue may be behind: a task that the library
/// has closed is taken out of the queue and not handed out.
async fn equip(
    app: &Core,
    worker: WorkerId,
    grants: Vec<Grant>,
    lease: Duration,
) -> Result<Vec<ClaimedTask>, ProblemResponse> {
    let ids: Vec<TaskId> = grants.iter().map(|grant| grant.task).collect();
    let stored = app.library.read(move |tx| tasks::get_many(tx, &ids)).await?;
    let open = stored.into_iter().filter(|stored| matches!(stored.state, StoredState::Open { .. }));
    let mut open: BTreeMap<TaskId, Task> = open.map(|stored| (stored.task.id, stored.task)).collect();
    let lease_ms = u64::try_from(lease.as_millis()).unwrap_or(u64::MAX);
    let (mut tasks, mut closed) = (Vec::new(), Vec::new());
    for grant in grants {
        let Some(task) = open.remove(&grant.task) else {
            closed.push(grant.task);
            continue;
        };
        let task = without_witness(task);
        let token = app.lease_key.sign(grant.task, worker, grant.generation, grant.attempt);
        tasks.push(ClaimedTask { task, pool: grant.pool, token, attempt: grant.attempt, lease_ms });
    }
    if !closed.is_empty() {
        app.metrics.repairs.with_label_values(&["dropped"]).inc_by(closed.len() as u64);
        if let Err(error) = app.queue.complete(&closed).await {
            warn!(error = %error, "the queue was not told of closed tasks; their leases will run out");
        }
    }
    Ok(tasks)
}

/// A worker is not told that it repeats the check of another one: whoever knows when somebody looks can lie when nobody
/// does.
fn without_witness(mut task: Task) -> Task {
    if let TaskSpec::Check(spec) = &mut task.spec {
        spec.witness = None;
    }
    task
}

/// Keeps the tasks whose teachers may be asked and gives the others back to the queue, at their old place in line.
async fn reserve(
    app: &App,
    worker: WorkerId,
    tasks: Vec<ClaimedTask>,
    gates: &mut quota::Gates,
) -> Result<Vec<ClaimedTask>, ProblemResponse> {
    let wanted: Vec<Task> = tasks.iter().map(|claimed| claimed.task.clone()).collect();
    let refused = quota::reserve(app, gates, &wanted).await?;
    let ids: BTreeSet<TaskId> = refused.iter().map(|refused| refused.task).collect();
    for (teacher, closed) in refused.into_iter().filter_map(|refused| refused.closed) {
        gates.close(&teacher, closed);
    }
    let (back, kept): (Vec<_>, Vec<_>) =
        tasks.into_iter().partition(|claimed| ids.contains(&claimed.task.id));
    let lease = |claimed: &ClaimedTask| LeaseRef {
        task: claimed.task.id,
        generation: claimed.token.generation(),
        attempt: claimed.attempt,
    };
    let leases: Vec<LeaseRef> = back.iter().map(lease).collect();
    if !leases.is_empty() {
        app.queue.release(worker, &leases, app.clock.now()).await?;
    }
    Ok(kept)
}

/// Adds to an empty answer which teachers may not be asked now.
async fn explain(
    app: &Core,
    ask: &Ask,
    gates: &quota::Gates,
    idle: Claimed,
) -> Result<Claimed, ProblemResponse> {
    if gates.closed.is_empty() {
        return Ok(idle);
    }
    let stats = app.queue.stats().await?;
    Ok(gates.explain(idle, &ask.vacancies, &stats, app.clock.now()))
}

/// A suspended worker is told in the words of a paused one, which workers of every release understand.
fn held_back(orders: Orders, suspended: bool) -> Claimed {
    let (code, message) = if suspended {
        (
            IdleCode::Paused,
            "this worker is suspended; `hafs-factory why WORKER` on the coordinator's machine says why",
        )
    } else if orders.drain {
        (IdleCode::Draining, "this worker was told to finish and leave")
    } else {
        (IdleCode::Paused, "this worker is paused; `hafs-factory workers resume` lets it go on")
    };
    let reason = IdleReason { code, tasks: 0, message: BoundedText::clipped(message) };
    Claimed { reasons: vec![reason], ..Claimed::default() }
}

/// The coordinator is leaving, or only answers questions.
pub fn draining() -> ProblemResponse {
    let problem = Problem::new(ProblemType::Draining, "this coordinator hands out no tasks");
    ProblemResponse::from(problem.retry_after(2_000))
}

/// The coordinator does not know what this worker can do.
pub fn register_again() -> ProblemResponse {
    let problem = Problem::new(ProblemType::Conflict, "register again with your own credential");
    ProblemResponse::from(problem.with("action", "register"))
}
