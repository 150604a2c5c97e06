//! Rules of the claim that gives nothing.

use std::collections::BTreeSet;

use hafs_proto::worker::IdleCode;

use super::super::given::{ask, at, claim_one, enqueue, entry, leased, ok, open, route, run, task, vacancy};
use crate::{Ask, Claimed, Entry, Pausable, Queue};

fn codes(claimed: &Claimed) -> BTreeSet<(IdleCode, u64)> {
    claimed.reasons.iter().map(|reason| (reason.code, reason.tasks)).collect()
}

/// Every open task is accounted for by one reason.
pub async fn a_claim_that_gives_nothing_says_why_and_when_to_ask_again(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1)]).await;
    leased(queue, 9, 0).await;
    let delayed = |number, second| Entry { not_before: at(second), ..entry(number) };
    let foreign = |number, to| Entry { route: route(to), ..entry(number) };
    let paused = Entry { run: run(2), ..entry(4) };
    enqueue(
        queue,
        [delayed(2, 50), delayed(3, 40), paused, entry(5), foreign(6, 8), foreign(7, 9), foreign(8, 2)],
    )
    .await;
    ok(queue.pause(&Pausable::Run(run(2))).await);
    let vacancies = vec![vacancy("cpu", 1, &[1]), vacancy("gpu", 0, &[2])];
    let idle = Ask { vacancies, holding: BTreeSet::from([task(5)]), ..ask(1, 1, 0) };
    let claimed = ok(queue.claim(&idle, at(1)).await);
    assert_eq!(
        codes(&claimed),
        BTreeSet::from([
            (IdleCode::AlreadyHeld, 1),
            (IdleCode::Delayed, 2),
            (IdleCode::Paused, 1),
            (IdleCode::AllLeased, 1),
            (IdleCode::NoFreeSlot, 1),
            (IdleCode::NoMatchingRoute, 2),
        ])
    );
    assert_eq!(claimed.retry_at, Some(at(40)));
    let foreign = claimed.reasons.iter().find(|reason| reason.code == IdleCode::NoMatchingRoute);
    assert!(foreign.is_some_and(|reason| reason.message.contains("check/tool-8, check/tool-9")));
}

/// Nothing to do and nobody to do it are told apart.
pub async fn an_empty_queue_and_a_full_worker_are_reasons_too(queue: &dyn Queue) {
    open(queue).await;
    let empty = ok(queue.claim(&ask(1, 1, 1), at(0)).await);
    assert_eq!((codes(&empty), empty.retry_at), (BTreeSet::from([(IdleCode::QueueEmpty, 0)]), None));
    enqueue(queue, [entry(1)]).await;
    let full = ok(queue.claim(&ask(1, 1, 0), at(0)).await);
    assert_eq!(codes(&full), BTreeSet::from([(IdleCode::NoFreeSlot, 1)]));
    assert!(claim_one(queue, 1, 0).await.is_some(), "a claim that gave nothing is not remembered");
}
