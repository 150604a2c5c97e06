//! The plain model: a list of tasks, searched from end to end. It is written from the rules, not from any
//! backend, and shares with the backends only the arithmetic of the retry delay, which it checks by bounds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hafs_domain::retry::Tries;
use hafs_proto::task::FailureClass;
use hafs_proto::worker::IdleCode;
use hafs_proto::{CompletionId as ClaimId, RunId, TaskId, Timestamp, WorkerId};

use super::given::LEASE;
use crate::{Ask, Entry, Grant, LeaseRef};

/// A lease as the model sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) worker: WorkerId,
    pub(super) pair: (u64, u32),
    pub(super) before_adoption: Option<(u64, u32)>,
    pub(super) expires_at: Timestamp,
    pub(super) claim: Option<(ClaimId, String)>,
}

/// An open task as the model sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) entry: Entry,
    pub(super) attempt: u32,
    pub(super) lease: Option<Lease>,
}

/// What a failure or a loss must lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Retry(Tries),
    Dead(Tries),
}

#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) generation: u64,
    pub(super) open: BTreeMap<TaskId, Open>,
    pub(super) paused: BTreeSet<RunId>,
}

impl Model {
    pub(super) fn enqueue(&mut self, entry: Entry) -> bool {
        let new = !self.open.contains_key(&entry.task);
        if new {
            let Tries { failures, losses, deferrals } = entry.tries;
            let attempt = failures + losses + deferrals;
            self.open.insert(entry.task, Open { entry, attempt, lease: None });
        }
        new
    }

    pub(super) fn rebuild(&mut self) {
        self.generation += 1;
        for open in self.open.values_mut() {
            let Tries { failures, losses, deferrals } = open.entry.tries;
            open.attempt = failures + losses + deferrals;
            open.lease = None;
        }
    }

    /// The leases that a claim must give, in order.
    pub(super) fn claim(&mut self, ask: &Ask, now: Timestamp) -> Vec<Grant> {
        let again = self.claim_again(ask, now);
        if !again.is_empty() {
            return again;
        }
        let ask = &self.within_bounds(ask);
        let mut grants = Vec::new();
        for vacancy in &ask.vacancies {
            for _ in 0..vacancy.free {
                let fits = |open: &&mut Open| {
                    open.lease.is_none()
                        && open.entry.not_before <= now
                        && vacancy.routes.contains(&open.entry.route)
                        && !self.paused.contains(&open.entry.run)
                        && !ask.holding.contains(&open.entry.task)
                };
                let place = |it: &&mut Open| {
                    let handicap = ask.handicaps.get(&it.entry.route).map_or(0, Duration::as_millis);
                    let (deadline, task) = turn(&it.entry);
                    (i128::from(deadline) + i128::try_from(handicap).unwrap_or(i128::MAX), task)
                };
                let first = self.open.values_mut().filter(fits).min_by_key(place);
                let Some(open) = first else { break };
                open.attempt += 1;
                open.lease = Some(Lease {
                    worker: ask.worker,
                    pair: (self.generation, open.attempt),
                    before_adoption: None,
                    expires_at: now.plus(LEASE),
                    claim: Some((ask.claim, vacancy.pool.to_string())),
                });
                grants.extend(grant(open));
            }
        }
        grants
    }

    /// Free slots only as far as the worker may hold more, from the first pool on.
    fn within_bounds(&self, ask: &Ask) -> Ask {
        let leases = self.open.values().filter_map(|open| open.lease.as_ref());
        let held = leases.filter(|lease| lease.worker == ask.worker).count();
        let mut slots = (ask.at_most as usize).saturating_sub(held);
        let mut ask = ask.clone();
        for vacancy in &mut ask.vacancies {
            while vacancy.free as usize > slots {
                vacancy.free -= 1;
            }
            slots -= vacancy.free as usize;
        }
        ask
    }

    fn claim_again(&mut self, ask: &Ask, now: Timestamp) -> Vec<Grant> {
        let mut grants = Vec::new();
        for open in self.open.values_mut() {
            let same = |lease: &&mut Lease| {
                lease.worker == ask.worker
                    && lease.claim.as_ref().is_some_and(|(claim, _)| *claim == ask.claim)
            };
            if let Some(lease) = open.lease.as_mut().filter(same) {
                lease.expires_at = now.plus(LEASE);
                grants.extend(grant(open));
            }
        }
        grants
    }

    /// Tasks that workers hold.
    pub(super) fn held(&self) -> impl Iterator<Item = TaskId> {
        self.open.iter().filter(|(_, open)| open.lease.is_some()).map(|(task, _)| *task)
    }

