//! Batches of operations, larger and wilder than those of the property test: for comparing two backends.

use std::time::Duration;

use hafs_domain::retry::Failed;
use hafs_proto::task::{FailureClass, Priority};
use hafs_proto::{Attempt, Generation, Reason, TaskId, TaskKind, Timestamp, WorkerId};
use proptest::collection::vec;
use proptest::prelude::*;

use super::given::{LEASE, entry, id, ok, route, run, task, vacancy, worker};
use crate::{Ask, Entry, FailedLease, LeaseRef, Pausable, Queue, Renewal};

const TASKS: u32 = 120;
const ROUTES: u32 = 5;
const RUNS: u32 = 4;

/// One batch: what is done, and numbers that choose what it is done to. A number may choose the same thing twice.
pub type Gust = (u8, Vec<u32>);

/// Lists of batches.
pub fn storm() -> impl Strategy<Value = Vec<Gust>> {
    vec((0..24_u8, vec(any::<u32>(), 0..40)), 1..40)
}

/// Where the storm stands.
struct Eye<'a> {
    queue: &'a dyn Queue,
    now: Timestamp,
    generation: u64,
    given: Vec<(WorkerId, LeaseRef)>,
    claims: u32,
}

/// Plays batches on a queue. The answers are not judged here: give it a [`Twin`](super::Twin).
pub async fn rage(queue: &dyn Queue, storm: &[Gust]) {
    let mut eye = Eye { queue, now: Timestamp::EPOCH, generation: 0, given: Vec::new(), claims: 0 };
    eye.rebuild(&[]).await;
    for (what, numbers) in storm {
        eye.step(*what, numbers).await;
        ok(queue.stats().await);
        ok(queue.held(&(0..4).map(worker).collect::<Vec<_>>()).await);
        for number in numbers.iter().take(4) {
            ok(queue.explain(task(number % TASKS)).await);
        }
    }
}

