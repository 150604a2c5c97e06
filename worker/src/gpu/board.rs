//! What is loaded on one server, who uses it, and what has to happen before a call can be made. No I/O, no clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hafs_proto::worker::{LocalModel, Residence, Residency, RouteBacklog};
use hafs_proto::{BoundedText, Route};
use hafs_teachers::{Loaded, Speed, is_same_model};

use super::pace::Pace;
use super::plan::{self, Model};

/// How long a model that does not run as it should is not asked: another program may have taken the memory.
const REST: Duration = Duration::from_secs(1_800);
/// Bytes that a disk reads in a millisecond, until a load was measured: 1 GB a second.
const DISK: u64 = 1_000_000;
/// The shortest time that a load is taken to need, in milliseconds.
const SHORTEST_LOAD: u64 = 500;
/// Milliseconds that a task takes, until one was measured.
const TASK: u64 = 10_000;

/// A model before anything was measured of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What it is offered for.
    pub route: Route,
    /// Its name, as the server calls it.
    pub name: String,
    /// The window that it is loaded with; nothing for one that embeds.
    pub window: Option<u32>,
    /// Bytes that it may take, by the table of models or by its weights.
    pub bytes: u64,
}

/// One model on the board.
#[derive(Debug, Clone)]
struct Slot {
    name: String,
    window: Option<u32>,
    bytes: u64,
    load_ms: u64,
    loaded: Option<Loaded>,
    /// Calls under way.
    calls: u32,
    task_ms: u64,
    pace: Pace,
    unfit: Option<(String, Duration)>,
    backlog: (u64, u64),
}

/// What a caller has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Call; the call is counted.
    Go,
    /// Wait until something changes.
    Wait,
    /// Unload these, load the model, and ask again.
    Load(Order),
    /// Do not call.
    Unfit(String),
}

/// A swap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) route: Route,
    pub(super) name: String,
    pub(super) window: Option<u32>,
    /// Names of models that have to go first.
    pub(super) unload: Vec<String>,
}

/// The models of one server.
#[derive(Debug, Default)]
pub(super) struct Board {
    /// Bytes that all models may take together; unknown, the server decides what has to go.
    capacity: Option<u64>,
    slots: BTreeMap<Route, Slot>,
    /// Callers that wait, first come first served.
    line: BTreeMap<u64, Route>,
    tickets: u64,
    /// The route whose model is being loaded.
    swapping: Option<Route>,
    swaps: u64,
    swap_ms: u64,
}

impl Board {
    pub(super) fn new(capacity: Option<u64>) -> Self {
        Self { capacity, ..Self::default() }
    }

    pub(super) fn add(&mut self, candidate: Candidate) {
        let Candidate { route, name, window, bytes } = candidate;
        let slot = Slot {
            name,
            window,
            bytes,
            load_ms: (bytes / DISK).max(SHORTEST_LOAD),
            loaded: None,
            calls: 0,
            task_ms: TASK,
            pace: Pace::default(),
            unfit: None,
            backlog: (0, 0),
        };
        self.slots.insert(route, slot);
    }

    /// A caller comes: its place in line.
    pub(super) fn queue_up(&mut self, route: &Route) -> u64 {
        self.tickets += 1;
        self.line.insert(self.tickets, route.clone());
        self.tickets
    }

    /// It does not wait any more.
    pub(super) fn step_out(&mut self, ticket: u64) {
        self.line.remove(&ticket);
    }