    /// How many tasks each reason keeps back.
    pub(super) fn idle(&self, ask: &Ask, now: Timestamp) -> BTreeMap<IdleCode, u64> {
        let ask = &self.within_bounds(ask);
        let mut counts = BTreeMap::new();
        for open in self.open.values() {
            let offers = |it: &&crate::Vacancy| it.routes.contains(&open.entry.route);
            let code = if !ask.vacancies.iter().any(|it| offers(&it)) {
                IdleCode::NoMatchingRoute
            } else if open.lease.is_some() {
                IdleCode::AllLeased
            } else if open.entry.not_before > now {
                IdleCode::Delayed
            } else if self.paused.contains(&open.entry.run) {
                IdleCode::Paused
            } else if ask.vacancies.iter().filter(offers).all(|it| it.free == 0) {
                IdleCode::NoFreeSlot
            } else {
                IdleCode::AlreadyHeld
            };
            *counts.entry(code).or_default() += 1;
        }
        if ask.vacancies.iter().all(|it| it.free == 0) {
            counts.entry(IdleCode::NoFreeSlot).or_default();
        }
        if self.open.is_empty() {
            counts.entry(IdleCode::QueueEmpty).or_default();
        }
        counts
    }

    /// Whether the lease is current for this worker.
    pub(super) fn is_current(&self, worker: WorkerId, held: LeaseRef) -> bool {
        let pair = (held.generation.0, held.attempt.0);
        let lease = self.open.get(&held.task).and_then(|open| open.lease.as_ref());
        lease.is_some_and(|it| it.worker == worker && (it.pair == pair || it.before_adoption == Some(pair)))
    }

    /// The pair under which a lease goes on, if it does.
    pub(super) fn renew(&mut self, worker: WorkerId, held: LeaseRef, now: Timestamp) -> Option<(u64, u32)> {
        let current = self.is_current(worker, held);
        let generation = self.generation;
        let open = self.open.get_mut(&held.task)?;
        if open.lease.is_none() && held.generation.0 < generation {
            open.attempt += 1;
            open.lease = Some(Lease {
                worker,
                pair: (generation, open.attempt),
                before_adoption: Some((held.generation.0, held.attempt.0)),
                expires_at: now.plus(LEASE),
                claim: None,
            });
        } else if !current {
            return None;
        }
        let lease = open.lease.as_mut()?;
        lease.expires_at = now.plus(LEASE);
        Some(lease.pair)
    }

    /// What a failure of the current holder must lead to, by the documentation of the classes.
    pub(super) fn failure(&self, task: TaskId, class: FailureClass) -> Option<Fate> {
        let entry = &self.open.get(&task)?.entry;
        let Tries { failures, deferrals, .. } = entry.tries;
        let counted = Tries { failures: failures + 1, losses: 0, deferrals };
        let deferred = Tries { failures, losses: 0, deferrals: deferrals + 1 };
        Some(match class {
            FailureClass::RateLimited | FailureClass::ModelMissing => Fate::Retry(deferred),
            FailureClass::Refused | FailureClass::Poison => Fate::Dead(counted),
            FailureClass::Transient | FailureClass::OutOfMemory | FailureClass::Invalid => {
                if failures + 1 < entry.max_attempts { Fate::Retry(counted) } else { Fate::Dead(counted) }
            }
        })
    }

    /// What a lost lease must lead to.
    pub(super) fn loss(&self, task: TaskId) -> Option<Fate> {
        let tries = self.open.get(&task)?.entry.tries;
        let tries = Tries { losses: tries.losses + 1, ..tries };
        Some(if tries.losses < 3 { Fate::Retry(tries) } else { Fate::Dead(tries) })
    }

    /// Applies a fate; the time of a retry is the queue's choice, within half a second and a minute.
    pub(super) fn apply(&mut self, task: TaskId, fate: Fate, not_before: Timestamp, now: Timestamp) {
        match (fate, self.open.get_mut(&task)) {
            (Fate::Retry(tries), Some(open)) => {
                let delay = not_before.since(now);
                assert!(delay >= Duration::from_millis(500) && delay <= Duration::from_secs(60), "{delay:?}");
                open.entry.tries = tries;
                open.entry.not_before = not_before;
                open.lease = None;
            }
            (Fate::Dead(_), _) => {
                self.open.remove(&task);
            }
            (Fate::Retry(_), None) => panic!("{task} is not open"),
        }
    }

    /// Gives back a current lease.
    pub(super) fn release(&mut self, task: TaskId, now: Timestamp) {
        if let Some(open) = self.open.get_mut(&task) {
            open.lease = None;
            open.entry.not_before = now;
        }
    }

    /// Tasks whose lease ran out, longest overdue first.
    pub(super) fn overdue(&self, now: Timestamp) -> Vec<TaskId> {
        let mut overdue: Vec<_> = self
            .open
            .iter()
            .filter_map(|(task, open)| Some((open.lease.as_ref()?.expires_at, *task)))
            .filter(|(expires_at, _)| *expires_at <= now)
            .collect();
        overdue.sort_unstable();
        overdue.into_iter().map(|(_, task)| task).collect()
    }
}

fn turn(entry: &Entry) -> (i64, TaskId) {
    (entry.created_at.as_millis() + i64::from(entry.priority.offset_ms()), entry.task)
}

fn grant(open: &Open) -> Option<Grant> {
    let lease = open.lease.as_ref()?;
    let (_, pool) = lease.claim.as_ref()?;
    Some(Grant {
        task: open.entry.task,
        pool: hafs_proto::BoundedText::clipped(pool),
        generation: hafs_proto::Generation(lease.pair.0),
        attempt: hafs_proto::Attempt(lease.pair.1),
        expires_at: lease.expires_at,
    })
}
