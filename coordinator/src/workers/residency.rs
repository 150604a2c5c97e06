//! What the hardware of the workers that are here holds.

use std::collections::BTreeSet;
use std::time::Duration;

use hafs_proto::worker::{LocalModel, Residence, Residency};
use hafs_proto::{Route, Timestamp, WorkerId};

use super::{Present, Workers};

/// By how much a worker's counters have grown since it told them last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grown {
    /// Models loaded.
    pub swaps: u64,
    /// Time spent on loading.
    pub swapping: Duration,
}

impl Present {
    /// Routes that it offers and whose model it has loaded.
    fn loaded(&self) -> impl Iterator<Item = &Route> {
        let models = self.residency.iter().flat_map(|residency| &residency.models);
        let loaded = models.filter(|model| model.residence == Residence::Loaded).map(|model| &model.route);
        loaded.filter(|route| self.registration.pools.iter().any(|pool| pool.routes.contains(route)))
    }

    /// What it has said of the model of a route.
    #[must_use]
    pub fn model(&self, route: &Route) -> Option<&LocalModel> {
        self.residency.as_ref()?.models.iter().find(|model| model.route == *route)
    }
}

impl Workers {
    /// Notes what a worker's own hardware holds. Returns by how much its counters have grown; those of a new process
    /// begin at zero.
    pub fn reside(&self, id: WorkerId, residency: Residency) -> Grown {
        let mut present = self.lock();
        let Some(row) = present.get_mut(&id) else { return Grown::default() };
        let before = row.residency.as_ref().map_or((0, 0), |it| (it.swaps, it.swap_ms));
        let since = |now: u64, before: u64| if now < before { now } else { now - before };
        let grown = Grown {
            swaps: since(residency.swaps, before.0),
            swapping: Duration::from_millis(since(residency.swap_ms, before.1)),
        };
        row.residency = Some(residency);
        grown
    }

    /// What a worker that is here has said of its own hardware.
    #[must_use]
    pub fn residency(&self, id: WorkerId) -> Option<Residency> {
        self.lock().get(&id).and_then(|row| row.residency.clone())
    }

    /// Routes whose model another worker has loaded that may work and has been heard of in the last `within`.
    #[must_use]
    pub fn loaded_elsewhere(&self, id: WorkerId, within: Duration, now: Timestamp) -> BTreeSet<Route> {
        let present = self.lock();
        let works = |row: &Present| {
            !row.paused && !row.draining && !row.suspended && now.since(row.seen_at) <= within
        };
        let others = present.iter().filter(|(other, row)| **other != id && works(row));
        others.flat_map(|(_, row)| row.loaded()).cloned().collect()
    }
}