    /// What a waiting caller has to do.
    pub(super) fn step(&mut self, ticket: u64, now: Duration) -> Step {
        let Some(route) = self.line.get(&ticket).cloned() else { return Step::Wait };
        let Some(slot) = self.slots.get(&route) else { return Step::Go };
        if let Some((why, until)) = &slot.unfit
            && now < *until
        {
            return Step::Unfit(why.clone());
        }
        let is_loaded = slot.loaded.is_some();
        let head = self.first_unloaded();
        let leaving = head.as_ref().map(|(_, head)| self.leaving(head)).unwrap_or_default();
        if is_loaded {
            // Who came before the one that needs the memory may still call, until the swap has begun; nobody after it.
            let is_late = head.is_some_and(|(first, _)| first < ticket) || self.swapping.is_some();
            let must_wait = is_late && leaving.contains(&route);
            return if must_wait { Step::Wait } else { self.go(ticket, &route) };
        }
        let is_head = head.is_some_and(|(first, _)| first == ticket);
        let busy = leaving.iter().any(|route| self.slots.get(route).is_some_and(|slot| slot.calls > 0));
        if self.swapping.is_some() || !is_head || busy {
            return Step::Wait;
        }
        let unload = leaving.iter().filter_map(|route| Some(self.slots.get(route)?.name.clone())).collect();
        let Some(slot) = self.slots.get(&route) else { return Step::Wait };
        let order = Order { route: route.clone(), name: slot.name.clone(), window: slot.window, unload };
        self.swapping = Some(route);
        Step::Load(order)
    }

    /// Lets the caller through that has swapped, also if the server does not list its model: the call will say what is
    /// wrong. Gives what is wrong with the model if it does not run as it should.
    pub(super) fn let_through(&mut self, ticket: u64, now: Duration) -> Option<String> {
        let route = self.line.get(&ticket).cloned()?;
        let unfit = self.slots.get(&route).and_then(|slot| slot.unfit.as_ref());
        if let Some((why, _)) = unfit.filter(|(_, until)| now < *until) {
            return Some(why.clone());
        }
        self.go(ticket, &route);
        None
    }

    fn go(&mut self, ticket: u64, route: &Route) -> Step {
        self.line.remove(&ticket);
        if let Some(slot) = self.slots.get_mut(route) {
            slot.calls += 1;
        }
        Step::Go
    }

    /// The first in line whose model is not loaded.
    fn first_unloaded(&self) -> Option<(u64, Route)> {
        let mut waiting = self.line.iter();
        let is_unloaded = |route: &Route| self.slots.get(route).is_some_and(|slot| slot.loaded.is_none());
        waiting.find(|(_, route)| is_unloaded(route)).map(|(ticket, route)| (*ticket, route.clone()))
    }

    /// The models that have to go before this one fits.
    fn leaving(&self, route: &Route) -> BTreeSet<Route> {
        let Some(capacity) = self.capacity else { return BTreeSet::new() };
        let routes: Vec<&Route> = self.slots.keys().collect();
        let Some(wanted) = routes.iter().position(|known| *known == route) else { return BTreeSet::new() };
        let victims = plan::victims(&self.models(), wanted, capacity);
        victims.into_iter().map(|at| routes[at].clone()).collect()
    }

    fn models(&self) -> Vec<Model> {
        self.slots.values().map(Slot::model).collect()
    }

    /// A call has ended.
    pub(super) fn leave(&mut self, route: &Route, took: Duration, speed: Option<Speed>, now: Duration) {
        let Some(slot) = self.slots.get_mut(route) else { return };
        slot.calls = slot.calls.saturating_sub(1);
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        slot.task_ms = (slot.task_ms.saturating_mul(7).saturating_add(ms)) / 8;
        slot.backlog.0 = slot.backlog.0.saturating_sub(1);
        if let Some(speed) = speed {
            slot.pace.note(speed.tokens, speed.within);
        }
        if let Some(why) = slot.pace.trouble() {
            slot.pace.forgive();
            slot.unfit = Some((why, now + REST));
        }
    }

    /// A swap has ended: the model was loaded in that time, or not at all.
    pub(super) fn swapped(&mut self, took: Option<Duration>) {
        let Some(route) = self.swapping.take() else { return };
        let (Some(took), Some(slot)) = (took, self.slots.get_mut(&route)) else { return };
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        slot.load_ms = slot.load_ms.saturating_add(ms) / 2;
        // Until the server says what it takes; one that lists nothing is believed to have loaded what it was told to.
        slot.loaded = Some(Loaded { bytes: slot.bytes, gpu_bytes: slot.bytes, context: slot.window });
        self.swaps += 1;
        self.swap_ms = self.swap_ms.saturating_add(ms);
    }

