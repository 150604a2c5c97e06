//! Tasks of models that a worker would have to load first: what they are worth, and whether another worker is nearer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hafs_domain::{idle, residency};
use hafs_proto::worker::{IdleCode, IdleReason, LocalModel, Residence, Residency, RouteBacklog};
use hafs_proto::{Route, Timestamp, WorkerId};
use hafs_queue::{Ask, Claimed, Stats, Vacancy};

use crate::app::Core;
use crate::http::problem::ProblemResponse;
use crate::workers::Present;

/// Takes note of what a worker's own hardware holds; gives the handicaps of its models.
pub fn note(app: &Core, worker: WorkerId, told: Option<Residency>) -> BTreeMap<Route, Duration> {
    let Some(told) = told else { return BTreeMap::new() };
    let handicaps = residency::handicaps(&told);
    let grown = app.workers.reside(worker, told);
    app.metrics.models.swaps.inc_by(grown.swaps);
    app.metrics.models.swap_seconds.inc_by(grown.swapping.as_secs_f64());
    handicaps
}

/// What keeps a task from its workers, if none of these has its model loaded: the codes and the words.
#[must_use]
pub fn of_task<'a>(
    route: &Route,
    able: impl IntoIterator<Item = &'a Present>,
    waited: Duration,
) -> Vec<(&'static str, String)> {
    let mut words = Vec::new();
    for present in able {
        let Some(model) = present.model(route) else { return Vec::new() };
        let (name, penalty) = (&present.registration.name, residency::handicap(model).as_secs());
        match model.residence {
            Residence::Loaded => return Vec::new(),
            Residence::Next | Residence::Away => words.push((
                IdleCode::ModelNotLoaded.word(),
                format!(
                    "{route} is not loaded on {name}: its tasks go after those of loaded models that were planned up to \
                     {penalty} s later; this one has been waiting for {} s",
                    waited.as_secs()
                ),
            )),
            Residence::Unfit => words.push((model.residence.word(), unfit(name, model))),
        }
    }
    words
}

/// How a worker's own models stand: a code and words for each.
#[must_use]
pub fn of_worker(told: &Residency, name: &str) -> Vec<(String, String)> {
    let line = |model: &LocalModel| {
        let (route, load_s) = (&model.route, model.load_ms / 1_000);
        let text = match model.residence {
            Residence::Loaded => format!(
                "{route}: {} MiB, {} of them on the GPU, context {}",
                model.bytes.unwrap_or_default() >> 20,
                model.gpu_bytes.unwrap_or_default() >> 20,
                model.context.map_or_else(|| "unknown".to_owned(), |tokens| tokens.to_string())
            ),
            Residence::Next | Residence::Away => format!(
                "{route}: loading it takes about {load_s} s, so its tasks go after those of loaded models that were \
                 planned up to {} s later",
                residency::handicap(model).as_secs()
            ),
            Residence::Unfit => unfit(name, model),
        };
        (format!("model_{}", model.residence.word()), text)
    };
    told.models.iter().map(line).collect()
}

/// The models of a worker that do not run there as they should, and why.
fn unfit_ones(told: &Residency) -> BTreeMap<Route, String> {
    let unfit = told.models.iter().filter(|model| model.residence == Residence::Unfit);
    let why =
        |model: &LocalModel| model.why.as_ref().map_or("no reason given", |why| why.as_str()).to_owned();
    unfit.map(|model| (model.route.clone(), why(model))).collect()
}

fn unfit(name: &str, model: &LocalModel) -> String {
    let why = model.why.as_ref().map_or("no reason given", |why| why.as_str());
    format!("{} is unfit on {name}: {why}", model.route)
}

/// Sets the gauges of what all workers' hardware holds.
pub fn measure(app: &Core, present: &BTreeMap<WorkerId, Present>) {
    let told = || present.values().filter_map(|row| row.told.residency.as_ref());
    let (total, used) = told().fold((0_u64, 0_u64), |(total, used), it| {
        (total.saturating_add(it.gpu_bytes), used.saturating_add(it.gpu_used_bytes))
    });
    app.metrics.models.remember(used, total);
    let unfit = told().flat_map(|it| &it.models).filter(|model| model.residence == Residence::Unfit).count();
    app.metrics.models.unfit.set(i64::try_from(unfit).unwrap_or(i64::MAX));
}

