use std::future::Future as _;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hafs_proto::{CredentialId, WorkerId};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::auth::Identity;

fn calling(number: u128) -> Calling {
    let worker = WorkerId::from_uuid(Uuid::from_u128(number));
    let id = CredentialId::from_uuid(Uuid::from_u128(number));
    let identity = Identity { id, scopes: BTreeSet::new(), worker: Some(worker), network: None };
    Calling { worker, identity, instance: None }
}

fn route(name: &str) -> Route {
    format!("check/{name}").parse().expect("a route")
}

fn routes(names: &[&str]) -> BTreeSet<Route> {
    names.iter().map(|name| route(name)).collect()
}

fn stats(ready: &[(&str, u64)]) -> Stats {
    let of = |ready| RouteStats { ready, ..RouteStats::default() };
    Stats {
        routes: ready.iter().map(|(name, ready)| (route(name), of(*ready))).collect(),
        ..Stats::default()
    }
}

/// Whether the bell has rung; taking notice of it.
fn is_called(place: &Place<'_>) -> bool {
    let mut called = std::pin::pin!(place.called());
    called.as_mut().poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
}

fn seated<'r>(room: &'r WaitingRoom, names: &[&[&str]]) -> Vec<Place<'r>> {
    let mut places = Vec::new();
    for (number, names) in (0..).zip(names) {
        let mut place = room.enter(calling(number), routes(names));
        place.sit();
        place.rest(None, false);
        places.push(place);
    }
    places
}

fn called(places: &[Place<'_>]) -> Vec<usize> {
    places.iter().enumerate().filter(|(_, place)| is_called(place)).map(|(at, _)| at).collect()
}

const NOW: Timestamp = Timestamp::EPOCH;

#[test]
fn as_many_are_called_as_there_are_tasks_and_those_first_who_came_first() {
    let room = WaitingRoom::default();
    let places = seated(&room, &[&["a"], &["b"], &["a", "b"], &["a"]]);
    room.turn();
    room.call(&stats(&[("a", 2)]), NOW);
    assert_eq!(called(&places), [0, 2]);
    room.call(&stats(&[("a", 2)]), NOW);
    assert_eq!(called(&places), [0_usize; 0], "two are on the way for two tasks");
}

#[test]
fn who_was_called_and_leaves_lets_the_next_be_called_for_what_is_left() {
    let room = WaitingRoom::default();
    let mut places = seated(&room, &[&["a"], &["a"]]);
    room.turn();
    room.call(&stats(&[("a", 1)]), NOW);
    drop(places.remove(0));
    room.call(&stats(&[("a", 1)]), NOW);
    assert_eq!(called(&places), [0]);
}

#[test]
fn who_found_nothing_for_itself_is_not_called_again_until_something_happens() {
    let room = WaitingRoom::default();
    let mut places = seated(&room, &[&["a"]]);
    room.turn();
    room.call(&stats(&[("a", 1)]), NOW);
    assert_eq!(called(&places), [0]);
    places[0].sit();
    places[0].rest(None, false);
    room.call(&stats(&[("a", 1)]), NOW);
    assert_eq!(called(&places), [0_usize; 0]);
    room.turn();
    room.call(&stats(&[("a", 1)]), NOW);
    assert_eq!(called(&places), [0]);
}

#[test]
fn what_happens_between_sitting_down_and_resting_is_heard() {
    let room = WaitingRoom::default();
    let mut place = room.enter(calling(1), routes(&["a"]));
    place.sit();
    room.turn();
    room.call(&stats(&[("a", 1)]), NOW);
    place.rest(None, false);
    assert!(is_called(&place));
}

#[test]
fn a_delayed_task_calls_somebody_when_its_time_has_come() {
    let room = WaitingRoom::default();
    let places = seated(&room, &[&["a"], &["a"]]);
    let due = NOW.plus(Duration::from_secs(5));
    places.iter().for_each(|place| place.rest(Some(due), false));
    assert_eq!(room.first_due(), Some(due));
    let delayed = RouteStats { delayed: 1, ..RouteStats::default() };
    let stats = Stats { routes: [(route("a"), delayed)].into_iter().collect(), ..Stats::default() };
    room.turn();
    room.call(&stats, NOW);
    assert_eq!(called(&places), [0_usize; 0]);
    room.call(&stats, due);
    assert_eq!(called(&places), [0]);
    assert_eq!(room.first_due(), None);
}

#[test]
fn a_worker_that_is_held_back_is_called_when_it_is_let_go_and_not_for_tasks() {
    let room = WaitingRoom::default();
    let places = seated(&room, &[&["a"]]);
    places[0].rest(None, true);
    room.turn();
    room.call(&stats(&[("a", 1)]), NOW);
    room.call_changed(|_| Some(true));
    assert_eq!(called(&places), [0_usize; 0]);
    room.call_changed(|_| Some(false));
    assert_eq!(called(&places), [0]);
}

#[test]
fn a_worker_that_is_not_known_any_more_is_called() {
    let room = WaitingRoom::default();
    let places = seated(&room, &[&["a"], &["a"]]);
    let second = calling(1).worker;
    room.call_changed(|calling| (calling.worker != second).then_some(false));
    assert_eq!(called(&places), [1]);
}

proptest! {
    /// Whoever can do what, and in whichever order they come: with everybody asking when called, all tasks that
    /// somebody can do are taken, and nobody asks more than once for each turn.
    #[test]
    fn no_task_that_somebody_can_do_is_left_and_nobody_asks_twice_a_turn(
        able in prop::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 1..12),
        tasks in (0_u64..6, 0_u64..6),
    ) {
        let room = WaitingRoom::default();
        let names: Vec<Vec<&str>> = able
            .iter()
            .map(|(a, b, _)| [(*a, "a"), (*b, "b")].into_iter().filter(|it| it.0).map(|it| it.1).collect())
            .collect();
        let names: Vec<&[&str]> = names.iter().map(Vec::as_slice).collect();
        let mut places = seated(&room, &names);
        let mut left = BTreeMap::from([("a", tasks.0), ("b", tasks.1)]);
        let mut asked = vec![0; places.len()];
        room.turn();
        loop {
            let ready: Vec<(&str, u64)> = left.iter().map(|(name, count)| (*name, *count)).collect();
            room.call(&stats(&ready), NOW);
            let heard = called(&places);
            if heard.is_empty() {
                break;
            }
            for at in heard {
                asked[at] += 1;
                places[at].sit();
                // The third says whether it finds its task fit for it; a task can be done once.
                let task = names[at].iter().find(|name| left[**name] > 0).filter(|_| able[at].2);
                if let Some(task) = task {
                    *left.entry(task).or_default() -= 1;
                }
                places[at].rest(None, false);
            }
        }
        prop_assert!(asked.iter().all(|times| *times <= 1), "{asked:?}");
        for (name, count) in left {
            let idle = (0..places.len()).filter(|at| names[*at].contains(&name) && able[*at].2 && asked[*at] == 0);
            prop_assert!(count == 0 || idle.count() == 0, "{count} tasks of {name} are left");
        }
    }
}
