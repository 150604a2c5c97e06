//! Calls long polls when there is work for them, and when something has changed for their worker.

use std::time::Duration;

use hafs_queue::QueueError;
use hafs_runtime::clock::Stopwatch;

use super::Complaint;
use crate::app::{App, Core};
use crate::work::claim;

/// A task that is due "now" by another reading of the clock must not make the loop spin.
const MIN_PAUSE: Duration = Duration::from_millis(5);
/// Until a queue that does not answer is asked again.
const RETRY: Duration = Duration::from_secs(1);
/// Longest rest after a question to the queue.
const LONGEST_REST: Duration = Duration::from_millis(20);

pub(super) async fn run(app: App) {
    let mut queue = app.queue.changes();
    let (mut workers, mut revocations) = (app.workers.changes(), app.auth.revocations());
    let mut complaint = Complaint::new("call_long_polls");
    let mut silent = false;
    loop {
        let pause = pause(&app, silent);
        tokio::select! {
            () = app.shutdown.drain.cancelled() => return,
            _ = queue.changed() => app.waiting.hear(*queue.borrow_and_update()),
            _ = workers.changed() => call_changed(&app),
            _ = revocations.changed() => call_changed(&app),
            () = app.waiting.look_again() => {}
            () = pause => app.waiting.turn(),
        }
        let watch = Stopwatch::start();
        let called = call(&app).await;
        // A queue in a server with many lines to count gets as much rest as it had work.
        tokio::time::sleep(watch.elapsed().min(LONGEST_REST)).await;
        silent = !matches!(called, Ok(Answered::Yes));
        complaint.hear(called.map(drop).map_err(Into::into));
    }
}

/// Ends when the first task is due that somebody waits for, or when a silent queue is worth another try.
async fn pause(app: &Core, silent: bool) {
    let due = app.waiting.first_due().map(|at| at.since(app.clock.now()).max(MIN_PAUSE));
    match if silent { Some(RETRY) } else { due } {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}

/// Whether the queue said what it has.
enum Answered {
    Yes,
    /// It is being rebuilt; its new life begins with a change.
    Later,
}

async fn call(app: &Core) -> Result<Answered, QueueError> {
    if app.waiting.nobody_sits() {
        return Ok(Answered::Yes);
    }
    match app.queue.stats().await {
        Ok(stats) => {
            app.waiting.call(&stats, app.clock.now());
            Ok(Answered::Yes)
        }
        Err(error) => {
            app.waiting.forget();
            if error == QueueError::Rebuilding { Ok(Answered::Later) } else { Err(error) }
        }
    }
}

fn call_changed(app: &Core) {
    let now = app.clock.now();
    app.waiting.call_changed(|calling| {
        let orders = claim::admit(app, calling, now).ok()?;
        Some(claim::is_held_back(app, calling.worker, orders))
    });
}