/// What waits for the models of a worker that tells what is loaded; nothing for others.
pub async fn backlog(
    app: &Core,
    worker: WorkerId,
    now: Timestamp,
) -> Result<Vec<RouteBacklog>, ProblemResponse> {
    let Some(told) = app.workers.residency(worker) else { return Ok(Vec::new()) };
    let stats = app.queue.stats().await?;
    let waiting = told.models.into_iter().filter_map(|model| {
        let open = stats.routes.get(&model.route)?;
        let ready = open.ready - open.paused;
        let oldest = now.since(open.oldest_ready.unwrap_or(now));
        let oldest_ms = u64::try_from(oldest.as_millis()).unwrap_or(u64::MAX);
        (ready > 0).then_some(RouteBacklog { route: model.route, ready, oldest_ms })
    });
    Ok(waiting.collect())
}

/// Routes that are kept back from a worker.
#[derive(Debug, Default)]
pub struct HeldBack {
    /// For a while: another one has the model loaded and may come to them sooner.
    waiting: BTreeMap<Route, Waiting>,
    /// Withheld by the worker itself: the model does not run there as it should, and why.
    unfit: BTreeMap<Route, String>,
}

#[derive(Debug)]
struct Waiting {
    ready: u64,
    oldest: Duration,
    handicap: Duration,
}

impl HeldBack {
    /// Looks which of the worker's routes are not worth a swap yet.
    pub async fn look(app: &Core, ask: &Ask, now: Timestamp) -> Result<Self, ProblemResponse> {
        if ask.handicaps.is_empty() {
            return Ok(Self::default());
        }
        let unfit = app.workers.residency(ask.worker).map(|told| unfit_ones(&told)).unwrap_or_default();
        let elsewhere = app.workers.loaded_elsewhere(ask.worker, app.settings.lease, now);
        if ask.handicaps.keys().all(|route| !elsewhere.contains(route)) {
            return Ok(Self { waiting: BTreeMap::new(), unfit });
        }
        let waiting = Self::waiting(ask, &elsewhere, &app.queue.stats().await?, now);
        Ok(Self { waiting, unfit })
    }

    fn waiting(
        ask: &Ask,
        elsewhere: &BTreeSet<Route>,
        stats: &Stats,
        now: Timestamp,
    ) -> BTreeMap<Route, Waiting> {
        let candidates = ask.handicaps.iter().filter(|(route, _)| elsewhere.contains(*route));
        let waiting = candidates.filter_map(|(route, handicap)| {
            let open = stats.routes.get(route)?;
            let oldest = now.since(open.oldest_ready?);
            let (ready, handicap) = (open.ready - open.paused, *handicap);
            let is_held_back = ready > 0 && !residency::is_worth_a_swap(oldest, handicap);
            is_held_back.then(|| (route.clone(), Waiting { ready, oldest, handicap }))
        });
        waiting.collect()
    }

    /// The vacancies without what is kept back.
    #[must_use]
    pub fn narrow(&self, mut vacancies: Vec<Vacancy>) -> Vec<Vacancy> {
        for vacancy in &mut vacancies {
            vacancy.routes.retain(|route| !self.waiting.contains_key(route));
        }
        vacancies
    }

    /// Puts into an empty answer what is kept back here. `offered` is all that the worker can do: the queue was not told
    /// of these routes, and takes them for ones that the worker does not offer.
    pub async fn explain(
        &self,
        app: &Core,
        idle: Claimed,
        offered: &[Vacancy],
        now: Timestamp,
    ) -> Result<Claimed, ProblemResponse> {
        if self.waiting.is_empty() && self.unfit.is_empty() {
            return Ok(idle);
        }
        let stats = app.queue.stats().await?;
        Ok(self.add_to(idle, offered, &stats, now))
    }