impl Eye<'_> {
    async fn step(&mut self, what: u8, numbers: &[u32]) {
        let first = numbers.first().copied().unwrap_or_default();
        let tasks: Vec<TaskId> = numbers.iter().map(|number| task(number % TASKS)).collect();
        match what {
            0..=4 => drop(ok(self.queue.enqueue(self.entries(numbers), self.now).await)),
            5..=9 => self.claim(numbers).await,
            10..=11 => self.renew(numbers).await,
            12..=13 => self.fail(numbers).await,
            14 => {
                let (by, leases) = self.leases(numbers);
                ok(self.queue.release(by, &leases, self.now).await);
            }
            15 => drop(ok(self.queue.complete(&tasks).await)),
            16 => drop(ok(self.queue.cancel(&tasks).await)),
            17..=18 => drop(ok(self.queue.reap(first as usize % 50, self.now).await)),
            19..=21 => self.now = self.now.plus(Duration::from_millis(u64::from(first % 70_000))),
            22 => self.pause(first).await,
            _ => self.rebuild(numbers).await,
        }
    }

    fn entries(&self, numbers: &[u32]) -> Vec<Entry> {
        let priorities = [Priority::Urgent, Priority::Normal, Priority::Bulk, Priority::Filler];
        let make = |number: &u32| Entry {
            route: route(number / 7 % ROUTES),
            run: run(number / 11 % RUNS),
            kind: TaskKind::ALL[*number as usize % TaskKind::ALL.len()],
            priority: priorities[*number as usize / 13 % 4],
            created_at: self.now,
            not_before: self.now.plus(Duration::from_secs(u64::from(number % 3) * u64::from(number % 90))),
            max_attempts: 1 + number % 4,
            ..entry(number % TASKS)
        };
        numbers.iter().map(make).collect()
    }

    async fn claim(&mut self, numbers: &[u32]) {
        let at = |nth: usize| numbers.get(nth).copied().unwrap_or_default();
        self.claims += 1;
        let pools = [("a", [0, 1]), ("b", [at(0) % ROUTES, 3]), ("c", [4, at(1) % ROUTES])];
        let vacancies =
            pools.iter().enumerate().map(|(nth, (name, routes))| vacancy(name, at(nth) % 9, routes));
        let mut ask = Ask {
            worker: worker(at(3) % 4),
            claim: id(self.claims.saturating_sub(at(4) % 2)),
            vacancies: vacancies.collect(),
            holding: numbers.iter().skip(5).map(|number| task(number % TASKS)).collect(),
            lease: LEASE,
            handicaps: numbers
                .iter()
                .take(3)
                .map(|number| (route(number % ROUTES), Duration::from_secs(u64::from(number % 5) * 40)))
                .collect(),
            at_most: if at(1) % 3 == 0 { at(4) % 60 } else { u32::MAX },
        };
        if at(2) % 2 == 0 {
            ask.holding.clear();
        }
        let claimed = ok(self.queue.claim(&ask, self.now).await);
        let lease =
            |it: &crate::Grant| LeaseRef { task: it.task, generation: it.generation, attempt: it.attempt };
        self.given.extend(claimed.grants.iter().map(|grant| (ask.worker, lease(grant))));
    }

    /// Leases of one worker, some current, some not, some made up.
    fn leases(&self, numbers: &[u32]) -> (WorkerId, Vec<LeaseRef>) {
        let by = worker(numbers.first().copied().unwrap_or_default() % 4);
        let made_up = |number: &u32| LeaseRef {
            task: task(number % TASKS),
            generation: Generation(u64::from(number % 3)),
            attempt: Attempt(number % 4),
        };
        let pick = |number: &u32| {
            let place = (*number as usize).checked_rem(self.given.len());
            let given = place.map(|place| self.given[place]).filter(|(owner, _)| *owner == by);
            given.map_or_else(|| made_up(number), |(_, lease)| lease)
        };
        let mine = self.given.iter().rev().filter(|(owner, _)| *owner == by).map(|(_, lease)| *lease);
        (by, mine.take(numbers.len() / 2).chain(numbers.iter().map(pick)).collect())
    }

    async fn renew(&mut self, numbers: &[u32]) {
        let (by, leases) = self.leases(numbers);
        let answers = ok(self.queue.renew(by, &leases, LEASE, self.now).await);
        for (lease, answer) in leases.iter().zip(answers) {
            if let Renewal::Renewed { generation, attempt, .. } = answer {
                self.given.push((by, LeaseRef { generation, attempt, ..*lease }));
            }
        }
    }

    async fn fail(&mut self, numbers: &[u32]) {
        let (by, leases) = self.leases(numbers);
        let failure = |(nth, lease): (usize, &LeaseRef)| {
            let class = FailureClass::ALL[nth % FailureClass::ALL.len()];
            let retry_after = (nth % 3 == 0).then(|| Duration::from_secs(nth as u64));
            FailedLease {
                lease: *lease,
                failed: Failed { class, reason: Reason::ProviderError, retry_after },
            }
        };
        let failures: Vec<FailedLease> = leases.iter().enumerate().map(failure).collect();
        ok(self.queue.fail(by, &failures, self.now).await);
    }

    async fn pause(&mut self, number: u32) {
        let what = if number.is_multiple_of(2) {
            Pausable::Run(run(number / 4 % RUNS))
        } else {
            Pausable::Route(route(number / 4 % ROUTES))
        };
        if (number / 2).is_multiple_of(2) {
            ok(self.queue.pause(&what).await);
        } else {
            ok(self.queue.resume(&what).await);
        }
    }

    async fn rebuild(&mut self, numbers: &[u32]) {
        self.generation += 1;
        let paused: Vec<Pausable> =
            numbers.iter().take(1).map(|number| Pausable::Run(run(number % RUNS))).collect();
        let entries = self.entries(numbers);
        let generation = Generation(self.generation);
        ok(self.queue.rebuild(generation, &paused, &mut entries.into_iter(), self.now).await);
    }
}
