//! Long polls that wait for a task. They are called one by one as there is work for them, first come first called, so
//! that ten thousand idle workers do not all ask the queue whenever one task comes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hafs_proto::{Route, Timestamp};
use hafs_queue::{RouteStats, Stats};
use tokio::sync::Notify;

use crate::work::instances::Calling;

/// Those who wait.
#[derive(Debug, Default)]
pub struct WaitingRoom {
    seats: Mutex<Seats>,
    look: Notify,
}

#[derive(Debug, Default)]
struct Seats {
    /// How often something happened that those who sit have not looked at.
    turn: u64,
    next: u64,
    all: BTreeMap<u64, Seat>,
    /// By route, in the order in which they sat down.
    lines: BTreeMap<Route, BTreeSet<u64>>,
    dues: BTreeSet<(Timestamp, u64)>,
    /// Those who were called and have not come back, with the route of the task that they were called for.
    called: BTreeMap<u64, Option<Route>>,
}

#[derive(Debug)]
struct Seat {
    calling: Calling,
    routes: Arc<BTreeSet<Route>>,
    bell: Arc<Notify>,
    /// The turn in which it sat down; it asks the queue after that.
    seen: u64,
    due: Option<Timestamp>,
    held_back: bool,
}

/// One long poll. Dropping it gives the place up, also when its connection ends.
#[derive(Debug)]
pub struct Place<'r> {
    room: &'r WaitingRoom,
    calling: Calling,
    routes: Arc<BTreeSet<Route>>,
    bell: Arc<Notify>,
    number: Option<u64>,
}

impl WaitingRoom {
    /// A long poll comes in, for tasks of these routes.
    #[must_use]
    pub fn enter(&self, calling: Calling, routes: BTreeSet<Route>) -> Place<'_> {
        Place { room: self, calling, routes: Arc::new(routes), bell: Arc::default(), number: None }
    }

    /// Something has happened to the queue: whoever sits may ask it again.
    pub fn turn(&self) {
        self.lock().turn += 1;
    }

    /// Whether nobody sits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().all.is_empty()
    }

    /// When the first task is due that somebody waits for.
    #[must_use]
    pub fn first_due(&self) -> Option<Timestamp> {
        self.lock().dues.first().map(|(at, _)| *at)
    }

    /// Waits until somebody who was called has come back, or a task is due earlier than thought.
    pub async fn look_again(&self) {
        self.look.notified().await;
    }

    /// Calls as many as there is work for. Nobody is called who has asked since the last turn, and nobody for a task
    /// for which another is on the way.
    pub fn call(&self, stats: &Stats, now: Timestamp) {
        let mut seats = self.lock();
        let due = seats.take_due(now);
        let mut on_the_way: BTreeMap<Route, u64> = BTreeMap::new();
        for route in seats.called.values().flatten() {
            *on_the_way.entry(route.clone()).or_default() += 1;
        }
        for (route, stats) in &stats.routes {
            let work = work(stats, due.contains(route));
            let missing = work.saturating_sub(on_the_way.get(route).copied().unwrap_or_default());
            // Ends with the line at the latest.
            let _ = (0..missing).all(|_| seats.call_first(route));
        }
    }

    /// Calls everyone of whom `is_held_back` says something else than before, or nothing: a worker that was paused,
    /// resumed or sent away, or whose credential was revoked.
    pub fn call_changed(&self, is_held_back: impl Fn(&Calling) -> Option<bool>) {
        let mut seats = self.lock();
        let changed = |seat: &Seat| is_held_back(&seat.calling) != Some(seat.held_back);
        let called: Vec<u64> =
            seats.all.iter().filter(|(_, seat)| changed(seat)).map(|(number, _)| *number).collect();
        for number in called {
            seats.call_one(number, None);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seats> {
        // Every change is finished before the lock is given back, so a panic elsewhere does no harm.
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tasks of a route that somebody could have.
const fn work(stats: &RouteStats, due: bool) -> u64 {
    stats.ready.saturating_sub(stats.paused) + if due { stats.delayed } else { 0 }
}

impl Place<'_> {
    /// Sits down at the end of the line. What happens to the queue from now on is heard, so ask it after this.
    pub fn sit(&mut self) {
        self.stand_up();
        let mut seats = self.room.lock();
        let number = seats.next;
        seats.next += 1;
        for route in self.routes.iter() {
            seats.lines.entry(route.clone()).or_default().insert(number);
        }
        let (routes, bell) = (Arc::clone(&self.routes), Arc::clone(&self.bell));
        let seen = seats.turn;
        let calling = self.calling.clone();
        seats.all.insert(number, Seat { calling, routes, bell, seen, due: None, held_back: false });
        self.number = Some(number);
    }

    /// The queue had nothing: says when the next task is due, and whether the worker would get one at all.
    pub fn rest(&self, due: Option<Timestamp>, held_back: bool) {
        let mut seats = self.room.lock();
        let first = seats.dues.first().map(|(at, _)| *at);
        let Some(number) = self.number.filter(|number| seats.all.contains_key(number)) else { return };
        if held_back {
            seats.leave_lines(number, &self.routes);
        }
        if let Some(seat) = seats.all.get_mut(&number) {
            (seat.due, seat.held_back) = (due, held_back);
        }
        seats.dues.extend(due.map(|at| (at, number)));
        if due.is_some_and(|at| first.is_none_or(|first| at < first)) {
            self.room.look.notify_one();
        }
    }

    /// Waits to be called.
    pub async fn called(&self) {
        self.bell.notified().await;
    }

    /// Leaves the place. Who was called lets others be called for what it has left.
    fn stand_up(&mut self) {
        let Some(number) = self.number.take() else { return };
        let mut seats = self.room.lock();
        if seats.remove(number).is_none() && seats.called.remove(&number).is_some() {
            self.room.look.notify_one();
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.stand_up();
    }
}

impl Seats {
    /// The routes of those whose task is due now. Nobody is told twice.
    fn take_due(&mut self, now: Timestamp) -> BTreeSet<Route> {
        let mut routes = BTreeSet::new();
        while let Some((at, number)) = self.dues.first().copied().filter(|(at, _)| *at <= now) {
            self.dues.remove(&(at, number));
            if let Some(seat) = self.all.get_mut(&number) {
                seat.due = None;
                routes.extend(seat.routes.iter().cloned());
            }
        }
        routes
    }

    /// Calls the first in a route's line, unless it has asked since the last turn.
    fn call_first(&mut self, route: &Route) -> bool {
        let first = self.lines.get(route).and_then(|line| line.first()).copied();
        let eligible = first.filter(|first| self.all.get(first).is_some_and(|seat| seat.seen < self.turn));
        eligible.is_some_and(|number| self.call_one(number, Some(route.clone())))
    }

    fn call_one(&mut self, number: u64, task: Option<Route>) -> bool {
        let Some(seat) = self.remove(number) else { return false };
        self.called.insert(number, task);
        seat.bell.notify_one();
        true
    }

    fn remove(&mut self, number: u64) -> Option<Seat> {
        let seat = self.all.remove(&number)?;
        self.leave_lines(number, &seat.routes);
        if let Some(due) = seat.due {
            self.dues.remove(&(due, number));
        }
        Some(seat)
    }

    fn leave_lines(&mut self, number: u64, routes: &BTreeSet<Route>) {
        for route in routes {
            if let Some(line) = self.lines.get_mut(route) {
                line.remove(&number);
                if line.is_empty() {
                    self.lines.remove(route);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