    fn add_to(&self, idle: Claimed, offered: &[Vacancy], stats: &Stats, now: Timestamp) -> Claimed {
        let is_kept = |reason: &IdleReason| reason.code != IdleCode::NoMatchingRoute;
        let mut reasons: Vec<IdleReason> = idle.reasons.into_iter().filter(is_kept).collect();
        let mut retry_at = idle.retry_at;
        for (route, it) in &self.waiting {
            reasons.push(idle::not_worth_a_swap(it.ready, route, it.oldest, it.handicap));
            let due = now.plus(it.handicap.saturating_sub(it.oldest));
            retry_at = Some(retry_at.map_or(due, |at| at.min(due)));
        }
        for (route, why) in &self.unfit {
            let tasks = stats.routes.get(route).map_or(0, |open| open.ready);
            reasons.extend((tasks > 0).then(|| idle::unfit(tasks, route, why)));
        }
        let offered = offered.iter().flat_map(|vacancy| &vacancy.routes).chain(self.unfit.keys());
        let offered: BTreeSet<&Route> = offered.collect();
        let foreign = || stats.routes.iter().filter(|(route, _)| !offered.contains(route));
        let tasks = foreign().map(|(_, open)| open.open()).sum();
        if tasks > 0 {
            reasons.push(idle::no_matching_route(tasks, foreign().map(|(route, _)| route)));
        }
        Claimed { grants: idle.grants, reasons, retry_at }
    }
}

#[cfg(test)]
mod tests {
    use hafs_proto::CompletionId;
    use hafs_queue::RouteStats;
    use uuid::Uuid;

    use super::*;

    fn route(name: &str) -> Route {
        format!("teacher/ollama/{name}").parse().expect("a route")
    }

    fn second(number: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_secs(number))
    }

    fn ask() -> Ask {
        let vacancy = Vacancy {
            pool: hafs_proto::BoundedText::clipped("gpu"),
            free: 1,
            routes: ["near", "far"].into_iter().map(route).collect(),
        };
        Ask {
            worker: WorkerId::from_uuid(Uuid::nil()),
            claim: CompletionId::from_uuid(Uuid::nil()),
            vacancies: vec![vacancy],
            holding: BTreeSet::new(),
            lease: Duration::from_secs(60),
            handicaps: BTreeMap::from([(route("far"), Duration::from_secs(100))]),
            at_most: u32::MAX,
        }
    }

    fn stats() -> Stats {
        let open = RouteStats { ready: 2, oldest_ready: Some(second(0)), ..RouteStats::default() };
        Stats { routes: BTreeMap::from([(route("far"), open)]), ..Stats::default() }
    }

    #[test]
    fn a_task_waits_for_the_worker_that_has_its_model_loaded_but_not_longer_than_the_penalty() {
        let elsewhere = BTreeSet::from([route("far")]);
        let held_at = |at| HeldBack {
            waiting: HeldBack::waiting(&ask(), &elsewhere, &stats(), second(at)),
            ..HeldBack::default()
        };
        let held = held_at(40);
        assert_eq!(held.narrow(ask().vacancies)[0].routes, BTreeSet::from([route("near")]));
        let idle = held.add_to(Claimed::default(), &ask().vacancies, &stats(), second(40));
        let said = idle.reasons[0].message.as_str();
        assert_eq!((idle.reasons[0].code, idle.retry_at), (IdleCode::ModelNotLoaded, Some(second(100))));
        assert!(said.contains("penalty 100 s") && said.contains("oldest waits 40 s"), "{said}");
        assert_eq!(idle.reasons.len(), 1, "it is no foreign route: {:?}", idle.reasons);
        assert!(held_at(100).waiting.is_empty());
        let nobody = HeldBack::waiting(&ask(), &BTreeSet::new(), &stats(), second(40));
        assert!(nobody.is_empty(), "nobody is nearer");
    }

    #[test]
    fn a_model_that_is_unfit_here_is_named_with_what_is_wrong() {
        let unfit = BTreeMap::from([(route("far"), "spilled to CPU".to_owned())]);
        let held = HeldBack { unfit, ..HeldBack::default() };
        let idle = held.add_to(Claimed::default(), &[], &stats(), second(40));
        let said = idle.reasons[0].message.as_str();
        assert!(said.contains("unfit: spilled to CPU"), "{said}");
        assert_eq!(idle.reasons.len(), 1, "{:?}", idle.reasons);
    }
}
