//! The model: what can happen next, and what comes of it.

use hafs_proto::Generation;
use stateright::{Model, Property};

use crate::coordinator::Coordinator;
use crate::given::{Who, later};
use crate::index::Index;
use crate::message::{Message, Outcome};
use crate::mutant::Mutant;
use crate::rules;
use crate::state::{Bounds, Left, State, Step, Work};
use crate::worker::addressee;

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message arrives, a request at this coordinator.
    Arrives(u8, Message),
    /// A coordinator goes on.
    GoesOn(Step),
    Claims(Who),
    Finishes(Who),
    Fails(Who, Outcome),
    Renews(Who),
    Releases(Who),
    Forges(Who),
    Reaps(u8),
    Rebuilds(u8),
    Requeues(u8),
    /// What nobody does.
    Befalls(Fault),
}

/// What goes wrong by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    WorkerCrashes(Who),
    CoordinatorCrashes(u8),
    /// Every lease runs out.
    TimePasses,
    QueueIsWiped,
    QueueIsSaved,
    QueueIsRestored,
}

#[derive(Debug, Clone, Copy)]
pub struct World {
    pub bounds: Bounds,
    pub mutant: Mutant,
}

impl World {
    pub const fn coordinator(&self, number: u8) -> Coordinator {
        Coordinator { number, mutant: self.mutant }
    }

    fn of_workers(&self, state: &State, events: &mut Vec<Event>) {
        let left = state.left;
        for (who, worker) in &state.workers {
            let mut may = |possible: bool, event: Event| events.extend(possible.then_some(event));
            let (free, busy) = (worker.held.is_none() && worker.asked.is_none(), worker.held.is_some());
            may(free && worker.claims < self.bounds.claims, Event::Claims(*who));
            may(busy, Event::Finishes(*who));
            may(busy && left.failures > 0, Event::Fails(*who, Outcome::Failure));
            may(busy && left.failures > 0, Event::Fails(*who, Outcome::Poison));
            may(busy && left.renewals > 0, Event::Renews(*who));
            may(busy && left.releases > 0, Event::Releases(*who));
            may(left.forgeries > 0, Event::Forges(*who));
            may(!free && left.worker_crashes > 0, Event::Befalls(Fault::WorkerCrashes(*who)));
        }
    }

    fn of_coordinators(&self, state: &State, events: &mut Vec<Event>) {
        let (left, unbuilt) = (state.left, state.index.is_unbuilt());
        let mut may = |possible: bool, event: Event| events.extend(possible.then_some(event));
        for number in 0..self.bounds.coordinators {
            let busy = self.bounds.embedded || state.underway.iter().any(|step| step.coordinator == number);
            may(busy && left.coordinator_crashes > 0, Event::Befalls(Fault::CoordinatorCrashes(number)));
            let rebuilds =
                |step: &Step| step.coordinator == number && matches!(step.work, Work::Rebuild { .. });
            may(unbuilt && !state.underway.iter().any(rebuilds), Event::Rebuilds(number));
            may(!unbuilt && left.requeues > 0, Event::Requeues(number));
            may(self.mutant != Mutant::NoReaper && number == 0, Event::Reaps(number));
        }
        may(left.expiries > 0, Event::Befalls(Fault::TimePasses));
        may(!unbuilt && left.wipes > 0, Event::Befalls(Fault::QueueIsWiped));
        may(!unbuilt && left.restores > 0 && state.saved.is_none(), Event::Befalls(Fault::QueueIsSaved));
        may(left.restores > 0 && state.saved.is_some(), Event::Befalls(Fault::QueueIsRestored));
    }

