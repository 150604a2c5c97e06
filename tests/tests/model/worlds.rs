//! What is explored. Each world has room for some faults at once, because room for all of them has no end.

use crate::mutant::Mutant;
use crate::state::{Bounds, Left};

const TWO: Bounds =
    Bounds { workers: 2, tasks: 1, coordinators: 1, embedded: true, claims: 1, left: Left::NOTHING };

/// One process with its queue in memory, which dies with it; workers that go on with what they had.
pub const CRASHES: Bounds =
    Bounds { left: Left { coordinator_crashes: 1, renewals: 2, ..Left::NOTHING }, ..TWO };

/// The same, with workers that die.
pub const DEATHS: Bounds =
    Bounds { left: Left { expiries: 1, coordinator_crashes: 1, worker_crashes: 1, ..Left::NOTHING }, ..TWO };

/// Workers that are slow and fail, and come back with what is not theirs any more.
pub const ZOMBIES: Bounds = Bounds { left: Left { expiries: 1, failures: 1, ..Left::NOTHING }, ..TWO };

/// Workers that give back and renew, and are heard when they should not be.
pub const RETURNS: Bounds =
    Bounds { left: Left { expiries: 1, releases: 1, renewals: 1, ..Left::NOTHING }, ..TWO };

/// Two coordinators over one queue that loses everything; either may build it anew, or both at once.
pub const WIPES: Bounds =
    Bounds { coordinators: 2, embedded: false, left: Left { wipes: 1, ..Left::NOTHING }, ..TWO };

/// Two coordinators, one of which dies, over one queue that goes on.
pub const SURVIVORS: Bounds = Bounds {
    coordinators: 2,
    embedded: false,
    left: Left { coordinator_crashes: 1, failures: 1, ..Left::NOTHING },
    ..TWO
};

/// A queue that is restored from a backup.
pub const RESTORES: Bounds =
    Bounds { embedded: false, left: Left { restores: 1, renewals: 1, ..Left::NOTHING }, ..TWO };

/// Open tasks that are read long before the queue is told of them.
pub const STALE_INDEX: Bounds =
    Bounds { tasks: 2, embedded: false, left: Left { requeues: 1, ..Left::NOTHING }, ..TWO };

/// A worker that shows the tokens of another.
pub const THIEVES: Bounds = Bounds { left: Left { forgeries: 1, expiries: 1, ..Left::NOTHING }, ..TWO };

/// Everything at once, as long as somebody has patience.
pub const LONG: Bounds = Bounds {
    tasks: 2,
    coordinators: 2,
    embedded: false,
    claims: 2,
    left: Left {
        expiries: 2,
        coordinator_crashes: 1,
        worker_crashes: 1,
        wipes: 1,
        restores: 1,
        failures: 1,
        renewals: 1,
        releases: 1,
        forgeries: 1,
        requeues: 1,
    },
    ..TWO
};

/// Where a mutant is caught.
pub const fn trap(mutant: Mutant) -> Bounds {
    match mutant {
        Mutant::Sound | Mutant::AcknowledgeFirst | Mutant::ForgetfulSpool | Mutant::QueueFirst => CRASHES,
        Mutant::NoReceipt | Mutant::LastWins => ZOMBIES,
        Mutant::NoFence => RETURNS,
        Mutant::NoReaper => DEATHS,
        Mutant::GenerationLost | Mutant::BackupServed => RESTORES,
        Mutant::UnboundToken => THIEVES,
    }
}