    /// What the server says is loaded. Returns the models that it runs on the CPU in part, with what is wrong.
    pub(super) fn see(&mut self, seen: &BTreeMap<String, Loaded>, now: Duration) -> Vec<(Route, String)> {
        let mut spilled = Vec::new();
        let has_gpu = self.capacity.is_some();
        for (route, slot) in &mut self.slots {
            let found = seen.iter().find(|(name, _)| is_same_model(&slot.name, name, &[]));
            slot.loaded = found.map(|(_, loaded)| *loaded);
            let Some(loaded) = slot.loaded else { continue };
            slot.bytes = loaded.bytes.max(1);
            if let Some(why) = spill(slot, loaded, has_gpu) {
                slot.unfit = Some((why.clone(), now + REST));
                spilled.push((route.clone(), why));
            }
        }
        spilled
    }

    /// Whether a model is being loaded: what the server lists meanwhile is neither the old nor the new.
    pub(super) const fn is_swapping(&self) -> bool {
        self.swapping.is_some()
    }

    /// Takes note of what waits, as the coordinator says.
    pub(super) fn heed(&mut self, backlog: &[RouteBacklog]) {
        for (route, slot) in &mut self.slots {
            let told = backlog.iter().find(|it| it.route == *route);
            slot.backlog = told.map_or((0, 0), |it| (it.ready, it.oldest_ms));
        }
    }

    /// What the coordinator is told.
    pub(super) fn report(&self, now: Duration) -> Residency {
        let next = self.capacity.map(|capacity| plan::next_set(&self.models(), capacity)).unwrap_or_default();
        let models: Vec<LocalModel> = self
            .slots
            .iter()
            .enumerate()
            .map(|(at, (route, slot))| slot.report(route, next.contains(&at), now))
            .collect();
        let gpu_used_bytes = models.iter().filter_map(|model| model.gpu_bytes).fold(0, u64::saturating_add);
        Residency { gpu_bytes: 0, gpu_used_bytes, swaps: self.swaps, swap_ms: self.swap_ms, models }
    }
}

impl Slot {
    fn model(&self) -> Model {
        let (ready, oldest_ms) = self.backlog;
        // Of two with the same work, the one that has been waiting for longer.
        let work_ms =
            ready.saturating_mul(self.task_ms).saturating_add(oldest_ms.min(ready.saturating_mul(1_000)));
        let work_ms = work_ms.saturating_add(u64::from(self.calls).saturating_mul(self.task_ms));
        Model { bytes: self.bytes, load_ms: self.load_ms, loaded: self.loaded.is_some(), work_ms }
    }

    fn report(&self, route: &Route, is_next: bool, now: Duration) -> LocalModel {
        let unfit = self.unfit.as_ref().filter(|(_, until)| now < *until);
        let residence = match (unfit, self.loaded, is_next) {
            (Some(_), _, _) => Residence::Unfit,
            (None, Some(_), _) => Residence::Loaded,
            (None, None, true) => Residence::Next,
            (None, None, false) => Residence::Away,
        };
        LocalModel {
            route: route.clone(),
            residence,
            load_ms: self.load_ms,
            bytes: self.loaded.map(|loaded| loaded.bytes),
            gpu_bytes: self.loaded.map(|loaded| loaded.gpu_bytes),
            context: self.loaded.and_then(|loaded| loaded.context).or(self.window),
            tokens_per_second: self.pace.tokens_per_second(),
            why: unfit.map(|(why, _)| BoundedText::clipped(why)),
        }
    }
}

/// Whether a part of a model runs on the CPU. On a machine without a GPU all of it does, as it should.
fn spill(slot: &Slot, loaded: Loaded, has_gpu: bool) -> Option<String> {
    let is_split = loaded.gpu_bytes < loaded.bytes && (has_gpu || loaded.gpu_bytes > 0);
    is_split.then(|| {
        let window = slot.window.map_or_else(String::new, |window| format!(" with `num_ctx` = {window}"));
        format!(
            "spilled to CPU: {} of its {} MiB are on the GPU{window}; lower `num_ctx` or take a smaller model",
            loaded.gpu_bytes >> 20,
            loaded.bytes >> 20
        )
    })
}

#[cfg(test)]
mod tests;
