//! Which of a worker's teachers may be asked now, looked at before the queue is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hafs_domain::idle;
use hafs_domain::quota::{Quota, Shut, Standing, next_day};
use hafs_library::tables::quota;
use hafs_library::{StoreError, Tx};
use hafs_proto::people::TeacherStanding;
use hafs_proto::worker::{IdleCode, IdleReason};
use hafs_proto::{MicroUsd, Route, TeacherName, TeacherTerms, Timestamp, WorkerId};
use hafs_queue::{Claimed, Stats, Vacancy};

use super::books;
use crate::app::Core;

/// What is given back early, or mended by a person, is noticed after this time.
pub const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A teacher that is not asked now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// In a word for workers.
    pub code: IdleCode,
    /// Why, and until when.
    pub shut: Shut,
}

impl Closed {
    /// The money of a run is held back for tasks that are handed out.
    pub(super) const fn of_budget(why: String) -> Self {
        let shut = Shut { standing: TeacherStanding::Waiting, until: None, why };
        Self { code: IdleCode::BudgetSpent, shut }
    }
}

/// Teachers that are not asked now, and how often those may be asked that are limited.
#[derive(Debug, Clone, Default)]
pub struct Gates {
    /// Not now.
    pub closed: BTreeMap<TeacherName, Closed>,
    room: BTreeMap<TeacherName, u64>,
    /// On which terms the worker's teachers can be used.
    pub(super) terms: BTreeMap<TeacherName, TeacherTerms>,
}

/// Looks at the teachers whose terms a worker has told.
///
/// # Errors
/// [`StoreError`] of the driver.
pub async fn look(app: &Core, worker: WorkerId, now: Timestamp) -> Result<Gates, StoreError> {
    app.library.read(move |tx| gates(tx, worker, now)).await
}

/// Why a teacher with one key is not asked now, or how many more tasks it may be asked.
pub(super) fn standing(
    tx: &mut dyn Tx,
    teacher: &TeacherName,
    state: &Quota,
    now: Timestamp,
) -> Result<Result<Option<u64>, Closed>, StoreError> {
    let room = match state.standing(now) {
        Standing::Shut(shut) => return Ok(Err(Closed { code: code(shut.standing), shut })),
        Standing::Open(room) => room,
    };
    let spent = day_is_spent(tx, teacher.provider(), state.day_budget, now)?;
    Ok(spent.map_or(Ok(room), Err))
}

fn gates(tx: &mut dyn Tx, worker: WorkerId, now: Timestamp) -> Result<Gates, StoreError> {
    let mut gates = Gates { terms: books::terms(tx, worker)?, ..Gates::default() };
    for (teacher, terms) in &gates.terms {
        let state = books::load(tx, (teacher, &terms.key))?;
        match standing(tx, teacher, &state, now)? {
            Err(closed) => {
                gates.closed.insert(teacher.clone(), closed);
            }
            Ok(Some(room)) => {
                gates.room.insert(teacher.clone(), room);
            }
            Ok(None) => {}
        }
    }
    Ok(gates)
}

pub(super) const fn code(standing: TeacherStanding) -> IdleCode {
    match standing {
        TeacherStanding::Open | TeacherStanding::Waiting => IdleCode::BucketEmpty,
        TeacherStanding::Pausing | TeacherStanding::Locked => IdleCode::CircuitOpen,
    }
}

fn day_is_spent(
    tx: &mut dyn Tx,
    provider: &str,
    budget: Option<MicroUsd>,
    now: Timestamp,
) -> Result<Option<Closed>, StoreError> {
    let Some(ceiling) = budget else { return Ok(None) };
    let spent = quota::spent_on_day(tx, provider, now)?;
    Ok((spent >= ceiling).then(|| over_the_day(provider, spent, ceiling, now)))
}

