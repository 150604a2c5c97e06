//! Rules that hold for every order of events, against a made-up coordinator and made-up work.

use std::collections::{BTreeMap, BTreeSet};

use hafs_proto::worker::{Answer, ClaimRequest, DeliveryAnswer, ReleaseReply, RenewReply, RenewRequest};
use hafs_proto::{CompletionId, ProblemType, TaskId};
use proptest::prelude::*;

use super::fixture::*;
use super::*;

/// Effects that wait for their event.
#[derive(Default)]
struct World {
    claims: Vec<ClaimRequest>,
    renewals: Vec<RenewRequest>,
    deliveries: Vec<Vec<CompletionId>>,
    releases: Vec<Vec<TaskId>>,
    stores: Vec<Parcel>,
    stores_again: Vec<CompletionId>,
    registers: usize,
    rotations: usize,
    drains: usize,
    working: BTreeMap<TaskId, String>,
    stopping: BTreeSet<TaskId>,
    /// Tasks that were started and whose end is not known yet.
    open: BTreeSet<TaskId>,
    stored: BTreeSet<CompletionId>,
    next_task: u128,
    ended: bool,
}

#[derive(Debug, Clone)]
enum Step {
    Wait(u8),
    AnswerClaim { tasks: u8, trouble: u8, pool: bool },
    AnswerRenewal { lose: bool, paused: bool, trouble: u8 },
    AnswerDelivery { trouble: u8, part: bool },
    AnswerRelease { trouble: bool },
    EndWork { how: u8 },
    EndStore { memory: bool },
    EndStoreAgain { memory: bool },
    AnswerRegister { trouble: bool },
    AnswerRotation { trouble: bool },
    AnswerDrain { trouble: bool },
    FallAsleep,
    Awake,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u8..40).prop_map(Step::Wait),
        (0_u8..20, 0_u8..8, any::<bool>()).prop_map(|(tasks, trouble, pool)| Step::AnswerClaim {
            tasks,
            trouble,
            pool
        }),
        (any::<bool>(), any::<bool>(), 0_u8..8).prop_map(|(lose, paused, trouble)| Step::AnswerRenewal {
            lose,
            paused,
            trouble
        }),
        (0_u8..8, any::<bool>()).prop_map(|(trouble, part)| Step::AnswerDelivery { trouble, part }),
        any::<bool>().prop_map(|trouble| Step::AnswerRelease { trouble }),
        any::<bool>().prop_map(|trouble| Step::AnswerRotation { trouble }),
        (0_u8..3).prop_map(|how| Step::EndWork { how }),
        any::<bool>().prop_map(|memory| Step::EndStore { memory }),
        any::<bool>().prop_map(|memory| Step::EndStoreAgain { memory }),
        any::<bool>().prop_map(|trouble| Step::AnswerRegister { trouble }),
        any::<bool>().prop_map(|trouble| Step::AnswerDrain { trouble }),
        Just(Step::FallAsleep),
        Just(Step::Awake),
    ]
}

fn trouble<T>(number: u8) -> Option<Answered<T>> {
    match number {
        0 => Some(away()),
        1 => Some(problem(ProblemType::Overloaded)),
        2 => Some(problem(ProblemType::NotFound)),
        3 => Some(problem(ProblemType::Invalid)),
        _ => None,
    }
}

