use std::time::Duration;

use hafs_domain::retry::{AfterFailure, Tries};
use hafs_domain::task::{self, Holder, MoveError};
use hafs_proto::task::DeadReason;
use hafs_proto::{Attempt, BoundedText, Generation, Reason, TaskState};

use crate::given::{at, id};

const LEASE: Duration = Duration::from_millis(100);

fn holder(worker: u128, generation: u64, attempt: u32) -> Holder {
    Holder { worker: id(worker), generation: Generation(generation), attempt: Attempt(attempt) }
}

fn leased(expires_at: i64) -> TaskState {
    let Holder { worker, generation, attempt } = holder(1, 5, 2);
    TaskState::Leased { worker, generation, attempt, expires_at: at(expires_at) }
}

fn dead_reason() -> DeadReason {
    DeadReason { reason: Reason::Timeout, detail: BoundedText::default() }
}

fn retry() -> AfterFailure {
    AfterFailure::Retry { not_before: at(900), tries: Tries::default() }
}

/// The moves by name; the mover is `holder(1, 5, 2)`, at time 500.
fn moves(state: &TaskState) -> [(&'static str, Result<&'static str, MoveError>); 9] {
    let me = holder(1, 5, 2);
    let now = at(500);
    let word = |moved: Result<TaskState, MoveError>| moved.map(|state| state.word());
    [
        ("claim", word(task::claim(state, me, LEASE, now))),
        ("adopt", word(task::adopt(state, Generation(4), me, LEASE, now))),
        ("renew", word(task::renew(state, me, LEASE, now))),
        ("complete", word(task::complete(state, now))),
        ("fail", word(task::fail(state, me, &retry(), now))),
        ("release", word(task::release(state, me, now))),
        ("cancel", word(task::cancel(state, now))),
        ("reap", word(task::reap(state, &retry(), now))),
        (
            "reap to death",
            word(task::reap(
                state,
                &AfterFailure::Dead { reason: dead_reason(), tries: Tries::default() },
                now,
            )),
        ),
    ]
}

#[test]
fn only_the_moves_of_the_diagram_are_possible() {
    let closed = |state| Err(MoveError::Closed { state });
    let late = at(600);
    let running = Err(MoveError::NotExpired { expires_at: late });
    let held = Err(MoveError::Held(holder(1, 5, 2)));
    let idle = Err(MoveError::NotLeased);
    let (done, cancelled) = (Ok("done"), Ok("cancelled"));
    let table = [
        (
            TaskState::Ready { not_before: at(500) },
            [Ok("leased"), Ok("leased"), idle, done, idle, idle, cancelled, idle, idle],
        ),
        (
            TaskState::Ready { not_before: late },
            [
                Err(MoveError::NotDue { not_before: late }),
                Ok("leased"),
                idle,
                done,
                idle,
                idle,
                cancelled,
                idle,
                idle,
            ],
        ),
        (
            leased(600),
            [held, held, Ok("leased"), done, Ok("ready"), Ok("ready"), cancelled, running, running],
        ),
        (
            leased(500),
            [held, held, Ok("leased"), done, Ok("ready"), Ok("ready"), cancelled, Ok("ready"), Ok("dead")],
        ),
        (TaskState::Done { at: at(1) }, [closed("done"); 9]),
        (TaskState::Dead { at: at(1), reason: dead_reason() }, [closed("dead"); 9]),
        (TaskState::Cancelled { at: at(1) }, [closed("cancelled"); 9]),
    ];
    for (state, expected) in table {
        for ((name, moved), expected) in moves(&state).into_iter().zip(expected) {
            assert_eq!(moved, expected, "{name} of {state:?}");
        }
    }
}

#[test]
fn only_the_current_worker_generation_and_attempt_may_renew_fail_and_release() {
    for foreign in [holder(2, 5, 2), holder(1, 4, 2), holder(1, 5, 1), holder(1, 5, 3)] {
        let held = Err(MoveError::Held(holder(1, 5, 2)));
        assert_eq!(task::renew(&leased(600), foreign, LEASE, at(500)), held);
        assert_eq!(task::fail(&leased(600), foreign, &retry(), at(500)), held);
        assert_eq!(task::release(&leased(600), foreign, at(500)), held);
    }
}

#[test]
fn a_renewed_lease_runs_from_now_and_not_from_its_old_end() {
    let renewed = task::renew(&leased(10_000), holder(1, 5, 2), LEASE, at(500)).expect("renewed");
    assert_eq!(renewed, leased(600));
}

#[test]
fn only_a_lease_of_an_older_generation_is_adopted() {
    let ready = TaskState::Ready { not_before: at(0) };
    for held in [Generation(5), Generation(6)] {
        let refused = Err(MoveError::NotOlder { held, current: Generation(5) });
        assert_eq!(task::adopt(&ready, held, holder(1, 5, 1), LEASE, at(500)), refused);
    }
}
