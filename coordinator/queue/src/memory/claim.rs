//! Handing tasks out, or saying why not.

use hafs_domain::task;
use hafs_proto::{Attempt, BoundedText, Route, TaskId, Timestamp, limits};

use super::index::Index;
use super::lane::{Lane, Merge};
use crate::idle::{self, Outlook};
use crate::record::Hold;
use crate::{Ask, Claimed, Grant, Vacancy};

/// Tasks that one claim hands out at most.
const CLAIMED: usize = limits::CLAIM_TASKS as usize;

impl Index {
    pub(super) fn claim(&mut self, ask: &Ask, now: Timestamp) -> Claimed {
        let again = self.again(ask, now);
        if !again.is_empty() {
            return Claimed { grants: again, ..Claimed::default() };
        }
        self.promote_for(ask, now);
        let ask = &ask.within(self.held_by(ask.worker));
        let mut grants = Vec::new();
        for vacancy in &ask.vacancies {
            let room = (vacancy.free as usize).min(CLAIMED - grants.len());
            for task in self.next_in_line(vacancy, ask, room) {
                grants.extend(self.grant(task, &vacancy.pool, ask, now));
            }
        }
        if grants.is_empty() { self.nothing(ask) } else { Claimed { grants, ..Claimed::default() } }
    }

    /// What the worker still holds under this claim id, from an answer that it seems not to have received.
    /// The leases begin anew, as the worker counts them from this answer.
    fn again(&mut self, ask: &Ask, now: Timestamp) -> Vec<Grant> {
        let held: Vec<TaskId> = self.held.get(&ask.worker).into_iter().flatten().copied().collect();
        held.into_iter().filter_map(|task| self.grant_again(task, ask, now)).collect()
    }

    fn grant_again(&mut self, task: TaskId, ask: &Ask, now: Timestamp) -> Option<Grant> {
        let record = self.tasks.get(&task)?;
        let holder = task::holder(&record.state)?;
        let pool = match record.hold.as_deref() {
            Some(Hold::Claimed { claim, pool }) if *claim == ask.claim => pool.clone(),
            Some(Hold::Claimed { .. } | Hold::Adopted { .. }) | None => return None,
        };
        let state = task::renew(&record.state, holder, ask.lease, now).ok()?;
        self.change(task, now, |record| record.state = state);
        let (generation, attempt) = (holder.generation, holder.attempt);
        Some(Grant { task, pool, generation, attempt, expires_at: now.plus(ask.lease) })
    }

    fn promote_for(&mut self, ask: &Ask, now: Timestamp) {
        for route in ask.vacancies.iter().flat_map(|vacancy| &vacancy.routes) {
            self.promote(route, ask.promotions(), now);
        }
    }

    /// The first `room` tasks of a pool's routes by deadline and handicap, paused and held ones apart.
    fn next_in_line(&self, vacancy: &Vacancy, ask: &Ask, room: usize) -> Vec<TaskId> {
        let lines = vacancy
            .routes
            .iter()
            .filter(|route| !self.is_route_paused(route))
            .filter_map(|route| Some((ask.handicap(route), self.lanes.get(route)?)))
            .flat_map(|(handicap, lane)| lane.ready.iter().map(move |line| (handicap, line)))
            .filter(|(_, (run, _))| !self.is_run_paused(**run))
            .map(|(handicap, (_, line))| {
                let free = line.iter().filter(|turn| !ask.holding.contains(&turn.task));
                free.map(move |turn| turn.later(handicap))
            });
        Merge::new(lines).take(room).map(|turn| turn.task).collect()
    }

    fn grant(&mut self, task: TaskId, pool: &BoundedText<64>, ask: &Ask, now: Timestamp) -> Option<Grant> {
        let record = self.tasks.get(&task)?;
        let attempt = Attempt(record.attempt.0.saturating_add(1));
        let holder = task::Holder { worker: ask.worker, generation: self.generation(), attempt };
        let state = task::claim(&record.state, holder, ask.lease, now).ok()?;
        self.change(task, now, |record| {
            record.state = state;
            record.attempt = attempt;
            record.hold = Some(Box::new(Hold::Claimed { claim: ask.claim, pool: pool.clone() }));
        });
        let generation = holder.generation;
        Some(Grant { task, pool: pool.clone(), generation, attempt, expires_at: now.plus(ask.lease) })
    }

    fn nothing(&self, ask: &Ask) -> Claimed {
        let outlook = |(route, lane): (&Route, &Lane)| {
            (route.clone(), Outlook { stats: self.route_stats(route), earliest: lane.earliest() })
        };
        idle::nothing(ask, &self.lanes.iter().map(outlook).collect())
    }
}
