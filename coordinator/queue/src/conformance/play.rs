//! Plays operations on a backend and on the model, and compares after each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hafs_domain::retry::AfterFailure;
use hafs_proto::task::{FailureClass, Priority};
use hafs_proto::worker::IdleCode;
use hafs_proto::{Generation, TaskId, TaskState, Timestamp, WorkerId};

use super::given::{LEASE, entry, failed, held, id, ok, route, run, task, vacancy, worker};
use super::model::{Fate, Model};
use super::op::{Op, RUNS, TASKS, WORKERS};
use crate::{Ask, Entry, FailAnswer, Grant, LeaseRef, Pausable, Queue, ReleaseAnswer, Renewal, RouteStats};

const PRIORITIES: [Priority; 4] = [Priority::Urgent, Priority::Normal, Priority::Bulk, Priority::Filler];

/// A backend, the model beside it, and what the outside world remembers.
struct Stage<'a> {
    queue: &'a dyn Queue,
    model: Model,
    now: Timestamp,
    /// Every lease ever given, with the worker that got it.
    given: Vec<(WorkerId, LeaseRef)>,
    claims: u32,
    last_claim: BTreeMap<u32, u32>,
    /// Tasks ever enqueued, and those that left the queue: nothing else may happen to one.
    entered: BTreeSet<TaskId>,
    left: BTreeSet<TaskId>,
}

/// Plays `ops` on a fresh queue and then lets every task come to its end.
///
/// # Panics
/// When the queue does anything that the model does not.
pub async fn play(queue: &dyn Queue, ops: &[Op]) {
    let mut stage = Stage {
        queue,
        model: Model::default(),
        now: Timestamp::EPOCH,
        given: Vec::new(),
        claims: 0,
        last_claim: BTreeMap::new(),
        entered: BTreeSet::new(),
        left: BTreeSet::new(),
    };
    stage.rebuild().await;
    for op in ops {
        stage.step(op).await;
        stage.compare().await;
    }
    stage.finish().await;
}