impl World {
    fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Register(_) => self.registers += 1,
                Effect::Rotate => self.rotations += 1,
                Effect::Claim(request) => self.claims.push(request),
                Effect::Renew(request) => self.renewals.push(request),
                Effect::Deliver { keys, .. } => {
                    assert!(!keys.is_empty() && self.deliveries.is_empty(), "one delivery at a time");
                    assert!(keys.iter().all(|key| self.stored.contains(key)), "spooled before it is sent");
                    self.deliveries.push(keys);
                }
                Effect::Release(request) => {
                    self.releases.push(request.leases.iter().map(|lease| lease.task).collect());
                }
                Effect::AnnounceDrain(_) => self.drains += 1,
                Effect::Start(task) => {
                    assert!(self.open.insert(task.task.id), "a task is never started twice");
                    self.working.insert(task.task.id, task.pool.to_string());
                }
                Effect::Stop(task) => assert!(self.stopping.insert(task)),
                Effect::Store(parcel) => self.stores.push(parcel),
                Effect::StoreAgain(key) => self.stores_again.push(key),
                Effect::Forget(keys) => keys.iter().for_each(|key| {
                    self.stored.remove(key);
                }),
                Effect::SetAside { key, .. } => {
                    self.stored.remove(&key);
                }
                Effect::AbandonClaim(id) => self.claims.retain(|claim| claim.claim != id),
                Effect::Say(_) => {}
                Effect::Exit(_) => self.ended = true,
            }
        }
    }

    fn event(&mut self, step: &Step) -> Option<Event> {
        match *step {
            Step::Wait(_) => Some(Event::Tick),
            Step::FallAsleep => Some(Event::FallingAsleep),
            Step::Awake => Some(Event::Awake),
            Step::AnswerClaim { tasks, trouble, pool } => self.answer_claim(tasks, trouble, pool),
            Step::AnswerRenewal { lose, paused, trouble } => self.answer_renewal(lose, paused, trouble),
            Step::AnswerDelivery { trouble: number, part } => {
                let keys = self.deliveries.pop()?;
                let answered = keys.iter().take(if part { keys.len().div_ceil(2) } else { keys.len() });
                let answers = answered.map(|key| DeliveryAnswer {
                    key: *key,
                    task: task_id(1),
                    answer: if key.uuid().as_u128() % 5 == 0 { Answer::Invalid } else { Answer::Accepted },
                    detail: None,
                    replayed: false,
                });
                let answer = trouble(number).unwrap_or_else(|| Ok(answers.collect()));
                Some(Event::Delivered { keys, answer })
            }
            Step::AnswerRelease { trouble } => {
                let released = self.releases.pop()?;
                let reply = Ok(ReleaseReply { released, stale: Vec::new() });
                Some(Event::Released(if trouble { away() } else { reply }))
            }
            Step::EndWork { how } => self.end_work(how),
            Step::EndStore { memory } => {
                let parcel = self.stores.pop()?;
                self.stored.insert(parcel.key());
                let kept = if memory { Kept::InMemory } else { Kept::OnDisk };
                let (key, task, token, kind) =
                    (parcel.key(), parcel.task(), parcel.token().clone(), parcel.kind());
                Some(Event::Stored(Box::new(Spooled { key, task, token, kind, bytes: 100, kept })))
            }
            Step::EndStoreAgain { memory } => {
                let key = self.stores_again.pop()?;
                Some(Event::StoredAgain { key, kept: if memory { Kept::InMemory } else { Kept::OnDisk } })
            }
            Step::AnswerRegister { trouble } => {
                self.registers = self.registers.checked_sub(1)?;
                Some(Event::Registered(if trouble { away() } else { Ok(rules().intervals) }))
            }
            Step::AnswerRotation { trouble } => {
                self.rotations = self.rotations.checked_sub(1)?;
                assert_eq!(self.rotations, 0, "one at a time");
                Some(Event::Rotated(if trouble { Err("no".to_owned()) } else { Ok(()) }))
            }
            Step::AnswerDrain { trouble } => {
                self.drains = self.drains.checked_sub(1)?;
                Some(Event::DrainHeard(if trouble { away() } else { Ok(()) }))
            }
        }
    }

    fn answer_claim(&mut self, tasks: u8, number: u8, second: bool) -> Option<Event> {
        let request = self.claims.pop()?;
        let pool = if second { "q" } else { "p" };
        let given: Vec<_> = (0..tasks)
            .map(|_| {
                self.next_task += 1;
                claimed(self.next_task, pool)
            })
            .collect();
        let answer = trouble(number).unwrap_or_else(|| super::fixture::tasks(given));
        Some(Event::Claimed { claim: request.claim, answer })
    }

    fn answer_renewal(&mut self, lose: bool, paused: bool, number: u8) -> Option<Event> {
        let request = self.renewals.pop()?;
        let lost: Vec<TaskId> =
            request.leases.iter().take(usize::from(lose)).map(|lease| lease.task).collect();
        let renewed = RenewReply { lost, paused, rotate: lose, ..renewal().expect("a reply") };
        Some(Event::Renewed(trouble(number).unwrap_or(Ok(renewed))))
    }

    fn end_work(&mut self, how: u8) -> Option<Event> {
        let stopped = self.stopping.iter().next().copied();
        let task = stopped.or_else(|| self.working.keys().next().copied())?;
        self.stopping.remove(&task);
        self.working.remove(&task)?;
        self.open.remove(&task);
        let fault = Fault::new(hafs_proto::task::FailureClass::Invalid, hafs_proto::Reason::Other, "x");
        let work = match how {
            0 => done(),
            1 => Work::Failed { calls: Vec::new(), fault },
            _ => Work::Stopped { calls: Vec::new() },
        };
        Some(Event::Worked { task, key: key(5_000_000 + task.uuid().as_u128()), work })
    }
}

