//! Long polls that wait for a task. They are called one by one as there is work for them, first come first called, so
//! that ten thousand idle workers do not all ask the queue whenever one task comes.
//!
//! A newcomer does not ask for routes that others wait for before it: it would be quicker than those who are called.
//! It stands in line, and for each route this holds at any time (a *look* is the herald's: the queue's numbers, then
//! [`WaitingRoom::call`]):
//!
//! > a look is ahead, or somebody is called for the route and has not come back, or there is no task of it, or
//! > everybody in its line has asked since the last turn.
//!
//! So no task waits beside somebody who could do it and does not know of it:
//! - A task becomes ready: that is a change of the queue, and a change is followed by a look.
//! - A look ends: it has called somebody, or found no task, or nobody was left in line who had not asked.
//! - Somebody who was called comes back, with a task or without, or its connection ends: a look follows.
//! - A newcomer asks: it is one who has asked, of the turn that it read before it asked.
//! - A newcomer does not ask. It is told so only if somebody is before it in the line or on the way, and the last look
//!   left no task of the route behind or another look is ahead. Then one of the first three holds already, and they
//!   do not depend on who stands in line. Where nothing is known of the queue, because nobody was there to look for or
//!   the queue did not answer, it asks.
//! - A delayed task becomes ready by time alone: those who have asked know when; for all others the reaper makes it
//!   ready within a second, which is a change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hafs_proto::{Route, Timestamp, WorkerId};
use hafs_queue::{RouteStats, Stats};
use tokio::sync::Notify;

use self::line::Line;
use crate::work::instances::Calling;

mod line;

/// Workers whose place is kept from one poll to the next; more lose theirs.
const KEPT: usize = 65_536;

/// Those who wait.
#[derive(Debug, Default)]
pub struct WaitingRoom {
    seats: Mutex<Seats>,
    look: Notify,
}

#[derive(Debug, Default)]
struct Seats {
    /// The last change of the queue that was heard of.
    change: u64,
    /// How often something happened that those who sit have not looked at.
    turn: u64,
    next: u64,
    all: BTreeMap<u64, Seat>,
    lines: BTreeMap<Route, Line>,
    dues: BTreeSet<(Timestamp, u64)>,
    /// Those who were called and have not come back, with the route of the task that they were called for.
    called: BTreeMap<u64, Option<Route>>,
    /// The same, counted by route.
    on_the_way: BTreeMap<Route, u64>,
    /// Absent while nothing is known of the queue.
    last_look: Option<Look>,
    /// Places of workers whose poll has ended with nothing: the next one goes on from there.
    kept: BTreeMap<WorkerId, u64>,
}

/// What a look at the queue has found.
#[derive(Debug)]
struct Look {
    turn: u64,
    /// Routes with tasks for which nobody was left to be called.
    left: BTreeSet<Route>,
}

#[derive(Debug)]
struct Seat {
    calling: Calling,
    routes: Arc<BTreeSet<Route>>,
    bell: Arc<Notify>,
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
    /// Its place in every line, from the first time that it sits down.
    number: Option<u64>,
    served: bool,
}

