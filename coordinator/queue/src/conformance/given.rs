//! What the rules start from: small numbers for ids, seconds for times.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hafs_domain::retry::{Failed, Tries};
use hafs_proto::task::{FailureClass, Priority};
use hafs_proto::{
    Attempt, BoundedText, Generation, Reason, Route, RunId, TaskId, TaskKind, Timestamp, WorkerId,
};
use uuid::Uuid;

use crate::{
    Ask, Claimed, Entry, FailedLease, Grant, LeaseRef, Pausable, Queue, QueueError, Renewal, Vacancy,
};

/// The length of every lease.
pub(super) const LEASE: Duration = Duration::from_secs(30);

pub(super) fn at(second: u32) -> Timestamp {
    Timestamp::EPOCH.plus(Duration::from_secs(u64::from(second)))
}

pub(super) fn id<T: From<Uuid>>(number: u32) -> T {
    T::from(Uuid::from_u128(u128::from(number)))
}

pub(super) fn task(number: u32) -> TaskId {
    id(number)
}

pub(super) fn worker(number: u32) -> WorkerId {
    id(number)
}

pub(super) fn run(number: u32) -> RunId {
    id(number)
}

/// `check/tool-<number>`.
pub(super) fn route(number: u32) -> Route {
    match format!("check/tool-{number}").parse() {
        Ok(route) => route,
        Err(error) => panic!("not a route: {error}"),
    }
}

/// Unwraps an answer of the queue.
pub(super) fn ok<T>(answer: Result<T, QueueError>) -> T {
    match answer {
        Ok(value) => value,
        Err(error) => panic!("the queue refused: {error}"),
    }
}

/// Begins the first life of a queue, empty, at time 0.
pub(super) async fn open(queue: &dyn Queue) {
    rebuild(queue, 1, &[], Vec::new()).await;
}

pub(super) async fn rebuild(queue: &dyn Queue, generation: u64, paused: &[Pausable], entries: Vec<Entry>) {
    ok(queue.rebuild(Generation(generation), paused, &mut entries.into_iter(), at(0)).await);
}

/// A normal task of run 1 and route 1, planned at time 0.
pub(super) fn entry(number: u32) -> Entry {
    Entry {
        task: task(number),
        run: run(1),
        kind: TaskKind::Check,
        route: route(1),
        priority: Priority::Normal,
        created_at: at(0),
        not_before: at(0),
        tries: Tries::default(),
        max_attempts: 3,
    }
}

pub(super) async fn enqueue(queue: &dyn Queue, entries: impl IntoIterator<Item = Entry>) -> u64 {
    ok(queue.enqueue(entries.into_iter().collect(), at(0)).await)
}

/// An ask of one pool for route 1, under its own claim id.
pub(super) fn ask(by: u32, claim: u32, free: u32) -> Ask {
    Ask {
        worker: worker(by),
        claim: id(claim),
        vacancies: vec![vacancy("cpu", free, &[1])],
        holding: BTreeSet::new(),
        lease: LEASE,
        handicaps: BTreeMap::new(),
        at_most: u32::MAX,
    }
}

pub(super) fn vacancy(pool: &str, free: u32, routes: &[u32]) -> Vacancy {
    let routes = routes.iter().map(|number| route(*number)).collect();
    Vacancy { pool: BoundedText::clipped(pool), free, routes }
}

/// Claims for worker `by` under claim id 100 + `by`, one slot of route 1.
pub(super) async fn claim_one(queue: &dyn Queue, by: u32, now: u32) -> Option<Grant> {
    let claimed: Claimed = ok(queue.claim(&ask(by, 100 + by, 1), at(now)).await);
    claimed.grants.into_iter().next()
}

/// As [`claim_one`], where there must be one.
pub(super) async fn leased(queue: &dyn Queue, by: u32, now: u32) -> LeaseRef {
    match claim_one(queue, by, now).await {
        Some(grant) => held(&grant),
        None => panic!("worker {by} got nothing at second {now}"),
    }
}

pub(super) fn held(grant: &Grant) -> LeaseRef {
    LeaseRef { task: grant.task, generation: grant.generation, attempt: grant.attempt }
}

pub(super) fn tasks(claimed: &Claimed) -> Vec<TaskId> {
    claimed.grants.iter().map(|grant| grant.task).collect()
}

pub(super) async fn renew(queue: &dyn Queue, by: u32, lease: LeaseRef, now: u32) -> Renewal {
    match ok(queue.renew(worker(by), &[lease], LEASE, at(now)).await)[..] {
        [renewal] => renewal,
        ref other => panic!("one answer for one lease, not {other:?}"),
    }
}

pub(super) fn renewed(generation: u64, attempt: u32, until: u32) -> Renewal {
    Renewal::Renewed { generation: Generation(generation), attempt: Attempt(attempt), expires_at: at(until) }
}

pub(super) fn failed(lease: LeaseRef, class: FailureClass) -> FailedLease {
    FailedLease { lease, failed: Failed { class, reason: Reason::ProviderError, retry_after: None } }
}
