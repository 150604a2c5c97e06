//! Keeps the models of one Ollama: lets calls through when their model is loaded, and swaps when it is not.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hafs_proto::task::FailureClass;
use hafs_proto::worker::{Residency, RouteBacklog};
use hafs_proto::{Reason, Route};
use hafs_runtime::clock::Stopwatch;
use hafs_teachers::{CallFailure, OllamaServer, Speed};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::board::{Board, Candidate, Order, Step};

/// The longest that a load may take: Ollama itself gives up after it.
const LOAD: Duration = Duration::from_secs(300);
/// What is loaded is asked for again after so long: other programs use the server too.
const FRESH: Duration = Duration::from_secs(15);
/// How long a claim waits for that.
const PATIENCE: Duration = Duration::from_secs(2);

/// The models of one server.
pub struct Keeper {
    server: OllamaServer,
    board: Mutex<Board>,
    /// When the server was asked last what is loaded.
    looked: Mutex<Option<Duration>>,
    news: Notify,
    watch: Stopwatch,
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").field("server", &self.server).finish_non_exhaustive()
    }
}

/// How long a caller is ready to wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience<'a> {
    pub(super) deadline: Instant,
    pub(super) cancel: &'a CancellationToken,
}

/// A call under way; its model stays loaded meanwhile.
pub(super) struct Stay<'a> {
    keeper: &'a Keeper,
    route: Route,
    since: Duration,
    /// How fast the model wrote, if the call has told.
    pub(super) speed: Option<Speed>,
}

impl Drop for Stay<'_> {
    fn drop(&mut self) {
        let now = self.keeper.watch.elapsed();
        self.keeper.board().leave(&self.route, now.saturating_sub(self.since), self.speed, now);
        self.keeper.news.notify_waiters();
    }
}

/// A place in line.
struct Ticket<'a> {
    keeper: &'a Keeper,
    number: u64,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.keeper.board().step_out(self.number);
        self.keeper.news.notify_waiters();
    }
}

/// A swap under way; dropped before its end, it has failed.
struct Swap<'a> {
    keeper: &'a Keeper,
    ended: bool,
}

impl Drop for Swap<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.keeper.board().swapped(None);
            self.keeper.news.notify_waiters();
        }
    }
}

impl Keeper {
    /// A keeper of a server whose models may take so many bytes together; unknown, the server decides what has to go.
    #[must_use]
    pub fn new(server: OllamaServer, capacity: Option<u64>) -> Self {
        Self {
            server,
            board: Mutex::new(Board::new(capacity)),
            looked: Mutex::default(),
            news: Notify::new(),
            watch: Stopwatch::start(),
        }
    }

    /// Adds a model.
    pub fn add(&self, candidate: Candidate) {
        self.board().add(candidate);
    }

    /// What the server's models are up to.
    #[must_use]
    pub fn report(&self) -> Residency {
        self.board().report(self.watch.elapsed())
    }

    /// Takes note of what waits, as the coordinator says.
    pub fn heed(&self, backlog: &[RouteBacklog]) {
        self.board().heed(backlog);
    }

    /// Asks the server what it has loaded, unless it was asked of late.
    pub async fn look(&self) {
        let now = self.watch.elapsed();
        {
            let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
            if self.board().is_swapping() || looked.is_some_and(|at| now < at + FRESH) {
                return;
            }
            *looked = Some(now);
        }
        if let Ok(Ok(seen)) = tokio::time::timeout(PATIENCE, self.server.loaded()).await {
            let mut board = self.board();
            // A swap that began meanwhile knows better.
            if !board.is_swapping() {
                board.see(&seen, self.watch.elapsed()).iter().for_each(|(route, why)| warn_of(route, why));
            }
        }
    }

    /// Waits until the model of a route is loaded and may be called, loading it if need be.
    ///
    /// # Errors
    /// [`CallFailure`] when it does not run here as it should, cannot be loaded, or there is no time left.
    pub(super) async fn enter(&self, route: &Route, patience: Patience<'_>) -> Result<Stay<'_>, CallFailure> {
        let ticket = Ticket { keeper: self, number: self.board().queue_up(route) };
        loop {
            let news = self.news.notified();
            tokio::pin!(news);
            // Whatever changes from here on is heard.
            news.as_mut().enable();
            let step = self.board().step(ticket.number, self.watch.elapsed());
            match step {
                Step::Go => return Ok(self.stay(route)),
                Step::Unfit(why) => return Err(unfit(&why)),
                Step::Load(order) => return self.swap(ticket.number, &order, patience).await,
                Step::Wait => {
                    tokio::select! {
                        () = news => {}
                        () = patience.cancel.cancelled() => return Err(no_time("the call was called off")),
                        () = tokio::time::sleep_until(patience.deadline) => {
                            return Err(no_time("its model was not loaded within the deadline: others were in use"));
                        }
                    }
                }
            }
        }
    }

    fn stay(&self, route: &Route) -> Stay<'_> {
        Stay { keeper: self, route: route.clone(), since: self.watch.elapsed(), speed: None }
    }

    /// Makes room for a model, loads it and lets the caller through that asked for it, before anyone else can have the room.
    async fn swap(
        &self,
        ticket: u64,
        order: &Order,
        patience: Patience<'_>,
    ) -> Result<Stay<'_>, CallFailure> {
        let mut swap = Swap { keeper: self, ended: false };
        let took = match self.load(order, patience).await {
            Ok(took) => Some(took),
            // The server could not be told to: the call itself will say what is wrong.
            Err(refused) if refused.status.is_some() => None,
            Err(failure) => return Err(failure),
        };
        let seen =
            if took.is_some() { self.server.loaded().await.unwrap_or_default() } else { BTreeMap::new() };
        let unfit_now = {
            let (mut board, now) = (self.board(), self.watch.elapsed());
            board.swapped(took);
            if !seen.is_empty() {
                board.see(&seen, now).iter().for_each(|(route, why)| warn_of(route, why));
            }
            board.let_through(ticket, now)
        };
        swap.ended = true;
        self.news.notify_waiters();
        match unfit_now {
            None => Ok(self.stay(&order.route)),
            Some(why) => {
                self.server.unload(&order.name).await?;
                Err(unfit(&why))
            }
        }
    }

    async fn load(&self, order: &Order, patience: Patience<'_>) -> Result<Duration, CallFailure> {
        for name in &order.unload {
            self.server.unload(name).await?;
        }
        let began = self.watch.elapsed();
        let within = patience.deadline.saturating_duration_since(Instant::now()).min(LOAD);
        self.server.load(&order.name, order.window, within, patience.cancel).await?;
        let took = self.watch.elapsed().saturating_sub(began);
        let (load_s, unloaded) = (took.as_secs_f64(), order.unload.join(" "));
        info!(load_s, unloaded, "loaded {} in {load_s:.1} s", order.route);
        Ok(took)
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        // Every change is finished before the lock is given back, so a panic elsewhere does no harm.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn warn_of(route: &Route, why: &str) {
    warn!(why, "{route} is unfit on this machine ({why}); no task of it is taken for half an hour");
}

/// The task goes to another worker, or waits, and does not count as failed.
fn unfit(why: &str) -> CallFailure {
    CallFailure::new(Reason::ProviderError, FailureClass::ModelMissing, format!("unfit: {why}"))
}

fn no_time(why: &str) -> CallFailure {
    CallFailure::new(Reason::Timeout, FailureClass::Transient, why)
}
