//! Claiming: only for room that is free, one call per pool at most, repeated under its id when the answer is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hafs_proto::worker::{ClaimReply, ClaimRequest, ClaimedTask, PoolVacancy};
use hafs_proto::{CompletionId, TaskId, limits};

use super::backoff;
use super::event::{Effect, Moment};
use super::line::Link;
use super::state::{Mode, PoolName, Room, State};
use super::trouble::{Answered, Meaning};

/// The shortest pause after an empty answer, whatever the coordinator says.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A claim that the coordinator calls wrong is not repeated; the next one waits as after so many failures.
const TRIES_AFTER_WRONG: u32 = 4;

/// A claim whose answer has not come.
#[derive(Debug)]
pub(super) struct ClaimState {
    vacancies: Vec<PoolVacancy>,
    /// What it says is held here, and so is not given.
    holding: Vec<TaskId>,
    tries: u32,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    InFlight,
    /// The answer was lost; the same claim is made again, so that its leases are not lost too.
    Repeat {
        at: Duration,
    },
}

impl ClaimState {
    /// When it is made again, if its answer was lost.
    pub(super) const fn retry_at(&self) -> Option<Duration> {
        match self.phase {
            Phase::InFlight => None,
            Phase::Repeat { at } => Some(at),
        }
    }

    /// The request of this claim, now that so many tasks are held.
    fn again(&mut self, id: CompletionId, holding: Vec<TaskId>, wait_ms: u64) -> ClaimRequest {
        self.phase = Phase::InFlight;
        self.holding.clone_from(&holding);
        let vacancies = self.vacancies.clone();
        ClaimRequest { claim: id, vacancies, wait_ms, holding, residency: None }
    }
}

impl State {
    fn may_claim(&self) -> bool {
        self.mode == Mode::Working
            && self.line.link == Link::Up
            && !self.paused
            && self.asleep.is_none()
            && self.room == Room::Free
            && !self.releasing
            && self.has_room_to_hold()
            && !self.has_bad_news()
    }

    /// Whether the coordinator has still to hear that a teacher of the fleet has failed: it would hand out another task
    /// for it otherwise.
    fn has_bad_news(&self) -> bool {
        self.bad_news.iter().any(|key| self.outbox.waits(*key))
    }

    /// Whether the list of held tasks that goes with a claim stays within its limit whatever the claim gives.
    fn has_room_to_hold(&self) -> bool {
        let most = usize::try_from(limits::CLAIM_TASKS).unwrap_or(usize::MAX);
        self.tasks.len() + self.outbox.leases().count() + most <= limits::BATCH_ITEMS
    }