/// The day's money of a provider does not pay for more.
pub(super) fn over_the_day(provider: &str, spent: MicroUsd, ceiling: MicroUsd, now: Timestamp) -> Closed {
    let why = format!("{spent} of the {ceiling} a day for {provider} are spent or held back");
    let until = Some(next_day(now));
    Closed { code: IdleCode::BudgetSpent, shut: Shut { standing: TeacherStanding::Waiting, until, why } }
}

impl Gates {
    /// The vacancies without what is not asked now, and with no more room than the limits leave.
    #[must_use]
    pub fn narrow(&self, vacancies: &[Vacancy]) -> Vec<Vacancy> {
        vacancies.iter().map(|vacancy| self.narrow_one(vacancy)).collect()
    }

    fn narrow_one(&self, vacancy: &Vacancy) -> Vacancy {
        let mut narrow = vacancy.clone();
        narrow.routes.retain(|route| self.closed_route(route).is_none());
        let rooms: Vec<u64> = narrow.routes.iter().filter_map(|route| self.room_of(route)).collect();
        if rooms.len() == narrow.routes.len() && !rooms.is_empty() {
            let room = rooms.into_iter().fold(0, u64::saturating_add);
            narrow.free = narrow.free.min(u32::try_from(room).unwrap_or(u32::MAX));
        }
        narrow
    }

    fn room_of(&self, route: &Route) -> Option<u64> {
        match route {
            Route::Teacher(teacher) => self.room.get(teacher).copied(),
            Route::Source(_) | Route::Batch(_) | Route::Embed(_) | Route::Check(_) | Route::Witness(..) => {
                None
            }
        }
    }

    /// Why a route is not asked now.
    #[must_use]
    pub fn closed_route(&self, route: &Route) -> Option<&Closed> {
        let closed = route.teacher().and_then(|teacher| self.closed.get(teacher))?;
        // The limits of a minute are not those of a batch.
        let is_free = matches!(route, Route::Batch(_)) && closed.code == IdleCode::BucketEmpty;
        (!is_free).then_some(closed)
    }

    /// A teacher has turned out not to be asked now.
    pub fn close(&mut self, teacher: &TeacherName, closed: Closed) {
        self.closed.insert(teacher.clone(), closed);
    }

    /// Puts into an empty answer what is kept back here: `offered` is all that the worker can do.
    #[must_use]
    pub fn explain(&self, idle: Claimed, offered: &[Vacancy], stats: &Stats, now: Timestamp) -> Claimed {
        if self.closed.is_empty() {
            return idle;
        }
        let offered: BTreeSet<&Route> = offered.iter().flat_map(|vacancy| &vacancy.routes).collect();
        // The queue was not told of these routes, so it takes them for ones that the worker does not offer.
        let mut reasons: Vec<IdleReason> =
            idle.reasons.into_iter().filter(|reason| reason.code != IdleCode::NoMatchingRoute).collect();
        let mut retry_at = idle.retry_at;
        for (teacher, closed) in &self.closed {
            let lanes = [Route::Teacher(teacher.clone()), Route::Batch(teacher.clone())];
            let lanes = lanes.iter().filter(|route| self.closed_route(route).is_some());
            let ready = lanes.filter_map(|route| stats.routes.get(route)).map(|open| open.ready).sum();
            if ready > 0 {
                let shut = &closed.shut;
                reasons.push(idle::of_teacher(closed.code, ready, teacher, (&shut.why, shut.until)));
                let again = shut.until.map_or(now.plus(LOOK_AGAIN), |until| until.min(now.plus(LOOK_AGAIN)));
                retry_at = Some(retry_at.map_or(again, |at| at.min(again)));
            }
        }
        let foreign: Vec<&Route> = stats.routes.keys().filter(|route| !offered.contains(route)).collect();
        let tasks = foreign.iter().filter_map(|route| stats.routes.get(*route)).map(|open| open.open()).sum();
        if tasks > 0 {
            reasons.push(idle::no_matching_route(tasks, foreign));
        }
        Claimed { reasons, retry_at, ..idle }
    }
}
