//! What must follow from any state once nothing goes wrong any more: every task gets closed and every spool empty.
//! Coordinators finish what they began and do their rounds, time passes, one worker works.

use crate::given::{Who, later};
use crate::message::{Message, Outcome};
use crate::mutant::Mutant;
use crate::state::{Left, State};
use crate::world::World;

/// More than two tasks can need: a lease that runs out, a retry, a second one, and one to spare for each.
const ROUNDS: u8 = 8;
/// Claim ids of the healthy worker begin here.
const FRESH: u8 = 100;

/// Whether the factory recovers from this state by itself.
pub fn recovers(world: &World, state: &State) -> bool {
    let mut state = state.clone();
    state.left = Left::NOTHING;
    // What was on its way never arrives; what matters is repeated by whoever needs it.
    state.network.clear();
    (0..ROUNDS).any(|round| {
        one_round(world, &mut state, round);
        state.library.open().is_empty() && state.workers.values().all(|worker| worker.spool.is_empty())
    })
}

fn one_round(world: &World, state: &mut State, round: u8) {
    finish_steps(world, state);
    if state.index.is_unbuilt() {
        world.rebuild(state, 0);
        finish_steps(world, state);
    }
    state.now = later(state.now);
    if world.mutant != Mutant::NoReaper {
        world.reap(state, 0);
    }
    let open = state.library.open();
    state.index.enqueue(&open, state.now);
    finish_steps(world, state);
    let everyone: Vec<Who> = state.workers.keys().copied().collect();
    for who in everyone {
        let spooled: Vec<_> = state.worker(who).spool.values().copied().collect();
        for parcel in spooled {
            exchange(world, state, &Message::Deliver { worker: who, parcel });
        }
    }
    let healthy = Who(1);
    let worker = state.worker(healthy);
    (worker.asked, worker.held) = (None, None);
    state.ask(healthy, FRESH + round);
    exchange_all(world, state);
    state.finish(healthy, Outcome::Result, world.mutant);
    exchange_all(world, state);
}

/// Whatever is on its way arrives, and the answers do.
fn exchange_all(world: &World, state: &mut State) {
    for message in std::mem::take(&mut state.network) {
        exchange(world, state, &message);
    }
}

fn exchange(world: &World, state: &mut State, message: &Message) {
    world.coordinator(0).receive(state, message);
    finish_steps(world, state);
    for answer in std::mem::take(&mut state.network) {
        state.hear(&answer);
    }
}

fn finish_steps(world: &World, state: &mut State) {
    while let Some(step) = state.underway.pop_first() {
        world.coordinator(step.coordinator).advance(state, step.work);
    }
}
