//! Shutting down in two steps: *drain* (take no new work, finish what is held) and *stop* (give back what is
//! held, now).

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

#[cfg(unix)]
use unix::Signals;
#[cfg(windows)]
use windows::Signals;

/// Time that stopped tasks get to give back what they hold before they are abandoned.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// Time to finish what is nearly done when the system ends this process soon; the rest is for handing back. Windows gives
/// about five seconds in all. Source: Microsoft, "HandlerRoutine callback function".
const HURRY: Duration = Duration::from_secs(2);

/// The two tokens that every component watches. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    /// Cancelled: claim nothing more, finish what is held, renew leases meanwhile.
    pub drain: CancellationToken,
    /// Cancelled: stop at once and release what is held. Implies drain.
    pub stop: CancellationToken,
}

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Everything was finished in time.
    Clean,
    /// The limit passed or a second signal came; what was held was given back.
    Stopped,
    /// Something did not even stop; its leases will expire.
    Abandoned,
}

impl Shutdown {
    /// Tokens that nobody has cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next step: drain first, stop when draining already.
    pub fn advance(&self) {
        if self.drain.is_cancelled() {
            self.stop.cancel();
        } else {
            self.drain.cancel();
        }
    }

    /// Drains for two seconds, then stops: the system ends this process in about five, asked or not.
    pub async fn hurry(&self) {
        self.drain.cancel();
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep(HURRY) => self.stop.cancel(),
        }
    }

    /// Stops at once, for an error that leaves no sense in draining.
    pub fn abort(&self) {
        self.drain.cancel();
        self.stop.cancel();
    }

    /// Drains: cancels `drain`, waits for the tasks of `tracker`, cancels `stop` when `limit` has passed, and
    /// waits a little more for the tasks to give back what they hold.
    pub async fn drain_within(&self, tracker: &TaskTracker, limit: Duration) -> Drained {
        self.drain.cancel();
        tracker.close();
        tokio::select! {
            biased;
            () = tracker.wait() => return if self.stop.is_cancelled() { Drained::Stopped } else { Drained::Clean },
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep(limit) => warn!(limit_s = limit.as_secs_f64(), "drain took too long; stopping"),
        }
        self.stop.cancel();
        match tokio::time::timeout(STOP_GRACE, tracker.wait()).await {
            Ok(()) => Drained::Stopped,
            Err(_) => Drained::Abandoned,
        }
    }
}

/// Listens to the signals of the operating system (SIGTERM and SIGINT; on Windows Ctrl-C, Ctrl-Break, closing
/// the console and shutting down): the first drains, the second stops.
///
/// # Errors
/// The operating system's, when a handler cannot be installed.
///
/// # Panics
/// Outside a Tokio runtime.
pub fn listen() -> io::Result<Shutdown> {
    let shutdown = Shutdown::new();
    let signals = Signals::new()?;
    #[expect(
        clippy::disallowed_methods,
        reason = "must hear the second signal while all trackers are draining"
    )]
    tokio::spawn(follow(signals, shutdown.clone()));
    Ok(shutdown)
}

async fn follow(mut signals: impl Source, shutdown: Shutdown) {
    while !shutdown.stop.is_cancelled() {
        let Some(Request { name, patience }) = signals.next().await else { return };
        let next = if shutdown.drain.is_cancelled() { "stopping" } else { "draining" };
        info!(signal = name, "{name} received; {next}");
        match patience {
            Patience::Long => shutdown.advance(),
            Patience::Short => shutdown.hurry().await,
        }
    }
}

/// Somebody asks this process to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Request {
    /// What the signal is called.
    name: &'static str,
    patience: Patience,
}

/// How long who asks will wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// Until the drain is over; who cannot wait asks again.
    Long,
    /// Some seconds, then the process is ended.
    #[cfg_attr(not(any(windows, test)), expect(dead_code, reason = "only Windows asks so"))]
    Short,
}

/// Where requests to shut down come from.
trait Source: Send {
    /// The next one, or nothing when there can be no more.
    fn next(&mut self) -> impl Future<Output = Option<Request>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Script(Vec<&'static str>, Patience);

    impl Source for Script {
        async fn next(&mut self) -> Option<Request> {
            tokio::task::yield_now().await;
            self.0.pop().map(|name| Request { name, patience: self.1 })
        }
    }

    #[tokio::test]
    async fn the_first_signal_drains_and_the_second_stops() {
        let once = Shutdown::new();
        follow(Script(vec!["SIGINT"], Patience::Long), once.clone()).await;
        assert!(once.drain.is_cancelled() && !once.stop.is_cancelled());
        let twice = Shutdown::new();
        follow(Script(vec!["SIGTERM", "SIGINT"], Patience::Long), twice.clone()).await;
        assert!(twice.stop.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_console_that_closes_drains_for_two_seconds_and_then_stops() {
        let shutdown = Shutdown::new();
        let begun = tokio::time::Instant::now();
        let closing = Script(vec!["CTRL_CLOSE"], Patience::Short);
        let following = follow(closing, shutdown.clone());
        let drained = async {
            shutdown.drain.cancelled().await;
            begun.elapsed()
        };
        let ((), drained) = tokio::join!(following, drained);
        assert_eq!((drained, begun.elapsed()), (Duration::ZERO, HURRY));
        assert!(shutdown.stop.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_drain_waits_for_tasks_that_finish_by_themselves() {
        let (shutdown, tracker) = (Shutdown::new(), TaskTracker::new());
        let drain = shutdown.drain.clone();
        tracker.spawn(async move { drain.cancelled().await });
        assert_eq!(shutdown.drain_within(&tracker, Duration::from_secs(30)).await, Drained::Clean);
        assert!(!shutdown.stop.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn tasks_that_outlast_the_limit_are_stopped() {
        let (shutdown, tracker) = (Shutdown::new(), TaskTracker::new());
        let stop = shutdown.stop.clone();
        tracker.spawn(async move { stop.cancelled().await });
        assert_eq!(shutdown.drain_within(&tracker, Duration::from_secs(30)).await, Drained::Stopped);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_ignores_both_tokens_does_not_hold_the_process() {
        let (shutdown, tracker) = (Shutdown::new(), TaskTracker::new());
        tracker.spawn(std::future::pending::<()>());
        assert_eq!(shutdown.drain_within(&tracker, Duration::from_secs(1)).await, Drained::Abandoned);
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_signal_ends_the_wait_before_the_limit() {
        let (shutdown, tracker) = (Shutdown::new(), TaskTracker::new());
        let stop = shutdown.stop.clone();
        tracker.spawn(async move { stop.cancelled().await });
        shutdown.abort();
        let watch = crate::clock::Stopwatch::start();
        assert_eq!(shutdown.drain_within(&tracker, Duration::from_secs(30)).await, Drained::Stopped);
        assert!(watch.elapsed() < Duration::from_secs(1));
    }
}
