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
        place.sit(0);
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
    places[0].sit(0);
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
    place.sit(0);
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

/// A room with one who waits for `a`, and a look that has found nothing.
fn with_one_who_waits(room: &WaitingRoom) -> Vec<Place<'_>> {
    let places = seated(room, &[&["a"]]);
    room.call(&stats(&[]), NOW);
    places
}

#[test]
fn a_newcomer_leaves_the_task_to_those_who_wait_and_is_called_after_them() {
    let room = WaitingRoom::default();
    let mut places = with_one_who_waits(&room);
    let mut newcomer = room.enter(calling(9), routes(&["a", "b"]));
    assert_eq!(newcomer.line_up(1), routes(&["a"]), "nobody waits for the other one");
    room.call(&stats(&[("a", 1)]), NOW);
    assert_eq!((called(&places), is_called(&newcomer)), (vec![0], false));
    let mut another = room.enter(calling(8), routes(&["a"]));
    assert_eq!(another.line_up(1), routes(&["a"]), "one is on the way");
    places.clear();
    room.call(&stats(&[("a", 2)]), NOW);
    assert!(is_called(&newcomer) && is_called(&another));
}

#[test]
fn a_newcomer_asks_for_what_those_before_it_have_left() {
    let room = WaitingRoom::default();
    let _places = with_one_who_waits(&room);
    room.call(&stats(&[("a", 1)]), NOW);
    let mut newcomer = room.enter(calling(9), routes(&["a"]));
    assert_eq!(newcomer.line_up(0), routes(&[]), "the one before it has asked and did not take it");
}

#[test]
fn a_newcomer_asks_where_nothing_is_known_of_the_queue() {
    let room = WaitingRoom::default();
    let places = with_one_who_waits(&room);
    room.forget();
    let mut newcomer = room.enter(calling(9), routes(&["a"]));
    assert_eq!(newcomer.line_up(0), routes(&[]));
    drop((places, newcomer));
    assert!(room.nobody_sits());
}

#[test]
fn who_comes_again_with_nothing_keeps_its_place_and_who_was_served_does_not() {
    let room = WaitingRoom::default();
    let mut places = seated(&room, &[&["a"], &["a"]]);
    room.call(&stats(&[]), NOW);
    let again = |room, number| {
        let mut place: Place<'_> = WaitingRoom::enter(room, calling(number), routes(&["a"]));
        drop(place.line_up(0));
        place
    };
    drop(places.remove(0));
    places.push(again(&room, 0));
    room.turn();
    room.call(&stats(&[("a", 1)]), NOW);
    assert_eq!(called(&places), [1], "the first to come");
    places[1].served();
    drop(places.remove(1));
    places.push(again(&room, 0));
    room.turn();
    room.call(&stats(&[("a", 1)]), NOW);
    assert_eq!(called(&places), [0]);
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
                places[at].sit(0);
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

/// Where a poll of the model is.
#[derive(Debug)]
enum At<'r> {
    Away,
    /// Its question is on the way to the queue: for which routes.
    Asks(Place<'r>, BTreeSet<Route>),
    Sits(Place<'r>),
}

const NAMES: [&str; 2] = ["a", "b"];

/// The queue, the herald and some polls, which take their steps in any order. An odd poll takes no task: it finds none
/// fit for it. Every third can do only one of the two routes.
struct World<'r> {
    room: &'r WaitingRoom,
    polls: Vec<At<'r>>,
    ready: BTreeMap<&'static str, u64>,
    change: u64,
    /// Whether the herald has something to look at, and what it has read of the queue.
    woken: bool,
    read: Option<Stats>,
}

impl<'r> World<'r> {
    fn new(room: &'r WaitingRoom) -> Self {
        let polls = (0..8).map(|_| At::Away).collect();
        Self { room, polls, ready: NAMES.map(|name| (name, 0)).into(), change: 0, woken: false, read: None }
    }

    fn step(&mut self, what: u8, number: usize) {
        match what {
            0 => self.arrive(NAMES[number % 2]),
            1 => self.look(),
            2 => self.polls[number] = At::Away,
            _ => self.poll(number),
        }
    }

    fn arrive(&mut self, name: &'static str) {
        *self.ready.entry(name).or_default() += 1;
        self.change += 1;
        self.woken = true;
    }

    /// Half a pass of the herald: it reads the queue, or calls by what it has read.
    fn look(&mut self) {
        if let Some(read) = self.read.take() {
            self.room.call(&read, NOW);
        } else if std::mem::take(&mut self.woken) {
            self.room.hear(self.change);
            let ready: Vec<(&str, u64)> = self.ready.iter().map(|(name, count)| (*name, *count)).collect();
            self.read = (!self.room.nobody_sits()).then(|| stats(&ready));
        }
    }

    /// The next step of a poll, if it has one.
    fn poll(&mut self, number: usize) {
        let able = if number.is_multiple_of(3) { routes(&["a"]) } else { routes(&NAMES) };
        self.polls[number] = match std::mem::replace(&mut self.polls[number], At::Away) {
            At::Away => {
                let mut place = self.room.enter(calling(number as u128), able.clone());
                let spoken_for = place.line_up(self.change);
                At::Asks(place, &able - &spoken_for)
            }
            At::Asks(mut place, asked) => match self.take(number, &asked) {
                true => {
                    place.served();
                    At::Away
                }
                false => {
                    place.rest(None, false);
                    At::Sits(place)
                }
            },
            At::Sits(mut place) if is_called(&place) => {
                place.sit(self.change);
                At::Asks(place, able)
            }
            At::Sits(place) => At::Sits(place),
        };
    }

    fn take(&mut self, number: usize, asked: &BTreeSet<Route>) -> bool {
        let fits =
            |name: &&&str| number.is_multiple_of(2) && asked.contains(&route(name)) && self.ready[**name] > 0;
        let Some(name) = NAMES.iter().find(fits) else { return false };
        self.ready.entry(name).and_modify(|count| *count -= 1);
        true
    }

    /// Everybody goes on until nobody can. Nobody new comes in.
    fn settle(&mut self) {
        for _ in 0..200 {
            let mut look = std::pin::pin!(self.room.look_again());
            self.woken |= look.as_mut().poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(());
            self.look();
            for number in 0..self.polls.len() {
                if !matches!(self.polls[number], At::Away) {
                    self.poll(number);
                }
            }
        }
    }

    fn could_have(&self, name: &str) -> Vec<usize> {
        let sits = |number: &usize| matches!(self.polls[*number], At::Sits(_));
        let able = |number: &usize| number.is_multiple_of(2) && (name == "a" || !number.is_multiple_of(3));
        (0..self.polls.len()).filter(sits).filter(able).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// The argument at the head of this module, tried out: however the steps fall, no task waits in the end beside
    /// somebody who could do it.
    #[test]
    fn no_wake_up_is_lost_in_whatever_order_things_happen(
        steps in prop::collection::vec((0..8_u8, 0..8_usize), 0..120)
    ) {
        let room = WaitingRoom::default();
        let mut world = World::new(&room);
        for (what, number) in steps {
            world.step(what, number);
            let mut look = std::pin::pin!(room.look_again());
            world.woken |= look.as_mut().poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(());
        }
        world.settle();
        for (name, count) in &world.ready {
            prop_assert!(*count == 0 || world.could_have(name).is_empty(), "{count} of {name}: {:?}", world.polls);
        }
    }
}
