//! The protocol of leases, fences and receipts in every order of events, within bounds: two workers, one or two
//! coordinators, a queue that is wiped or restored, messages that are lost, doubled, late and out of order.
//!
//! The queue, the retry rule and the key of lease tokens are the real ones; the library is a transcript that
//! `transcript.rs` compares with the real coordinator. Protocols with one thing wrong must be caught.
#![expect(clippy::print_stdout, reason = "a test program: it says how much was explored")]

mod coordinator;
mod given;
mod heal;
mod index;
mod library;
mod message;
mod mutant;
mod rules;
mod state;
mod transcript;
mod worker;
mod world;
mod worlds;

use std::time::Duration;

use stateright::{Checker, HasDiscoveries, Model as _};

use crate::mutant::Mutant;
use crate::state::{Bounds, Sight};
use crate::world::{Event, World};

/// Explores a world of the factory as it is: no rule is broken anywhere, and what is rare was come across.
fn explore(bounds: Bounds, sights: &[Sight]) {
    let world = World { bounds, mutant: Mutant::Sound };
    let seen = tell(&world.checker().threads(2).spawn_bfs().join());
    for sight in sights {
        assert!(seen.contains(&sight.words()), "nowhere: {}", sight.words());
    }
}

/// Says how much was explored and gives what was come across.
fn tell(checker: &impl Checker<World>) -> Vec<&'static str> {
    let (states, unique) = (checker.state_count(), checker.unique_state_count());
    println!(
        "{states} states explored, {unique} of them different, at most {} events deep",
        checker.max_depth()
    );
    let mut seen = Vec::new();
    for (rule, path) in checker.discoveries() {
        assert!(!rules::must_hold(rule), "`{rule}` is broken by\n{}", story(path.into_actions()));
        seen.push(rule);
    }
    seen
}

/// Looks for the shortest story in which a mutant breaks a rule.
fn catch(mutant: Mutant) -> Option<String> {
    let world = World { bounds: worlds::trap(mutant), mutant };
    let hunt = world.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let found = hunt.discoveries().into_iter().find(|(rule, _)| rules::must_hold(rule));
    found.map(|(rule, path)| {
        let states = hunt.state_count();
        format!(
            "{mutant:?}: `{rule}` is broken ({states} states explored) by\n{}",
            story(path.into_actions())
        )
    })
}

fn story(events: Vec<Event>) -> String {
    events.iter().enumerate().map(|(at, event)| format!("  {}. {event:?}\n", at + 1)).collect()
}

#[test]
fn no_order_of_crashed_coordinators_and_adopted_leases_breaks_a_rule() {
    explore(worlds::CRASHES, &[Sight::Adopted, Sight::DuplicateAnswered, Sight::LateAccepted]);
}

#[test]
fn no_order_of_crashes_on_both_sides_breaks_a_rule() {
    explore(worlds::DEATHS, &[Sight::DuplicateAnswered, Sight::LateAccepted]);
}

#[test]
fn no_order_of_late_failures_breaks_a_rule() {
    explore(worlds::ZOMBIES, &[Sight::StaleFailure, Sight::LateAccepted, Sight::DuplicateAnswered]);
}

#[test]
fn no_order_of_late_releases_and_renewals_breaks_a_rule() {
    explore(worlds::RETURNS, &[Sight::DuplicateAnswered, Sight::LateAccepted]);
}

#[test]
fn no_order_of_wipes_and_two_coordinators_breaks_a_rule() {
    explore(worlds::WIPES, &[Sight::DuplicateAnswered]);
}

#[test]
fn no_order_of_one_dead_coordinator_of_two_breaks_a_rule() {
    explore(worlds::SURVIVORS, &[]);
}

#[test]
fn no_order_of_restored_backups_breaks_a_rule() {
    explore(worlds::RESTORES, &[Sight::Adopted, Sight::DuplicateAnswered]);
}

#[test]
fn no_order_of_a_queue_that_is_behind_the_library_breaks_a_rule() {
    explore(worlds::STALE_INDEX, &[Sight::BehindTheLibrary]);
}

#[test]
fn no_worker_gets_a_result_accepted_with_the_token_of_another() {
    explore(worlds::THIEVES, &[Sight::LateAccepted]);
}

/// As much of everything at once as ten minutes allow, the shortest stories first.
#[test]
#[ignore = "takes ten minutes and some gigabytes: cargo nextest run -p hafs-tests --test model --run-ignored only"]
fn no_order_of_everything_at_once_breaks_a_rule_in_ten_minutes() {
    let world = World { bounds: worlds::LONG, mutant: Mutant::Sound };
    tell(&world.checker().threads(2).timeout(Duration::from_secs(600)).spawn_bfs().join());
}

#[test]
fn every_mutant_is_caught() {
    let mut escaped = Vec::new();
    for mutant in Mutant::ALL {
        match catch(mutant) {
            Some(found) => println!("{found}"),
            None => escaped.push(mutant),
        }
    }
    assert!(escaped.is_empty(), "not caught: {escaped:?}");
}
