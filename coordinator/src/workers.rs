//! Workers that are here now: what they can do and when they last said something. The library has a row for
//! each worker that ever joined; this table is only about the present.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hafs_domain::instance::{Instance, Lineage, Standing};
use hafs_library::tables::workers::{Sign, StoredWorker, Told};
use hafs_proto::people::WorkerView;
use hafs_proto::worker::RegisterRequest;
use hafs_proto::{BoundedText, CredentialId, Route, TaskId, Timestamp, WorkerId, limits};
use hafs_queue::Vacancy;
use tokio::sync::watch;

mod residency;

/// A worker that is here.
#[derive(Debug, Clone)]
pub struct Present {
    /// What it said when it registered.
    pub registration: RegisterRequest,
    /// Whether it is known what it speaks. Of one that registered with a coordinator of an older release it is not.
    pub understood: bool,
    /// The processes that have used its credential.
    pub lineage: Lineage,
    /// Last sign of life.
    pub seen_at: Timestamp,
    /// Whether people paused it.
    pub paused: bool,
    /// Whether it was told to leave, or said that it will.
    pub draining: bool,
    /// Whether it is suspended: it gets no tasks.
    pub suspended: bool,
    /// Results that wait in its spool.
    pub spooled: u64,
    /// Age of the oldest of them in milliseconds.
    pub oldest_spooled_ms: u64,
    /// What it said with its last claim and its last renewal.
    pub told: Told,
}

/// A worker that has registered.
#[derive(Debug, Clone)]
pub struct Newcomer {
    /// What it said.
    pub registration: RegisterRequest,
    /// The processes that have used its credential, this one among them.
    pub lineage: Lineage,
    /// Whether people paused it before.
    pub paused: bool,
    /// Whether it is suspended: it gets no tasks.
    pub suspended: bool,
}

/// What a worker should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Orders {
    /// Claim nothing.
    pub paused: bool,
    /// Finish and leave.
    pub drain: bool,
}

/// Workers by id.
#[derive(Debug)]
pub struct Workers {
    present: Mutex<BTreeMap<WorkerId, Present>>,
    /// Join tokens that this process has made for a worker of its own.
    own: Mutex<BTreeSet<CredentialId>>,
    changes: watch::Sender<u64>,
}

impl Default for Workers {
    fn default() -> Self {
        Self { present: Mutex::default(), own: Mutex::default(), changes: watch::channel(0).0 }
    }
}

impl Workers {
    /// A worker has registered. Its pause outlives a restart of the worker; its drain does not.
    pub fn join(&self, id: WorkerId, newcomer: Newcomer, now: Timestamp) {
        let Newcomer { registration, lineage, paused, suspended } = newcomer;
        let row = Present {
            registration,
            understood: true,
            lineage,
            seen_at: now,
            paused,
            draining: false,
            suspended,
            spooled: 0,
            oldest_spooled_ms: 0,
            told: Told::default(),
        };
        self.lock().insert(id, row);
        self.changed();
    }

    /// What it means that a process calls which says that it is this instance. Of a worker that is not in the table
    /// nothing is known until it has registered.
    #[must_use]
    pub fn standing(&self, id: WorkerId, told: Option<&Instance>) -> Standing {
        let present = self.lock();
        present.get(&id).map_or_else(|| Lineage::default().standing(told), |row| row.lineage.standing(told))
    }

    /// Notes that a superseded instance has spoken.
    pub fn heard(&self, id: WorkerId, instance: &Instance, now: Timestamp) {
        if let Some(row) = self.lock().get_mut(&id) {
            row.lineage.heard(instance, now);
        }
    }

    /// Whether that superseded instance has not been told of yet.
    #[must_use]
    pub fn is_news(&self, id: WorkerId, instance: &Instance) -> bool {
        let present = self.lock();
        let past = present.get(&id).into_iter().flat_map(|row| &row.lineage.past);
        past.into_iter().any(|past| past.instance == *instance && past.spoke_at.is_none())
    }

    /// Whether a worker that is here has named a feature of the protocol.
    #[must_use]
    pub fn knows(&self, id: WorkerId, feature: &str) -> bool {
        let present = self.lock();
        present
            .get(&id)
            .is_some_and(|row| row.registration.features.iter().any(|known| known.as_str() == feature))
    }

    /// Whether a worker is here, and it is known what it speaks.
    #[must_use]
    pub fn understands(&self, id: WorkerId) -> bool {
        self.lock().get(&id).is_some_and(|row| row.understood)
    }

