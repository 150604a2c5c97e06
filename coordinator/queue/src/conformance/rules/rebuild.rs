//! Rules of rebuilding and adoption.

use hafs_proto::Generation;

use super::super::given::{
    LEASE, ask, at, claim_one, enqueue, entry, leased, ok, open, rebuild, renew, renewed, run, task, worker,
};
use crate::{Entry, Pausable, Queue, QueueError, Renewal};

/// Nothing is answered from an index that is not there.
pub async fn before_the_first_rebuild_every_verb_says_that_the_queue_is_being_rebuilt(queue: &dyn Queue) {
    let gone = QueueError::Rebuilding;
    let pause = Pausable::Run(run(1));
    assert_eq!(queue.enqueue(vec![entry(1)], at(0)).await, Err(gone.clone()));
    assert_eq!(queue.claim(&ask(1, 1, 1), at(0)).await, Err(gone.clone()));
    assert_eq!(queue.renew(worker(1), &[], LEASE, at(0)).await, Err(gone.clone()));
    assert_eq!(queue.complete(&[task(1)]).await, Err(gone.clone()));
    assert_eq!(queue.fail(worker(1), &[], at(0)).await, Err(gone.clone()));
    assert_eq!(queue.release(worker(1), &[], at(0)).await, Err(gone.clone()));
    assert_eq!(queue.cancel(&[task(1)]).await, Err(gone.clone()));
    assert_eq!(queue.reap(1, at(0)).await, Err(gone.clone()));
    assert_eq!(queue.stats().await, Err(gone.clone()));
    assert_eq!(queue.explain(task(1)).await, Err(gone.clone()));
    assert_eq!(queue.pause(&pause).await, Err(gone.clone()));
    assert_eq!(queue.resume(&pause).await, Err(gone));
}

/// The new life is a function of what the library gives, and of nothing else.
pub async fn a_rebuild_forgets_what_was_there_and_begins_with_the_given_pauses(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1), entry(2)]).await;
    leased(queue, 1, 0).await;
    ok(queue.pause(&Pausable::Run(run(1))).await);
    let kept = Entry { run: run(2), ..entry(3) };
    rebuild(queue, 2, &[Pausable::Run(run(2))], vec![kept.clone(), Entry { run: run(1), ..entry(4) }]).await;
    assert_eq!(ok(queue.explain(task(1)).await), None);
    assert_eq!(leased(queue, 1, 1).await.task, task(4), "run 1 is not paused any more");
    assert_eq!(claim_one(queue, 2, 1).await, None, "run 2 is paused");
    assert!(ok(queue.explain(task(3)).await).is_some_and(|it| it.paused && it.entry == kept));
    assert_eq!(ok(queue.stats().await).generation, Generation(2));
}

/// Otherwise an old lease could look current.
pub async fn a_generation_is_never_used_twice(queue: &dyn Queue) {
    rebuild(queue, 5, &[], vec![entry(1)]).await;
    for given in [Generation(5), Generation(4)] {
        let refused = queue.rebuild(given, &[], &mut std::iter::empty(), at(0)).await;
        assert_eq!(refused, Err(QueueError::OldGeneration { given, current: Generation(5) }));
    }
    assert!(ok(queue.explain(task(1)).await).is_some(), "a refused rebuild changes nothing");
}

/// The worker is at work on it, so it goes on under a pair of the new life.
pub async fn a_lease_of_an_older_generation_is_adopted_under_a_new_pair(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1)]).await;
    let old = leased(queue, 1, 0).await;
    rebuild(queue, 2, &[], vec![entry(1)]).await;
    assert_eq!(renew(queue, 1, old, 5).await, renewed(2, 1, 35));
    let new = crate::LeaseRef { generation: Generation(2), ..old };
    assert_eq!(renew(queue, 1, new, 6).await, renewed(2, 1, 36));
}

/// The answer that carried the new pair may have been lost.
pub async fn a_repeated_adoption_gets_the_same_answer(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1)]).await;
    let old = leased(queue, 1, 0).await;
    rebuild(queue, 2, &[], vec![entry(1)]).await;
    renew(queue, 1, old, 5).await;
    assert_eq!(renew(queue, 1, old, 6).await, renewed(2, 1, 36));
    assert_eq!(renew(queue, 2, old, 6).await, Renewal::Lost, "another worker has no part in it");
}

/// An adopted lease is a lease like any other.
pub async fn an_adopted_task_is_nobody_elses(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1)]).await;
    let old = leased(queue, 1, 0).await;
    rebuild(queue, 2, &[], vec![entry(1)]).await;
    renew(queue, 1, old, 5).await;
    assert_eq!(claim_one(queue, 2, 6).await, None);
    assert_eq!(ok(queue.reap(10, at(36)).await).lost.len(), 1, "it runs out like any other");
}

/// First come, first served: the work is done once.
pub async fn an_older_lease_is_lost_once_another_worker_holds_the_task(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1)]).await;
    let old = leased(queue, 1, 0).await;
    rebuild(queue, 2, &[], vec![entry(1)]).await;
    leased(queue, 2, 1).await;
    assert_eq!(renew(queue, 1, old, 5).await, Renewal::Lost);
}

/// The delay is for those who would begin anew, not for who is at work.
pub async fn a_task_that_waits_for_its_time_can_be_adopted(queue: &dyn Queue) {
    open(queue).await;
    enqueue(queue, [entry(1)]).await;
    let old = leased(queue, 1, 0).await;
    rebuild(queue, 2, &[], vec![Entry { not_before: at(60), ..entry(1) }]).await;
    assert_eq!(renew(queue, 1, old, 5).await, renewed(2, 1, 35));
}
