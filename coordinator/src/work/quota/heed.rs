//! Learning from what came of tasks and from what providers say.

use std::time::Duration;

use hafs_domain::quota::{Change, Ended, Need, Quota, Sign, need};
use hafs_library::tables::quota::{self, Hold};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::EventKind;
use hafs_proto::quota::Seen;
use hafs_proto::task::{Failure, Lane};
use hafs_proto::teacher::Usage;
use hafs_proto::{CallRecord, TaskId, TaskSpec, TeacherName, TeacherTerms, WorkerId};

use super::books;
use crate::app::Core;
use crate::events::News;
use crate::http::problem::ProblemResponse;
use crate::work::effects::Effects;

/// How an attempt ended.
#[derive(Debug, Clone, Copy)]
pub enum End<'a> {
    /// With a result.
    Done(&'a [CallRecord]),
    /// Without one.
    Failed(&'a Failure),
}

/// Settles what was held back for a task's attempt, and learns from its end whether the provider is there.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn end(
    tx: &mut dyn Tx,
    app: &Core,
    (task, spec): (TaskId, &TaskSpec),
    end: End<'_>,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let Some(hold) = quota::take_hold(tx, task)? else { return Ok(()) };
    let (calls, sign) = match end {
        End::Done(calls) => (calls, Sign::Answers),
        End::Failed(failure) => {
            let retry_after = failure.retry_after_ms.map(Duration::from_millis);
            (failure.calls.as_slice(), Sign::of(failure.class, retry_after, &failure.calls))
        }
    };
    let (used, sign) = in_lane(spec.lane(), calls.iter().map(|call| call.usage).collect(), sign);
    let held = held(&hold);
    let most = need::of(spec).map_or(held, |(_, most)| most);
    change(tx, app, &hold, |state| state.end(Ended { task, held, most, used: &used, sign }, app.clock.now()))
        .map(|change| tell(app, &hold.teacher, change, effects))
}

/// What the end of an attempt means for the limits. A batch counts for none of a minute, and when it is too much or too
/// late for its provider, that says nothing of calls that are made at once.
fn in_lane(lane: Lane, used: Vec<Usage>, sign: Sign) -> (Vec<Usage>, Sign) {
    match (lane, sign) {
        (Lane::Now, sign) => (used, sign),
        (Lane::Batch, Sign::Limited(_)) => (Vec::new(), Sign::Silent),
        (Lane::Batch, sign) => (Vec::new(), sign),
    }
}

/// A lease ran out: what was held back counts as used, since nobody knows better.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn lost(tx: &mut dyn Tx, app: &Core, task: TaskId) -> Result<(), StoreError> {
    let Some(hold) = quota::take_hold(tx, task)? else { return Ok(()) };
    let held = held(&hold);
    // A call in a batch holds back nothing but money.
    let used: Vec<Usage> = (held != Need::default())
        .then(|| Usage { input: held.input, output: held.output, ..Usage::default() })
        .into_iter()
        .collect();
    let ended = Ended { task, held, most: held, used: &used, sign: Sign::Silent };
    change(tx, app, &hold, |state| state.end(ended, app.clock.now())).map(drop)
}

/// Tasks were handed back unharmed: nothing of what was held back is used.
///
/// # Errors
/// A problem of the library.
pub async fn released(app: &crate::app::App, tasks: Vec<TaskId>) -> Result<(), ProblemResponse> {
    let looked_at = tasks.clone();
    if !app.library.read(move |tx| quota::holds_any(tx, &looked_at)).await? {
        return Ok(());
    }
    let core = crate::app::App::clone(app);
    app.library
        .write(move |tx| {
            for task in &tasks {
                let Some(hold) = quota::take_hold(tx, *task)? else { continue };
                change(tx, &core, &hold, |state| {
                    state.undo(*task, held(&hold), core.clock.now());
                    None
                })?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// Heeds what providers said to a worker.
///
/// # Errors
/// A problem of the library.
pub async fn observe(
    app: &crate::app::App,
    worker: WorkerId,
    seen: Vec<Seen>,
) -> Result<(), ProblemResponse> {
    if seen.is_empty() {
        return Ok(());
    }
    let now = app.clock.now();
    app.library
        .write(move |tx| {
            let terms = books::terms(tx, worker)?;
            for seen in &seen {
                let Some(TeacherTerms { teacher, key, .. }) = terms.get(&seen.teacher) else { continue };
                let before = books::load(tx, (teacher, key))?;
                let mut after = before.clone();
                after.meter.observe(seen, now);
                if after != before {
                    books::save(tx, (teacher, key), &after, now)?;
                }
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// Forgets what was held back for tasks that were closed while they were handed out and of which nobody has told what
/// they used.
///
/// # Errors
/// A problem of the library.
pub async fn drop_stale(app: &Core) -> Result<u64, StoreError> {
    let patience = app.settings.lease * 2;
    let now = app.clock.now().as_millis();
    let before = now - i64::try_from(patience.as_millis()).unwrap_or(i64::MAX);
    let Ok(before) = hafs_proto::Timestamp::from_millis(before) else { return Ok(0) };
    app.library.write(move |tx| quota::drop_closed(tx, before)).await
}

const fn held(hold: &Hold) -> Need {
    Need { input: hold.input_tokens, output: hold.output_tokens }
}

fn change(
    tx: &mut dyn Tx,
    app: &Core,
    hold: &Hold,
    act: impl FnOnce(&mut Quota) -> Option<Change>,
) -> Result<Option<Change>, StoreError> {
    let account = (&hold.teacher, &hold.key);
    let mut state = books::load(tx, account)?;
    let change = act(&mut state);
    books::save(tx, account, &state, app.clock.now())?;
    Ok(change)
}

/// A circuit that opens or closes is news.
fn tell(app: &Core, teacher: &TeacherName, change: Option<Change>, effects: &mut Effects) {
    let (kind, message) = match change {
        None => return,
        Some(Change::Opened) => {
            (EventKind::TeacherClosed, "its provider fails; it is asked again after a pause")
        }
        Some(Change::Locked) => (
            EventKind::TeacherClosed,
            "its provider refuses the key or wants money; mend that, then `hafs-factory teachers resume`",
        ),
        Some(Change::Closed) => (EventKind::TeacherOpened, "it answers again"),
    };
    match change {
        Some(Change::Opened) => app.metrics.circuits.with_label_values(&["failing"]).inc(),
        Some(Change::Locked) => {
            tracing::error!(teacher.name = %teacher, why = message, "a teacher is not asked any more");
            app.metrics.circuits.with_label_values(&["locked"]).inc();
        }
        Some(Change::Closed) | None => {}
    }
    effects.news.push(News::new(kind, teacher, format!("{teacher}: {message}")));
}