impl Stage<'_> {
    async fn step(&mut self, op: &Op) {
        match *op {
            Op::Enqueue { task, route, run, priority, delay } => {
                self.enqueue((task, route, run), priority, delay).await
            }
            Op::Claim { worker, free, at_most, again, holding, handicaps } => {
                self.claim((worker, again, holding), (free, at_most), handicaps).await;
            }
            Op::Renew { grant } => self.renew(grant).await,
            Op::Complete { task: number } => {
                let open = self.model.open.remove(&task(number)).is_some();
                assert_eq!(ok(self.queue.complete(&[task(number)]).await), u64::from(open));
                self.leave(task(number), open);
            }
            Op::Fail { grant, class } => self.fail(grant, class).await,
            Op::Release { grant, thief } => self.release(grant, thief).await,
            Op::Cancel { task: number } => {
                let open = self.model.open.remove(&task(number)).is_some();
                assert_eq!(ok(self.queue.cancel(&[task(number)]).await).contains(&task(number)), open);
                self.leave(task(number), open);
            }
            Op::Reap { limit } => self.reap(limit).await,
            Op::Wait { seconds } => self.now = self.now.plus(Duration::from_secs(u64::from(seconds))),
            Op::Rebuild => self.rebuild().await,
            Op::TogglePause { run: number } => self.toggle(number).await,
        }
    }

    async fn enqueue(&mut self, (number, to, of): (u32, u32, u32), priority: usize, delay: u32) {
        if self.left.contains(&task(number)) {
            return;
        }
        let entry = Entry {
            run: run(of),
            route: route(to),
            priority: PRIORITIES[priority % PRIORITIES.len()],
            created_at: self.now,
            not_before: self.now.plus(Duration::from_secs(u64::from(delay))),
            ..entry(number)
        };
        let new = self.model.enqueue(entry.clone());
        assert_eq!(ok(self.queue.enqueue(vec![entry], self.now).await), u64::from(new));
        self.entered.insert(task(number));
    }

    async fn claim(
        &mut self,
        (by, again, holding): (u32, bool, bool),
        (free, at_most): ((u32, u32), u32),
        handicaps: (u32, u32),
    ) {
        self.claims += 1;
        let claim = *self.last_claim.get(&by).filter(|_| again).unwrap_or(&self.claims);
        self.last_claim.insert(by, claim);
        let mine = self.given.iter().filter(|(owner, _)| *owner == worker(by)).map(|(_, lease)| lease.task);
        let holding = if holding { mine.collect() } else { BTreeSet::new() };
        let vacancies = vec![vacancy("one", free.0, &[0]), vacancy("two", free.1, &[1, 0])];
        let late = |seconds: u32| Duration::from_secs(u64::from(seconds));
        let handicaps = BTreeMap::from([(route(0), late(handicaps.0)), (route(1), late(handicaps.1))]);
        let (worker, claim) = (worker(by), id(claim));
        self.ask(Ask { worker, claim, vacancies, holding, lease: LEASE, handicaps, at_most }).await;
    }

    async fn ask(&mut self, ask: Ask) {
        let held_before: BTreeSet<TaskId> = self.model.held().collect();
        let expected = self.model.claim(&ask, self.now);
        let claimed = ok(self.queue.claim(&ask, self.now).await);
        assert_eq!(claimed.grants, expected, "{ask:?}");
        let fresh = claimed.grants.iter().filter(|grant| !held_before.contains(&grant.task));
        self.nobody_is_passed_over_for_long(&ask, fresh);
        self.given.extend(claimed.grants.iter().map(|grant| (ask.worker, held(grant))));
        if expected.is_empty() {
            assert!(!claimed.reasons.is_empty(), "nothing is given without a reason");
            let told: BTreeMap<IdleCode, u64> =
                claimed.reasons.iter().map(|reason| (reason.code, reason.tasks)).collect();
            assert_eq!(told, self.model.idle(&ask, self.now));
        } else {
            assert_eq!(claimed.reasons, []);
        }
    }

    /// No task is left for one whose deadline is later by more than the longest handicap.
    fn nobody_is_passed_over_for_long<'a>(&self, ask: &Ask, grants: impl Iterator<Item = &'a Grant>) {
        let longest = ask.handicaps.values().max().copied().unwrap_or_default();
        for grant in grants {
            let Some(given) = self.model.open.get(&grant.task) else { continue };
            let pool = ask.vacancies.iter().find(|vacancy| vacancy.pool == grant.pool);
            let passed_over = self.model.open.values().filter(|open| {
                let offered = pool.is_some_and(|pool| pool.routes.contains(&open.entry.route));
                let free = open.lease.is_none() && !ask.holding.contains(&open.entry.task);
                let due = open.entry.not_before <= self.now && !self.model.paused.contains(&open.entry.run);
                offered && free && due
            });
            for left in passed_over {
                assert!(given.entry.deadline() <= left.entry.deadline().plus(longest), "{left:?}");
            }
        }
    }

    fn pick(&self, grant: usize) -> Option<(WorkerId, LeaseRef)> {
        self.given.get(grant.checked_rem(self.given.len())?).copied()
    }

    async fn renew(&mut self, grant: usize) {
        let Some((by, lease)) = self.pick(grant) else { return };
        let open = self.model.open.contains_key(&lease.task);
        let expected = self.model.renew(by, lease, self.now);
        let answers = ok(self.queue.renew(by, &[lease], LEASE, self.now).await);
        match (answers.as_slice(), expected) {
            ([Renewal::Renewed { generation, attempt, expires_at }], Some(pair)) => {
                assert_eq!((generation.0, attempt.0), pair);
                assert_eq!(*expires_at, self.now.plus(LEASE));
                let current = LeaseRef { generation: *generation, attempt: *attempt, ..lease };
                if current != lease {
                    self.given.push((by, current));
                }
            }
            ([Renewal::Lost], None) => assert!(open, "a closed task is not lost but closed"),
            ([Renewal::Closed], None) => assert!(!open),
            (other, expected) => panic!("{other:?} instead of {expected:?} for {lease:?}"),
        }
    }

    async fn fail(&mut self, grant: usize, class: FailureClass) {
        let Some((by, lease)) = self.pick(grant) else { return };
        let open = self.model.open.contains_key(&lease.task);
        let fate = self.model.failure(lease.task, class).filter(|_| self.model.is_current(by, lease));
        let answers = ok(self.queue.fail(by, &[failed(lease, class)], self.now).await);
        match (answers.as_slice(), fate) {
            ([FailAnswer::Retry { not_before, tries }], Some(Fate::Retry(expected))) => {
                assert_eq!(*tries, expected);
                self.apply(lease.task, Fate::Retry(expected), *not_before);
            }
            ([FailAnswer::Dead { tries, .. }], Some(Fate::Dead(expected))) => {
                assert_eq!(*tries, expected);
                self.apply(lease.task, Fate::Dead(expected), self.now);
            }
            ([FailAnswer::Stale], None) => assert!(open),
            ([FailAnswer::Closed], None) => assert!(!open),
            (other, expected) => panic!("{other:?} instead of {expected:?} for {lease:?}"),
        }
    }

    async fn release(&mut self, grant: usize, thief: bool) {
        let Some((owner, lease)) = self.pick(grant) else { return };
        let by = if thief { worker(WORKERS + 1) } else { owner };
        let open = self.model.open.contains_key(&lease.task);
        let current = self.model.is_current(by, lease);
        let expected = match (open, current) {
            (true, true) => ReleaseAnswer::Released,
            (true, false) => ReleaseAnswer::Stale,
            (false, _) => ReleaseAnswer::Closed,
        };
        assert_eq!(ok(self.queue.release(by, &[lease], self.now).await), [expected]);
        if current {
            self.model.release(lease.task, self.now);
        }
    }

    async fn reap(&mut self, limit: usize) {
        let expected: Vec<TaskId> = self.model.overdue(self.now).into_iter().take(limit).collect();
        let reaped = ok(self.queue.reap(limit, self.now).await);
        assert_eq!(reaped.lost.iter().map(|lost| lost.task).collect::<Vec<_>>(), expected);
        assert!(reaped.promoted <= limit as u64, "the limit holds for promotions too");
        for lost in reaped.lost {
            let lease = self.model.open.get(&lost.task).and_then(|open| open.lease.as_ref());
            assert_eq!(lease.map(|lease| lease.worker), Some(lost.worker));
            match (lost.after, self.model.loss(lost.task)) {
                (AfterFailure::Retry { not_before, tries }, Some(Fate::Retry(expected))) => {
                    assert_eq!(tries, expected);
                    self.apply(lost.task, Fate::Retry(expected), not_before);
                }
                (AfterFailure::Dead { tries, .. }, Some(Fate::Dead(expected))) => {
                    assert_eq!(tries, expected);
                    self.apply(lost.task, Fate::Dead(expected), self.now);
                }
                (other, expected) => panic!("{other:?} instead of {expected:?}"),
            }
        }
    }

    async fn rebuild(&mut self) {
        self.model.rebuild();
        let paused: Vec<Pausable> = self.model.paused.iter().map(|run| Pausable::Run(*run)).collect();
        let entries: Vec<Entry> = self.model.open.values().map(|open| open.entry.clone()).collect();
        let generation = Generation(self.model.generation);
        ok(self.queue.rebuild(generation, &paused, &mut entries.into_iter(), self.now).await);
    }

    async fn toggle(&mut self, number: u32) {
        let what = Pausable::Run(run(number));
        if self.model.paused.remove(&run(number)) {
            ok(self.queue.resume(&what).await);
        } else {
            self.model.paused.insert(run(number));
            ok(self.queue.pause(&what).await);
        }
    }

    fn apply(&mut self, task: TaskId, fate: Fate, not_before: Timestamp) {
        self.model.apply(task, fate, not_before, self.now);
        self.leave(task, matches!(fate, Fate::Dead(_)));
    }

    fn leave(&mut self, task: TaskId, left: bool) {
        if left {
            assert!(self.left.insert(task), "{task} left twice");
        }
    }

    /// Every task stands where the model has it, and the numbers add up.
    async fn compare(&self) {
        let stats = ok(self.queue.stats().await);
        assert_eq!(stats.generation.0, self.model.generation);
        let sum = stats.routes.values().copied().fold(RouteStats::default(), RouteStats::plus);
        assert_eq!(stats.total, sum);
        assert!(stats.routes.values().all(|route| route.open() > 0), "a route without tasks is left out");
        assert_eq!(sum.open(), self.model.open.len() as u64);
        let leased = self.model.open.values().filter(|open| open.lease.is_some()).count();
        assert_eq!(sum.leased, leased as u64);
        let mut in_line = 0;
        for number in 0..TASKS {
            let explained = ok(self.queue.explain(task(number)).await);
            let expected = self.model.open.get(&task(number));
            let Some((explained, expected)) = explained.as_ref().zip(expected) else {
                assert_eq!(explained.is_some(), expected.is_some(), "task {number}");
                continue;
            };
            assert_eq!(explained.entry, expected.entry);
            assert_eq!(explained.state, state(expected));
            assert_eq!(explained.paused, self.model.paused.contains(&expected.entry.run));
            assert!(
                explained.ahead.is_none() || expected.entry.not_before <= self.now,
                "in line before its time"
            );
            in_line += u64::from(explained.ahead.is_some());
        }
        assert_eq!(sum.ready, in_line, "a ready task is in exactly one line");
    }

    /// Nothing is lost: once faults stop, every task that ever came in leaves, and each once.
    async fn finish(&mut self) {
        for number in 0..RUNS {
            if self.model.paused.contains(&run(number)) {
                self.toggle(number).await;
            }
        }
        for _ in 0..=TASKS {
            self.now = self.now.plus(Duration::from_secs(100));
            self.reap(TASKS as usize).await;
            self.now = self.now.plus(Duration::from_secs(100));
            self.claims += 1;
            let (claim, vacancies) = (id(self.claims), vec![vacancy("all", TASKS, &[0, 1, 2])]);
            let (holding, handicaps, at_most) = (BTreeSet::new(), BTreeMap::new(), TASKS);
            self.ask(Ask { worker: worker(0), claim, vacancies, holding, lease: LEASE, handicaps, at_most })
                .await;
            for number in 0..TASKS {
                let held = |open: &super::model::Open| open.lease.is_some();
                if self.model.open.get(&task(number)).is_some_and(held) {
                    self.step(&Op::Complete { task: number }).await;
                }
            }
            self.compare().await;
        }
        assert_eq!(self.entered, self.left, "every task came to its end");
    }
}

fn state(open: &super::model::Open) -> TaskState {
    match &open.lease {
        None => TaskState::Ready { not_before: open.entry.not_before },
        Some(lease) => TaskState::Leased {
            worker: lease.worker,
            generation: Generation(lease.pair.0),
            attempt: hafs_proto::Attempt(lease.pair.1),
            expires_at: lease.expires_at,
        },
    }
}