    pub(super) fn advance_claims(&mut self, moment: Moment, out: &mut Vec<Effect>) {
        if !self.may_claim() {
            return;
        }
        let now = moment.now;
        let due: Vec<CompletionId> = self
            .claims
            .iter()
            .filter(|(_, claim)| claim.retry_at().is_some_and(|at| at <= now))
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            let holding = self.holding();
            let wait_ms = self.claim_wait_ms();
            if let Some(claim) = self.claims.get_mut(&id) {
                out.push(Effect::Claim(claim.again(id, holding, wait_ms)));
            }
        }
        let vacancies = self.vacancies(now);
        if !vacancies.is_empty() {
            let (holding, wait_ms) = (self.holding(), self.claim_wait_ms());
            let mut claim = ClaimState { vacancies, holding: Vec::new(), tries: 0, phase: Phase::InFlight };
            out.push(Effect::Claim(claim.again(moment.fresh, holding, wait_ms)));
            self.claims.insert(moment.fresh, claim);
        }
    }

    fn claim_wait_ms(&self) -> u64 {
        let own = u64::try_from(self.rules.claim_wait.as_millis()).unwrap_or(u64::MAX);
        own.min(self.rules.intervals.claim_wait_ms).min(limits::CLAIM_WAIT_MS)
    }

    /// Running, stopping, waiting and spooled: never to be given to this worker again.
    fn holding(&self) -> Vec<TaskId> {
        let spooled = self.outbox.leases().map(|(task, _)| task);
        self.tasks.keys().copied().chain(spooled).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Room of the pools that no other claim speaks for.
    fn vacancies(&self, now: Duration) -> Vec<PoolVacancy> {
        let spoken_for: BTreeSet<&PoolName> =
            self.claims.values().flat_map(|claim| &claim.vacancies).map(|vacancy| &vacancy.pool).collect();
        let mut left = limits::CLAIM_TASKS;
        let mut vacancies = Vec::new();
        for (name, pool) in &self.pools {
            let free = (pool.slots + pool.ahead).saturating_sub(self.taken(name)).min(left);
            let is_due = now >= pool.not_before && self.is_useful(pool);
            if free > 0 && is_due && !spoken_for.contains(name) {
                left -= free;
                vacancies.push(PoolVacancy { pool: name.clone(), free });
            }
        }
        vacancies
    }

    fn taken(&self, pool: &PoolName) -> u32 {
        let count = self.tasks.values().filter(|held| held.pool == *pool).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    pub(super) fn claimed(
        &mut self,
        id: CompletionId,
        answer: Answered<ClaimReply>,
        moment: Moment,
        out: &mut Vec<Effect>,
    ) {
        match answer {
            Ok(reply) => {
                let claim = self.claims.remove(&id);
                if reply.tasks.is_empty() {
                    let pause = Duration::from_millis(reply.retry_after_ms);
                    let until = moment.now + pause.clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
                    self.pause_pools(claim.into_iter().flat_map(|claim| claim.vacancies), until);
                }
                reply.tasks.into_iter().for_each(|task| self.admit(task));
            }
            Err(trouble) => {
                let hint = self.trouble("claim", &trouble, moment, out);
                if trouble.meaning() == Meaning::Wrong {
                    let claim = self.claims.remove(&id);
                    let until = moment.now + backoff::wait(TRIES_AFTER_WRONG, moment.random, hint);
                    self.pause_pools(claim.into_iter().flat_map(|claim| claim.vacancies), until);
                } else {
                    self.repeat_later(id, moment, hint);
                }
            }
        }
    }

    fn pause_pools(&mut self, vacancies: impl Iterator<Item = PoolVacancy>, until: Duration) {
        for vacancy in vacancies {
            if let Some(pool) = self.pools.get_mut(&vacancy.pool) {
                pool.not_before = until;
            }
        }
    }

    fn repeat_later(&mut self, id: CompletionId, moment: Moment, hint: Option<Duration>) {
        if self.mode != Mode::Working {
            self.claims.remove(&id);
            return;
        }
        if let Some(claim) = self.claims.get_mut(&id) {
            let at = moment.now + backoff::wait(claim.tries, moment.random, hint);
            claim.tries = claim.tries.saturating_add(1);
            claim.phase = Phase::Repeat { at };
        }
    }

    /// Takes a task in, if there is room for it and it is not here already; hands it back otherwise,
    /// and also when its teacher is away.
    fn admit(&mut self, claimed: ClaimedTask) {
        let id = claimed.task.id;
        if let Some(held) = self.tasks.get_mut(&id) {
            held.token = claimed.token;
            return;
        }
        if self.outbox.has_task(id) {
            return;
        }
        let room = self
            .pools
            .get(&claimed.pool)
            .is_some_and(|pool| self.taken(&claimed.pool) < pool.slots + pool.ahead);
        let route = claimed.task.route();
        if !room || self.mode != Mode::Working || !self.admits(&route) {
            self.to_release.insert(id, claimed.token);
            return;
        }
        if let Some(circuit) = self.circuits.get_mut(&route) {
            circuit.admit(id);
        }
        self.tally.claimed += 1;
        self.hold(route, claimed);
    }

    /// Asks once more for each open claim, with no room: the answer holds the leases that it was given, which are
    /// then handed back, and nothing new.
    pub(super) fn recall_claims(&mut self, out: &mut Vec<Effect>) {
        let holding = self.holding();
        let claims: BTreeMap<CompletionId, ClaimState> = std::mem::take(&mut self.claims);
        for (id, claim) in claims {
            if claim.phase == Phase::InFlight {
                out.push(Effect::AbandonClaim(id));
            }
            let mut recall =
                ClaimState { vacancies: Vec::new(), holding: Vec::new(), tries: 0, phase: Phase::InFlight };
            out.push(Effect::Claim(recall.again(id, holding.clone(), 0)));
            self.claims.insert(id, recall);
        }
    }

    /// Makes the claims again that wait and say that one of these tasks is held here: it was given back, and this
    /// worker may be the only one that can try it again. Under their ids, so that what they were given is not lost.
    pub(super) fn let_go(&mut self, tasks: &BTreeSet<TaskId>, out: &mut Vec<Effect>) {
        if !self.may_claim() {
            return;
        }
        let (holding, wait_ms) = (self.holding(), self.claim_wait_ms());
        for (id, claim) in &mut self.claims {
            let outdated = claim.holding.iter().any(|task| tasks.contains(task));
            if outdated && claim.phase == Phase::InFlight {
                out.push(Effect::AbandonClaim(*id));
                out.push(Effect::Claim(claim.again(*id, holding.clone(), wait_ms)));
            }
        }
    }
}
