//! Handing tasks out, or saying why not.

use std::collections::BTreeSet;

use hafs_domain::{idle, task};
use hafs_proto::worker::{IdleCode, IdleReason};
use hafs_proto::{Attempt, BoundedText, Route, TaskId, Timestamp, limits};

use super::index::{Hold, Index};
use super::lane::{Lane, Merge, Turn};
use crate::{Ask, Claimed, Grant, RouteStats, Vacancy};

/// Delayed tasks that one claim makes ready: more than a worker can say that it holds, so that some of them
/// can always be handed out.
const PROMOTED_BY_CLAIM: usize = 2 * limits::BATCH_ITEMS;

/// Tasks that one claim hands out at most.
const CLAIMED: usize = limits::CLAIM_TASKS as usize;

impl Index {
    pub(super) fn claim(&mut self, ask: &Ask, now: Timestamp) -> Claimed {
        let again = self.again(ask, now);
        if !again.is_empty() {
            return Claimed { grants: again, ..Claimed::default() };
        }
        self.promote_for(ask, now);
        let mut grants = Vec::new();
        for vacancy in &ask.vacancies {
            let room = (vacancy.free as usize).min(CLAIMED - grants.len());
            for task in self.next_in_line(vacancy, &ask.holding, room) {
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
        let mut left = PROMOTED_BY_CLAIM;
        for route in ask.vacancies.iter().flat_map(|vacancy| &vacancy.routes) {
            left -= self.promote(route, left, now).min(left);
        }
    }

    /// The first `room` tasks of a pool's routes by deadline, paused and held ones apart.
    fn next_in_line(&self, vacancy: &Vacancy, holding: &BTreeSet<TaskId>, room: usize) -> Vec<TaskId> {
        let lines = vacancy
            .routes
            .iter()
            .filter(|route| !self.is_route_paused(route))
            .filter_map(|route| self.lanes.get(route))
            .flat_map(|lane| &lane.ready)
            .filter(|(run, _)| !self.is_run_paused(**run))
            .map(|(_, line)| line.iter().copied().filter(|turn: &Turn| !holding.contains(&turn.task)));
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
        let free = routes(ask, |vacancy| vacancy.free > 0);
        let full = &routes(ask, |vacancy| vacancy.free == 0) - &free;
        let retry_at =
            free.iter().filter_map(|route| self.lanes.get(*route)).filter_map(Lane::earliest).min();
        Claimed { grants: Vec::new(), reasons: self.reasons(ask, &free, &full), retry_at }
    }

    /// Accounts for every open task by one reason.
    fn reasons(&self, ask: &Ask, free: &BTreeSet<&Route>, full: &BTreeSet<&Route>) -> Vec<IdleReason> {
        let (in_free, in_full) = (self.sum(free), self.sum(full));
        let offered = in_free.plus(in_full);
        let all_full = ask.vacancies.iter().all(|vacancy| vacancy.free == 0);
        let mut reasons: Vec<IdleReason> = [
            (IdleCode::NoFreeSlot, in_full.ready - in_full.paused, all_full),
            (IdleCode::AlreadyHeld, in_free.ready - in_free.paused, false),
            (IdleCode::Delayed, offered.delayed, false),
            (IdleCode::Paused, offered.paused, false),
            (IdleCode::AllLeased, offered.leased, false),
            (IdleCode::QueueEmpty, 0, self.tasks.is_empty()),
        ]
        .into_iter()
        .filter(|(_, tasks, always)| *tasks > 0 || *always)
        .map(|(code, tasks, _)| idle::reason(code, tasks))
        .collect();
        let foreign =
            || self.lanes.iter().filter(|(route, _)| !free.contains(route) && !full.contains(route));
        let tasks = foreign().map(|(_, lane)| self.lane_stats(lane).open()).sum();
        if tasks > 0 {
            reasons.push(idle::no_matching_route(tasks, foreign().map(|(route, _)| route)));
        }
        reasons
    }

    fn sum(&self, routes: &BTreeSet<&Route>) -> RouteStats {
        let each = routes.iter().map(|route| self.route_stats(route));
        each.fold(RouteStats::default(), RouteStats::plus)
    }
}

fn routes(ask: &Ask, pick: impl Fn(&Vacancy) -> bool) -> BTreeSet<&Route> {
    ask.vacancies.iter().filter(|vacancy| pick(vacancy)).flat_map(|vacancy| &vacancy.routes).collect()
}