fn check(rig: &Rig, world: &World, slots: &BTreeMap<&str, u32>) -> Result<(), TestCaseError> {
    for (pool, slots) in slots {
        let busy = world.working.values().filter(|name| name == pool).count();
        prop_assert!(busy <= *slots as usize, "{busy} tasks in {slots} slots of {pool}");
        let asked: u32 = world
            .claims
            .iter()
            .flat_map(|claim| &claim.vacancies)
            .filter(|v| v.pool.as_str() == *pool)
            .map(|v| v.free)
            .sum();
        prop_assert!(asked <= slots + slots / 4, "{asked} asked for");
    }
    let status = rig.state.status(rig.now);
    prop_assert_eq!(status.pools.iter().map(|pool| pool.busy).sum::<u32>() as usize, world.working.len());
    prop_assert_eq!(status.spooled, (world.stored.len() + world.stores.len()) as u64);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_slot_holds_two_tasks_no_result_is_forgotten_and_every_drain_ends(
        steps in prop::collection::vec(step(), 1..120),
        after in prop::collection::vec(step(), 0..60),
    ) {
        let mut rig = Rig::new(&[pool("p", 2), pool("q", 16)], Vec::new());
        let slots = BTreeMap::from([("p", 2), ("q", 16)]);
        let mut world = World::default();
        world.take(rig.send(Event::Tick));
        for step in &steps {
            run(&mut rig, &mut world, step);
            check(&rig, &world, &slots)?;
        }
        prop_assert!(!world.ended, "it only ends when asked to");
        let effects = rig.send(Event::Drain);
        world.take(effects);
        for step in &after {
            if world.ended {
                break;
            }
            run(&mut rig, &mut world, step);
            check(&rig, &world, &slots)?;
        }
        // Whatever is still open: time alone ends it.
        for _ in 0..3 {
            if !world.ended {
                let effects = rig.wait(40);
                world.take(effects);
            }
        }
        prop_assert!(world.ended);
    }

    #[test]
    fn every_lease_of_work_under_way_is_in_every_renewal(steps in prop::collection::vec(step(), 1..120)) {
        let mut rig = Rig::new(&[pool("p", 3)], Vec::new());
        let mut world = World::default();
        world.take(rig.send(Event::Tick));
        for step in &steps {
            let before = world.renewals.len();
            run(&mut rig, &mut world, step);
            if let Some(renewal) = world.renewals.get(before) {
                let renewed: BTreeSet<TaskId> = renewal.leases.iter().map(|lease| lease.task).collect();
                for task in world.working.keys().filter(|task| !world.stopping.contains(task)) {
                    prop_assert!(renewed.contains(task), "{task} was forgotten");
                }
            }
        }
    }
}

/// How many calls an agent makes within a minute when every one of them ends in `number`'s trouble at once.
fn calls_in_a_minute(number: u8, random: u64) -> usize {
    let found = (1..=3).map(|number| spooled(number, ParcelKind::Completion)).collect();
    let mut state = State::new(rules(), &[pool("p", 4)], found);
    let (mut now, mut calls, mut fresh) = (std::time::Duration::ZERO, 0, 1_000);
    let mut events = std::collections::VecDeque::from([Event::Tick]);
    while now < std::time::Duration::from_secs(60) && calls < 10_000 {
        fresh += 1;
        let Some(event) = events.pop_front() else {
            match state.next_wake(now) {
                Some(at) => now = at,
                None => break,
            }
            events.push_back(Event::Tick);
            continue;
        };
        for effect in handle(&mut state, event, Moment { now, fresh: key(fresh), random }) {
            let answer = match effect {
                Effect::Renew(_) => Event::Renewed(trouble(number).expect("a trouble")),
                Effect::Register(_) => Event::Registered(away()),
                Effect::Claim(request) => {
                    Event::Claimed { claim: request.claim, answer: trouble(number).expect("a trouble") }
                }
                Effect::Deliver { keys, .. } => {
                    Event::Delivered { keys, answer: trouble(number).expect("a trouble") }
                }
                Effect::Release(_)
                | Effect::Rotate
                | Effect::AnnounceDrain(_)
                | Effect::Start(_)
                | Effect::Stop(_)
                | Effect::Store(_)
                | Effect::StoreAgain(_)
                | Effect::Forget(_)
                | Effect::SetAside { .. }
                | Effect::AbandonClaim(_)
                | Effect::Say(_)
                | Effect::Exit(_) => continue,
            };
            calls += 1;
            events.push_back(answer);
        }
    }
    calls
}

proptest! {
    #[test]
    fn a_coordinator_in_trouble_is_never_asked_in_a_tight_loop(number in 0_u8..4, random: u64) {
        let calls = calls_in_a_minute(number, random);
        prop_assert!(calls <= 150, "{calls} calls in a minute");
    }
}

fn run(rig: &mut Rig, world: &mut World, step: &Step) {
    if let Step::Wait(seconds) = step {
        rig.now += std::time::Duration::from_secs(u64::from(*seconds));
    }
    if let Some(event) = world.event(step) {
        let effects = rig.send(event);
        world.take(effects);
    }
}
