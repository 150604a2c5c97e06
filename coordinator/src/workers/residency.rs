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
        let models = self.told.residency.iter().flat_map(|residency| &residency.models);
        let loaded = models.filter(|model| model.residence == Residence::Loaded).map(|model| &model.route);
        loaded.filter(|route| self.registration.pools.iter().any(|pool| pool.routes.contains(route)))
    }

    /// What it has said of the model of a route.
    #[must_use]
    pub fn model(&self, route: &Route) -> Option<&LocalModel> {
        self.told.residency.as_ref()?.models.iter().find(|model| model.route == *route)
    }
}

impl Workers {
    /// Notes what a worker's own hardware holds. Returns by how much its counters have grown; those of a new process
    /// begin at zero.
    pub fn reside(&self, id: WorkerId, residency: Residency) -> Grown {
        let mut present = self.lock();
        let Some(row) = present.get_mut(&id) else { return Grown::default() };
        let before = row.told.residency.as_ref().map_or((0, 0), |it| (it.swaps, it.swap_ms));
        let since = |now: u64, before: u64| if now < before { now } else { now - before };
        let grown = Grown {
            swaps: since(residency.swaps, before.0),
            swapping: Duration::from_millis(since(residency.swap_ms, before.1)),
        };
        row.told.residency = Some(residency);
        grown
    }

    /// What a worker that is here has said of its own hardware.
    #[must_use]
    pub fn residency(&self, id: WorkerId) -> Option<Residency> {
        self.lock().get(&id).and_then(|row| row.told.residency.clone())
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

#[cfg(test)]
mod tests {
    use hafs_library::tables::workers::{Sign, Told};
    use hafs_proto::TaskId;
    use uuid::Uuid;

    use super::*;
    use crate::workers::Newcomer;

    fn second(number: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_secs(number))
    }

    /// Joins at second 0, with one model.
    fn joined(workers: &Workers, id: WorkerId) -> Route {
        let route: Route = "teacher/ollama/large".parse().expect("a route");
        let registration = serde_json::from_value(serde_json::json!({
            "name": "attic", "instance": "one", "protocol": [1],
            "pools": [{ "name": "gpu", "slots": 1, "routes": [route] }],
            "facts": { "version": "1", "os": "linux", "cores": 1, "memory_bytes": 1 },
        }));
        let registration = registration.expect("a registration");
        let newcomer = Newcomer {
            registration,
            lineage: hafs_domain::instance::Lineage::default(),
            paused: false,
            suspended: false,
        };
        workers.join(id, newcomer, second(0));
        route
    }

    fn sign(at: u64, told: Told) -> Sign {
        Sign { spooled: 0, oldest_spooled_ms: 0, at: second(at), told }
    }

    #[test]
    fn what_a_worker_told_another_coordinator_counts_until_it_speaks_here() {
        let (workers, id) = (Workers::default(), WorkerId::from_uuid(Uuid::from_u128(1)));
        let route = joined(&workers, id);
        let task = TaskId::from_uuid(Uuid::from_u128(2));
        let model = serde_json::json!({ "route": route, "residence": "loaded", "load_ms": 1_000 });
        let residency =
            serde_json::from_value(serde_json::json!({ "models": [model] })).expect("a residency");
        let told = Told { residency: Some(residency), holding: [task].into() };
        workers.heard_elsewhere(id, &sign(5, told));
        let (lease, nobody) = (Duration::from_secs(60), WorkerId::from_uuid(Uuid::nil()));
        let elsewhere = |at| workers.loaded_elsewhere(nobody, lease, second(at));
        assert_eq!(elsewhere(6), [route.clone()].into());
        assert_eq!(workers.all()[&id].told.holding, [task].into());
        // The other one has seen a renewal only.
        workers.heard_elsewhere(id, &sign(7, Told::default()));
        assert_eq!(elsewhere(8), [route].into());
        assert!(workers.all()[&id].told.holding.is_empty());
        workers.hold(id, [task].into());
        workers.heard_elsewhere(id, &sign(6, Told::default()));
        assert_eq!(workers.all()[&id].told.holding, [task].into(), "what is older says nothing");
    }
}