impl WaitingRoom {
    /// A long poll comes in, for tasks of these routes.
    #[must_use]
    pub fn enter(&self, calling: Calling, routes: BTreeSet<Route>) -> Place<'_> {
        Place {
            room: self,
            calling,
            routes: Arc::new(routes),
            bell: Arc::default(),
            number: None,
            served: false,
        }
    }

    /// The queue has changed: whoever sits may ask it again.
    pub fn hear(&self, change: u64) {
        self.lock().hear(change);
    }

    /// A time has come, or the queue did not answer: whoever sits may ask it again.
    pub fn turn(&self) {
        self.lock().turn += 1;
    }

    /// Whether there is nobody to look for. What the last look has found is forgotten: who comes now asks by itself.
    #[must_use]
    pub fn nobody_sits(&self) -> bool {
        let mut seats = self.lock();
        let nobody = seats.all.is_empty();
        if nobody {
            seats.last_look = None;
        }
        nobody
    }

    /// The queue did not answer: nothing is known of it.
    pub fn forget(&self) {
        self.lock().last_look = None;
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
        let mut left = BTreeSet::new();
        for (route, stats) in &stats.routes {
            let work = work(stats, due.contains(route));
            let missing = work.saturating_sub(seats.on_the_way.get(route).copied().unwrap_or_default());
            // Ends with the line at the latest.
            if !(0..missing).all(|_| seats.call_first(route)) {
                left.insert(route.clone());
            }
        }
        seats.last_look = Some(Look { turn: seats.turn, left });
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
    /// Gets in line and says which routes it must not ask for now, because others wait for them before it. `change` is
    /// the queue's last change, read before this.
    #[must_use]
    pub fn line_up(&mut self, change: u64) -> BTreeSet<Route> {
        let mut seats = self.room.lock();
        seats.hear(change);
        let spoken_for: BTreeSet<Route> =
            self.routes.iter().filter(|route| seats.is_spoken_for(route)).cloned().collect();
        self.take_place(&mut seats, &spoken_for);
        spoken_for
    }

    /// Sits down, at its old place if it has one, to ask for all of its routes. What happens to the queue after
    /// `change` is heard.
    pub fn sit(&mut self, change: u64) {
        self.stand_up();
        let mut seats = self.room.lock();
        seats.hear(change);
        self.take_place(&mut seats, &BTreeSet::new());
    }

    fn take_place(&mut self, seats: &mut Seats, spoken_for: &BTreeSet<Route>) {
        let worker = self.calling.worker;
        let number = *self.number.get_or_insert_with(|| seats.number(worker));
        let turn = seats.turn;
        for route in self.routes.iter() {
            let line = seats.lines.entry(route.clone()).or_default();
            line.join(number, !spoken_for.contains(route), turn);
        }
        let (routes, bell) = (Arc::clone(&self.routes), Arc::clone(&self.bell));
        let calling = self.calling.clone();
        seats.all.insert(number, Seat { calling, routes, bell, due: None, held_back: false });
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

    /// It has got tasks: its next poll begins at the end of the line.
    pub fn served(&mut self) {
        self.served = true;
    }

    /// Leaves the line for a while. Who was called lets others be called for what it has left.
    pub fn stand_up(&self) {
        let Some(number) = self.number else { return };
        let mut seats = self.room.lock();
        if seats.remove(number).is_none() && seats.has_come_back(number) {
            self.room.look.notify_one();
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.stand_up();
        if let Some(number) = self.number.filter(|_| !self.served) {
            self.room.lock().keep(self.calling.worker, number);
        }
    }
}

impl Seats {
    fn hear(&mut self, change: u64) {
        if change > self.change {
            (self.change, self.turn) = (change, self.turn + 1);
        }
    }

    /// The place of a worker: where its last poll has waited, or the end of every line.
    fn number(&mut self, worker: WorkerId) -> u64 {
        self.kept.remove(&worker).unwrap_or_else(|| {
            self.next += 1;
            self.next
        })
    }

    fn keep(&mut self, worker: WorkerId, number: u64) {
        if self.kept.len() >= KEPT {
            self.kept.clear();
        }
        self.kept.insert(worker, number);
    }

    /// Whether a newcomer leaves the tasks of a route to others; see the head of this file.
    fn is_spoken_for(&self, route: &Route) -> bool {
        let others = self.lines.contains_key(route) || self.on_the_way.contains_key(route);
        let nothing_left = |look: &Look| look.turn != self.turn || !look.left.contains(route);
        others && self.last_look.as_ref().is_some_and(nothing_left)
    }

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

    /// Calls the first in a route's line who has not asked since the last turn.
    fn call_first(&mut self, route: &Route) -> bool {
        let turn = self.turn;
        let first = self.lines.get_mut(route).and_then(|line| line.first(turn));
        first.is_some_and(|number| self.call_one(number, Some(route.clone())))
    }

    fn call_one(&mut self, number: u64, task: Option<Route>) -> bool {
        let Some(seat) = self.remove(number) else { return false };
        if let Some(route) = &task {
            *self.on_the_way.entry(route.clone()).or_default() += 1;
        }
        self.called.insert(number, task);
        seat.bell.notify_one();
        true
    }

    /// Whether it had been called.
    fn has_come_back(&mut self, number: u64) -> bool {
        let Some(task) = self.called.remove(&number) else { return false };
        if let Some(route) = task
            && let Some(count) = self.on_the_way.get_mut(&route)
        {
            *count -= 1;
            if *count == 0 {
                self.on_the_way.remove(&route);
            }
        }
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
                line.leave(number);
                if line.is_empty() {
                    self.lines.remove(route);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