    fn happen(&self, state: &mut State, event: Event) {
        match event {
            Event::Arrives(number, message) => match addressee(&message) {
                Some(_) => state.hear(&message),
                None => self.coordinator(number).receive(state, &message),
            },
            Event::GoesOn(step) => {
                state.underway.remove(&step);
                self.coordinator(step.coordinator).advance(state, step.work);
            }
            Event::Claims(who) => {
                let worker = state.worker(who);
                worker.claims += 1;
                let claim = worker.claims;
                state.ask(who, claim);
            }
            Event::Finishes(who) => state.finish(who, Outcome::Result, self.mutant),
            Event::Fails(who, outcome) => {
                take(&mut state.left.failures);
                state.finish(who, outcome, self.mutant);
            }
            Event::Renews(who) => {
                take(&mut state.left.renewals);
                let renewal = state.worker(who).held.map(|lease| Message::Renew { worker: who, lease });
                state.network.extend(renewal);
            }
            Event::Releases(who) => {
                take(&mut state.left.releases);
                let release =
                    state.worker(who).held.take().map(|lease| Message::Release { worker: who, lease });
                state.network.extend(release);
            }
            Event::Forges(who) => {
                take(&mut state.left.forgeries);
                state.forge(who);
            }
            Event::Reaps(number) => self.reap(state, number),
            Event::Rebuilds(number) => self.rebuild(state, number),
            Event::Requeues(number) => {
                take(&mut state.left.requeues);
                state.begin_step(number, Work::Requeue { open: state.library.open() });
            }
            Event::Befalls(fault) => self.befall(state, fault),
        }
    }

    fn befall(&self, state: &mut State, fault: Fault) {
        match fault {
            Fault::WorkerCrashes(who) => {
                take(&mut state.left.worker_crashes);
                let worker = state.worker(who);
                (worker.asked, worker.held) = (None, None);
            }
            Fault::CoordinatorCrashes(number) => {
                take(&mut state.left.coordinator_crashes);
                state.underway.retain(|step| step.coordinator != number);
                if self.bounds.embedded {
                    lose_queue(state);
                }
            }
            Fault::TimePasses => {
                take(&mut state.left.expiries);
                state.now = later(state.now);
            }
            Fault::QueueIsWiped => {
                take(&mut state.left.wipes);
                lose_queue(state);
            }
            Fault::QueueIsSaved => state.saved = Some(state.index.clone()),
            Fault::QueueIsRestored => {
                take(&mut state.left.restores);
                match state.saved.take() {
                    Some(saved) if self.mutant == Mutant::BackupServed => state.index = saved,
                    // The server's run is another one than that under which the index was built.
                    Some(_) | None => lose_queue(state),
                }
            }
        }
    }

    pub fn reap(&self, state: &mut State, number: u8) {
        for (task, fate) in state.index.reap(state.now) {
            state.ghost.holders.remove(&task);
            state.begin_step(number, Work::Lost { task, fate });
        }
    }

    pub fn rebuild(&self, state: &mut State, number: u8) {
        if self.mutant != Mutant::GenerationLost {
            state.library.generation = Generation(state.library.generation.0 + 1);
        }
        let work = Work::Rebuild { generation: state.library.generation, open: state.library.open() };
        state.begin_step(number, work);
    }
}

fn take(left: &mut u8) {
    *left = left.saturating_sub(1);
}

fn lose_queue(state: &mut State) {
    state.index = Index::default();
    state.ghost.holders.clear();
}

impl Model for World {
    type State = State;
    type Action = Event;

    fn init_states(&self) -> Vec<State> {
        vec![State::begin(&self.bounds)]
    }

    fn actions(&self, state: &State, events: &mut Vec<Event>) {
        // Where a request arrives matters only as long as one of the coordinators may die.
        let doors = if state.left.coordinator_crashes > 0 { self.bounds.coordinators } else { 1 };
        for message in &state.network {
            let doors = if addressee(message).is_some() { 1 } else { doors };
            events.extend((0..doors).map(|number| Event::Arrives(number, message.clone())));
        }
        events.extend(state.underway.iter().cloned().map(Event::GoesOn));
        self.of_workers(state, events);
        self.of_coordinators(state, events);
    }

    fn next_state(&self, last: &State, event: Event) -> Option<State> {
        let mut state = last.clone();
        // What was come across is told once, so that it does not set states apart for ever.
        state.ghost.seen.clear();
        self.happen(&mut state, event);
        let workers = &state.workers;
        state.network.retain(|message| {
            addressee(message)
                .is_none_or(|who| workers.get(&who).is_some_and(|worker| worker.awaits(message)))
        });
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = rules::all();
        if self.mutant == Mutant::Sound {
            properties.extend(rules::sights());
        }
        properties
    }
}

impl Left {
    /// Nothing goes wrong any more.
    pub const NOTHING: Self = Self {
        expiries: 0,
        coordinator_crashes: 0,
        worker_crashes: 0,
        wipes: 0,
        restores: 0,
        failures: 0,
        renewals: 0,
        releases: 0,
        forgeries: 0,
        requeues: 0,
    };
}