    /// A worker has said something. Returns its orders; one that is not here, or of which it is not known what it
    /// speaks, has to register.
    pub fn seen(&self, id: WorkerId, now: Timestamp) -> Option<Orders> {
        let mut present = self.lock();
        let row = present.get_mut(&id).filter(|row| row.understood)?;
        row.seen_at = now;
        Some(Orders { paused: row.paused, drain: row.draining })
    }

    /// Takes over what the library holds of workers: other coordinators have changed it, or an earlier life of this
    /// one.
    pub fn refresh(&self, workers: Vec<(StoredWorker, Lineage)>) {
        let mut present = self.lock();
        for (stored, lineage) in workers {
            if stored.revoked_at.is_some() {
                present.remove(&stored.id);
                continue;
            }
            let row = present.entry(stored.id).or_insert_with(|| Present::elsewhere(&stored));
            row.registration.name = stored.name;
            row.registration.instance = stored.instance;
            row.registration.pools = stored.pools;
            row.registration.facts = stored.facts;
            row.understood = stored.features.is_some();
            row.registration.features = stored.features.unwrap_or_default();
            row.lineage = lineage;
            (row.paused, row.draining) = (stored.paused, stored.draining);
        }
        drop(present);
        self.changed();
    }

    /// Notes a sign of life that another coordinator has heard.
    pub fn heard_elsewhere(&self, id: WorkerId, sign: &Sign) {
        if let Some(row) = self.lock().get_mut(&id)
            && sign.at > row.seen_at
        {
            row.seen_at = sign.at;
            (row.spooled, row.oldest_spooled_ms) = (sign.spooled, sign.oldest_spooled_ms);
            let residency = sign.told.residency.clone().or_else(|| row.told.residency.take());
            row.told = Told { residency, holding: sign.told.holding.clone() };
        }
    }

    /// The orders of a worker, without taking note that it lives.
    #[must_use]
    pub fn orders(&self, id: WorkerId) -> Option<Orders> {
        let present = self.lock();
        present
            .get(&id)
            .filter(|row| row.understood)
            .map(|row| Orders { paused: row.paused, drain: row.draining })
    }

    /// Notes which tasks a worker has.
    pub fn hold(&self, id: WorkerId, holding: BTreeSet<TaskId>) {
        if let Some(row) = self.lock().get_mut(&id) {
            row.told.holding = holding;
        }
    }

    /// Notes which tasks a worker has got beside those that it had.
    pub fn hand(&self, id: WorkerId, tasks: impl IntoIterator<Item = TaskId>) {
        if let Some(row) = self.lock().get_mut(&id) {
            row.told.holding.extend(tasks);
        }
    }

    /// Notes the depth of a worker's spool.
    pub fn spool(&self, id: WorkerId, spooled: u64, oldest_ms: u64) {
        if let Some(row) = self.lock().get_mut(&id) {
            (row.spooled, row.oldest_spooled_ms) = (spooled, oldest_ms);
        }
    }

    /// Gives orders. Returns whether the worker is here.
    pub fn order(&self, id: WorkerId, orders: Orders) -> bool {
        let known = self.lock().get_mut(&id).is_some_and(|row| {
            row.paused = orders.paused;
            row.draining = orders.drain;
            true
        });
        self.changed();
        known
    }

    /// Notes whether a worker is suspended. Long polls look again.
    pub fn suspend(&self, id: WorkerId, suspended: bool) {
        if let Some(row) = self.lock().get_mut(&id) {
            row.suspended = suspended;
        }
        self.changed();
    }

    /// Whether a worker that is here gets no tasks.
    #[must_use]
    pub fn is_suspended(&self, id: WorkerId) -> bool {
        self.lock().get(&id).is_some_and(|row| row.suspended)
    }

    /// Takes over from the library who is suspended: another coordinator may have decided it.
    pub fn suspend_only(&self, suspended: &BTreeSet<WorkerId>) {
        let mut news = false;
        for (id, row) in self.lock().iter_mut() {
            let before = std::mem::replace(&mut row.suspended, suspended.contains(id));
            news |= before != row.suspended;
        }
        if news {
            self.changed();
        }
    }

