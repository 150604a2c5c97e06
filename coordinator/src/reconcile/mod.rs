//! Background work. A reconciler has no input: it looks at the state, does a bounded step towards what it should
//! be, and can be run again at any time. It is woken by a signal and by its period.

mod backup;
mod checkpoint;
mod checks;
mod follow;
mod herald;
mod index;
mod lead;
mod leases;
mod machine;
pub(crate) mod news;
mod plan;
pub(crate) mod presence;
mod quarantine;
mod recheck;
mod settle;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::app::{App, Core};
use crate::http::problem::{ProblemResponse, chain};
use crate::stores::OpenedQueue;
use crate::work::export;

/// Why a pass could not be finished; the next one tries again.
pub(crate) type PassError = Box<dyn std::error::Error + Send + Sync>;

/// Starts all reconcilers.
pub(crate) fn spawn(app: &App, queue: OpenedQueue, tracker: &TaskTracker) {
    if let OpenedQueue::Shared(queue) = queue {
        let drain = app.shutdown.drain.clone();
        tracker.spawn(async move { drain.run_until_cancelled(queue.follow()).await });
        tracker.spawn(index::run(Arc::clone(app)));
    }
    if !app.lead.is_alone() {
        tracker.spawn(lead::run(Arc::clone(app)));
        tracker.spawn(follow::run(Arc::clone(app)));
        tracker.spawn(news::run(Arc::clone(app)));
    }
    let tidy = Arc::clone(app);
    tracker.spawn(async move { export::tidy(&tidy).await });
    tracker.spawn(herald::run(Arc::clone(app)));
    tracker.spawn(leases::run(Arc::clone(app)));
    tracker.spawn(recheck::run(Arc::clone(app)));
    tracker.spawn(settle::run(Arc::clone(app)));
    tracker.spawn(plan::run(Arc::clone(app)));
    tracker.spawn(checkpoint::run(Arc::clone(app)));
    tracker.spawn(backup::run(Arc::clone(app)));
    tracker.spawn(machine::run(Arc::clone(app)));
    tracker.spawn(presence::run(Arc::clone(app)));
}

/// Starts what goes on with quarantines, also in a coordinator that only answers questions: people may begin one there.
pub(crate) fn spawn_quarantine(app: &App, tracker: &TaskTracker) {
    tracker.spawn(quarantine::run(Arc::clone(app)));
}

/// Waits for a signal, the period or the drain; false when it is time to end.
async fn next_pass(app: &Core, signal: Option<&Notify>, period: Duration) -> bool {
    let signalled = async {
        match signal {
            Some(signal) => signal.notified().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = app.shutdown.drain.cancelled() => false,
        () = signalled => true,
        () = tokio::time::sleep(period) => true,
    }
}

fn log(name: &str, outcome: Result<(), PassError>) {
    if let Err(error) = outcome {
        warn!(reconcile.name = name, error = %chain(error.as_ref()), "a pass failed; it will be repeated");
    }
}

/// The trouble of a reconciler that looks several times a second. What is away for an hour is told of once.
struct Complaint {
    name: &'static str,
    told: String,
}

impl Complaint {
    const fn new(name: &'static str) -> Self {
        Self { name, told: String::new() }
    }

    fn hear(&mut self, outcome: Result<(), PassError>) {
        let trouble = outcome.err().map(|error| chain(error.as_ref())).unwrap_or_default();
        if !trouble.is_empty() && trouble != self.told {
            warn!(reconcile.name = self.name, error = %trouble, "a pass failed; it is tried again and again");
        }
        self.told = trouble;
    }
}

impl From<ProblemResponse> for PassError {
    fn from(problem: ProblemResponse) -> Self {
        Box::new(problem.0)
    }
}
