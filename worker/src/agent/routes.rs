//! Which routes are offered: those of teachers that are away are taken back until they answer again.
//!
//! The coordinator learns of it by a new registration, so nothing is claimed that would only fail, and people see what
//! the worker can do at the moment.

use std::collections::BTreeSet;
use std::time::Duration;

use hafs_proto::{Route, TaskId};

use super::circuit::{Keeper, Sign};
use super::event::{Effect, Moment, Notice};
use super::line::Link;
use super::parcel::Work;
use super::state::{Held, Mode, PoolState, Stage, State};

impl State {
    /// Learns from the end of an attempt whether its teacher is there.
    pub(super) fn heed(&mut self, task: TaskId, work: &Work, moment: Moment, out: &mut Vec<Effect>) {
        let Some(held) = self.tasks.get(&task) else { return };
        let route = held.route.clone();
        match route {
            Route::Teacher(_) | Route::Batch(_) | Route::Embed(_) => {}
            Route::Source(_) | Route::Check(_) | Route::Witness(..) => return,
        }
        let circuit = self.circuits.entry(route.clone()).or_default();
        let was_away = circuit.absence().is_some();
        let keeper = if self.shared.contains(&route) { Keeper::Fleet } else { Keeper::Worker };
        circuit.heed(task, Sign::of(work, keeper), moment);
        match circuit.absence() {
            Some((_, why, Some(until))) if !was_away => {
                let pause = until.saturating_sub(moment.now);
                out.push(Effect::Say(Notice::TeacherAway { route, why: why.to_owned(), pause }));
            }
            None if was_away => out.push(Effect::Say(Notice::TeacherBack(route))),
            Some(_) | None => {}
        }
    }

    /// Takes back and offers again what is due; hands back what waits for a teacher that is away.
    pub(super) fn advance_routes(&mut self, now: Duration) {
        for circuit in self.circuits.values_mut() {
            circuit.settle(now, |task| self.tasks.contains_key(&task));
        }
        self.circuits.retain(|_, circuit| !circuit.is_pristine());
        let closed = self.closed();
        let is_useless = |task: TaskId, held: &Held| {
            let waits = matches!(held.stage, Stage::Waiting(_));
            waits && self.circuits.get(&held.route).is_some_and(|it| !it.admits() && !it.is_probe(task))
        };
        for (task, held) in self.tasks.extract_if(.., |task, held| is_useless(*task, held)) {
            self.to_release.insert(task, held.token);
        }
        if self.mode == Mode::Working && closed != self.withheld && self.line.link != Link::Joining {
            self.line.link = Link::Joining;
            self.line.next_call = now;
        }
    }

    /// Routes that are not offered now.
    pub(super) fn closed(&self) -> BTreeSet<Route> {
        let closed = self.circuits.iter().filter(|(_, circuit)| !circuit.admits());
        closed.map(|(route, _)| route.clone()).collect()
    }

    /// Whether a task of this route may be taken in.
    pub(super) fn admits(&self, route: &Route) -> bool {
        self.circuits.get(route).is_none_or(super::circuit::Circuit::admits)
    }

    /// Whether a pool can do anything at the moment.
    pub(super) fn is_useful(&self, pool: &PoolState) -> bool {
        pool.routes.is_empty() || pool.routes.iter().any(|route| self.admits(route))
    }
}