    /// Remembers a join token that was made for a worker in this process.
    pub fn vouch(&self, token: CredentialId) {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).insert(token);
    }

    /// Whether a join token was made for a worker in this process.
    #[must_use]
    pub fn is_own(&self, token: CredentialId) -> bool {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).contains(&token)
    }

    /// Takes workers out that have been silent for `patience`, and returns them.
    pub fn give_up(&self, patience: Duration, now: Timestamp) -> Vec<(WorkerId, Present)> {
        let mut present = self.lock();
        let gone: Vec<WorkerId> =
            present.iter().filter(|(_, row)| now.since(row.seen_at) > patience).map(|(id, _)| *id).collect();
        gone.into_iter().filter_map(|id| present.remove(&id).map(|row| (id, row))).collect()
    }

    /// Takes a worker out: it left or was revoked.
    pub fn leave(&self, id: WorkerId) -> Option<Present> {
        let row = self.lock().remove(&id);
        self.changed();
        row
    }

    /// The free slots that a claim speaks of, with what they can do. Pools that the worker did not register
    /// are left out.
    #[must_use]
    pub fn vacancies(&self, id: WorkerId, asked: &[hafs_proto::worker::PoolVacancy]) -> Vec<Vacancy> {
        let present = self.lock();
        let Some(row) = present.get(&id) else { return Vec::new() };
        let pool_of = |name: &BoundedText<64>| row.registration.pools.iter().find(|pool| pool.name == *name);
        asked
            .iter()
            .filter_map(|vacancy| {
                let pool = pool_of(&vacancy.pool)?;
                Some(Vacancy {
                    pool: pool.name.clone(),
                    // A worker may ask ahead of its slots, so that none idles during a round trip.
                    free: vacancy.free.min(limits::POOL_SLOTS),
                    routes: routes(id, pool),
                })
            })
            .collect()
    }

    /// Everyone who is here.
    #[must_use]
    pub fn all(&self) -> BTreeMap<WorkerId, Present> {
        self.lock().clone()
    }

    /// Whether a worker that is here and not leaving has a route.
    #[must_use]
    pub fn offers(&self, route: &Route) -> bool {
        let present = self.lock();
        let has = |row: &Present| row.registration.pools.iter().any(|pool| pool.routes.contains(route));
        present.values().any(|row| !row.draining && has(row))
    }

    /// Wakes when someone joined, left or was given orders.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<WorkerId, Present>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a pool may be given: what the worker offers, and the checks of others that this worker is to repeat. A worker that
/// says itself what it is to repeat is not heard: it could choose to repeat its own.
fn routes(id: WorkerId, pool: &hafs_proto::worker::Pool) -> BTreeSet<Route> {
    let mut routes = BTreeSet::new();
    for route in &pool.routes {
        match route {
            Route::Witness(..) => continue,
            Route::Check(name) => {
                routes.insert(Route::Witness(id, name.clone()));
            }
            Route::Source(_) | Route::Teacher(_) | Route::Batch(_) | Route::Embed(_) => {}
        }
        routes.insert(route.clone());
    }
    routes
}

impl Present {
    /// A worker that has registered with another coordinator, or with an earlier life of this one.
    fn elsewhere(stored: &StoredWorker) -> Self {
        Self {
            registration: RegisterRequest {
                name: stored.name.clone(),
                instance: stored.instance.clone(),
                protocol: Vec::new(),
                features: Vec::new(),
                pools: Vec::new(),
                facts: stored.facts.clone(),
            },
            understood: false,
            lineage: Lineage::default(),
            seen_at: stored.seen_at,
            paused: stored.paused,
            draining: stored.draining,
            // Who is suspended is taken over right after.
            suspended: false,
            spooled: stored.spooled,
            oldest_spooled_ms: stored.oldest_spooled_ms,
            told: Told::default(),
        }
    }

    /// The row as people see it. `leased` is counted by the queue.
    #[must_use]
    pub fn view(&self, id: WorkerId, alive_within: Duration, leased: u64, now: Timestamp) -> WorkerView {
        WorkerView {
            id,
            name: self.registration.name.clone(),
            pools: self.registration.pools.clone(),
            facts: self.registration.facts.clone(),
            seen_at: self.seen_at,
            alive: now.since(self.seen_at) <= alive_within,
            paused: self.paused,
            draining: self.draining,
            leased,
            spooled: self.spooled,
            cloned_at: self.lineage.cloned_at(),
            trust: None,
            residency: self.told.residency.clone(),
            holding: self.told.holding.iter().copied().collect(),
        }
    }
}
