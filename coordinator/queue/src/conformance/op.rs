//! Operations on a queue, small enough to shrink and dense enough to collide.

use hafs_proto::task::FailureClass;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Tasks, routes, runs and workers that the operations speak of.
pub(super) const TASKS: u32 = 12;
pub(super) const ROUTES: u32 = 3;
pub(super) const RUNS: u32 = 2;
pub(super) const WORKERS: u32 = 3;

/// One call, with small numbers for ids. A `grant` is the n-th lease ever given, modulo their number, so that
/// zombies come by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Puts a task in.
    Enqueue {
        /// Which.
        task: u32,
        /// What it needs.
        route: u32,
        /// Its campaign.
        run: u32,
        /// Its priority, by place in the list of priorities.
        priority: usize,
        /// Seconds until it is due.
        delay: u32,
    },
    /// Claims tasks.
    Claim {
        /// For which worker.
        worker: u32,
        /// Free slots of a pool for route 0, and of one for routes 0 and 1; nobody takes route 2 before the end.
        free: (u32, u32),
        /// Tasks that the worker may hold in all.
        at_most: u32,
        /// Whether it repeats the worker's last claim id.
        again: bool,
        /// Whether it names what it was ever given as held.
        holding: bool,
        /// Seconds by which routes 0 and 1 stand later.
        handicaps: (u32, u32),
    },
    /// Renews a lease.
    Renew {
        /// Which.
        grant: usize,
    },
    /// Completes a task.
    Complete {
        /// Which.
        task: u32,
    },
    /// Fails a lease.
    Fail {
        /// Which.
        grant: usize,
        /// How.
        class: FailureClass,
    },
    /// Releases a lease.
    Release {
        /// Which.
        grant: usize,
        /// Whether another worker than its holder tries.
        thief: bool,
    },
    /// Calls a task off.
    Cancel {
        /// Which.
        task: u32,
    },
    /// Takes back leases that ran out.
    Reap {
        /// At most so many.
        limit: usize,
    },
    /// Lets seconds pass.
    Wait {
        /// How many.
        seconds: u32,
    },
    /// The index is lost and rebuilt from the library.
    Rebuild,
    /// Pauses or resumes a run.
    TogglePause {
        /// Which.
        run: u32,
    },
}

/// Lists of operations.
pub fn ops() -> impl Strategy<Value = Vec<Op>> {
    vec(op(), 1..80)
}

fn op() -> impl Strategy<Value = Op> {
    let grant = || 0..64_usize;
    let task = || 0..TASKS;
    let handicap = || select(vec![0, 0, 3, 70, 700]);
    prop_oneof![
        5 => (task(), 0..ROUTES, 0..RUNS, 0..4_usize, select(vec![0, 0, 5, 90]))
            .prop_map(|(task, route, run, priority, delay)| Op::Enqueue { task, route, run, priority, delay }),
        6 => (
            (0..WORKERS, (0..3_u32, 0..3_u32), select(vec![1, 3, 99])),
            any::<bool>(),
            any::<bool>(),
            (handicap(), handicap()),
        )
            .prop_map(|((worker, free, at_most), again, holding, handicaps)| {
                Op::Claim { worker, free, at_most, again, holding, handicaps }
            }),
        3 => grant().prop_map(|grant| Op::Renew { grant }),
        2 => task().prop_map(|task| Op::Complete { task }),
        3 => (grant(), select(FailureClass::ALL)).prop_map(|(grant, class)| Op::Fail { grant, class }),
        1 => (grant(), any::<bool>()).prop_map(|(grant, thief)| Op::Release { grant, thief }),
        1 => task().prop_map(|task| Op::Cancel { task }),
        2 => (0..4_usize).prop_map(|limit| Op::Reap { limit }),
        4 => select(vec![1, 7, 31, 61]).prop_map(|seconds| Op::Wait { seconds }),
        1 => Just(Op::Rebuild),
        1 => (0..RUNS).prop_map(|run| Op::TogglePause { run }),
    ]
}
