//! What the agent does while a teacher is away.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use hafs_proto::task::{FailureClass, GenerateSpec};
use hafs_proto::worker::{Answer, ClaimedTask, DeliveryAnswer, Pool, ReleaseReply};
use hafs_proto::{
    BoundedText, CallRecord, ContentHash, MicroUsd, Provenance, Reason, Route, Seed, SeedDraft, SeedId,
    SeedKind, StopReason, TaskSpec, TeacherName, Timestamp, Usage,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::fixture::*;
use super::*;

const AWAY: &str = "one/away";
const THERE: &str = "one/there";

fn teacher(name: &str) -> TeacherName {
    name.parse().expect("a teacher")
}

fn route(name: &str) -> Route {
    Route::Teacher(teacher(name))
}

fn seed() -> Seed {
    let draft = SeedDraft {
        kind: SeedKind::CodeUnit,
        domain: "rust".parse().expect("a domain"),
        title: BoundedText::default(),
        text: BoundedText::clipped("fn f() {}"),
        context: BTreeMap::new(),
        provenance: Provenance {
            source: "repo".parse().expect("a source"),
            locator: BoundedText::default(),
            group: BoundedText::default(),
            revision: None,
            path: None,
            lines: None,
            license: None,
            redactions: 0,
        },
    };
    let id = SeedId::from_uuid(Uuid::from_u128(1));
    Seed { id, content_hash: draft.content_hash(), created_at: Timestamp::EPOCH, draft }
}

/// A task for a teacher of the pool `p`.
fn given(number: u128, name: &str) -> ClaimedTask {
    let mut claimed = claimed(number, "p");
    claimed.task.spec = TaskSpec::Generate(Box::new(GenerateSpec {
        seed: seed(),
        generator: "explain-code".parse().expect("a name"),
        teacher: teacher(name),
        round: 0,
        hints: Vec::new(),
        max_tokens: 256,
        sampling_seed: 42,
        lane: hafs_proto::task::Lane::Now,
    }));
    claimed
}

fn refused(class: FailureClass) -> Work {
    let call = CallRecord {
        teacher: teacher(AWAY),
        served_model: None,
        request_id: None,
        stop: StopReason::Error,
        usage: Usage::default(),
        latency_ms: 1,
        cost: MicroUsd::ZERO,
        prompt_hash: ContentHash::of(b"x"),
        reply_hash: None,
        reply_excerpt: None,
        error: None,
    };
    Work::Failed { calls: vec![call], fault: Fault::new(class, Reason::ProviderError, "connection refused") }
}

fn two_teachers() -> Pool {
    Pool { routes: vec![route(AWAY), route(THERE)], ..pool("p", 4) }
}

/// An agent whose line is up.
fn up(pool: Pool) -> (Rig, hafs_proto::CompletionId) {
    let mut rig = Rig::new(&[pool], Vec::new());
    rig.send(Event::Tick);
    let claim = claims(&rig.send(Event::Renewed(renewal()))).remove(0).claim;
    (rig, claim)
}

fn registered(effects: &[Effect]) -> Option<Vec<Route>> {
    effects.iter().find_map(|effect| {
        if let Effect::Register(without) = effect { Some(without.iter().cloned().collect()) } else { None }
    })
}

#[test]
fn the_route_of_a_teacher_that_is_away_is_taken_back_and_what_waits_for_it_is_handed_back() {
    let (mut rig, claim) = up(two_teachers());
    let batch = vec![given(1, AWAY), given(2, AWAY), given(3, THERE)];
    assert_eq!(started(&rig.send(Event::Claimed { claim, answer: tasks(batch) })).len(), 3);
    let effects = rig.work_ends(1, refused(FailureClass::ModelMissing));
    assert_eq!(registered(&effects), Some(vec![route(AWAY)]));
    let said = |effect: &Effect| matches!(effect, Effect::Say(Notice::TeacherAway { .. }));
    assert!(effects.iter().any(said), "{effects:?}");
    rig.send(Event::Registered(Ok(rules().intervals)));
    let open = claims(&rig.send(Event::Renewed(renewal())));
    assert!(open.is_empty(), "the claim of before still waits");
    let next = tasks(vec![given(4, AWAY), given(5, THERE)]);
    let effects =
        rig.send(Event::Claimed { claim: hafs_proto::CompletionId::from_uuid(Uuid::nil()), answer: next });
    assert_eq!(released(&effects), [task_id(4)], "a claim that was made before gives one");
    assert_eq!(started(&effects), [task_id(5)], "the other teacher goes on");
    let status = rig.state.status(rig.now);
    assert_eq!((status.away[0].route.as_str(), status.away[0].times), ("teacher/one/away", 1));
    assert!(status.away[0].why.contains("refused") && status.away[0].retry_ms > 0);
}

#[test]
fn after_the_pause_one_task_is_tried_and_an_answer_brings_the_teacher_back() {
    let mut alone = two_teachers();
    alone.routes.truncate(1);
    let (mut rig, claim) = up(alone);
    rig.send(Event::Claimed { claim, answer: tasks(vec![given(1, AWAY)]) });
    rig.work_ends(1, refused(FailureClass::ModelMissing));
    rig.send(Event::Registered(Ok(rules().intervals)));
    rig.send(Event::Renewed(renewal()));
    let effects = rig.wait(10);
    assert_eq!(registered(&effects), Some(Vec::new()), "offered again");
    rig.send(Event::Registered(Ok(rules().intervals)));
    rig.send(Event::Renewed(renewal()));
    let claim = hafs_proto::CompletionId::from_uuid(Uuid::nil());
    let effects = rig
        .send(Event::Claimed { claim, answer: tasks(vec![given(2, AWAY), given(3, AWAY), given(4, AWAY)]) });
    assert_eq!(started(&effects), [task_id(2)]);
    assert_eq!(registered(&effects), Some(vec![route(AWAY)]), "no second one while the first is tried");
    assert_eq!(released(&effects).len(), 2);
    let effects = rig.work_ends(2, done());
    assert!(effects.contains(&Effect::Say(Notice::TeacherBack(route(AWAY)))));
    assert!(rig.state.status(rig.now).away.is_empty());
}

#[test]
fn hiccups_and_useless_replies_do_not_take_a_teacher_away() {
    let (mut rig, claim) = up(two_teachers());
    rig.send(Event::Claimed { claim, answer: tasks((1..=4).map(|number| given(number, AWAY)).collect()) });
    for number in 1..=4 {
        let effects = rig.work_ends(number, refused(FailureClass::Transient));
        assert_eq!(registered(&effects), None);
    }
    let claim = hafs_proto::CompletionId::from_uuid(Uuid::nil());
    rig.send(Event::Claimed { claim, answer: tasks((5..=8).map(|number| given(number, AWAY)).collect()) });
    assert_eq!(registered(&rig.work_ends(5, refused(FailureClass::Invalid))), None, "it answers");
    assert_eq!(registered(&rig.work_ends(6, refused(FailureClass::Transient))), None, "counted anew");
    assert_eq!(registered(&rig.work_ends(7, refused(FailureClass::RateLimited))), None);
}

#[test]
fn what_a_provider_says_is_left_to_a_coordinator_that_keeps_its_circuit_and_is_told_before_the_next_claim() {
    let (mut rig, claim) = up(two_teachers());
    rig.state.shared.insert(route(AWAY));
    let batch = (1..=4).map(|number| given(number, AWAY)).collect();
    rig.send(Event::Claimed { claim, answer: tasks(batch) });
    let mut work = refused(FailureClass::ModelMissing);
    if let Work::Failed { calls, .. } = &mut work {
        let (reason, message) = (Reason::ProviderError, BoundedText::clipped("401"));
        calls[0].error = Some(hafs_proto::teacher::CallError { reason, status: Some(401), message });
    }
    let effects = rig.work_ends(1, work);
    assert_eq!(registered(&effects), None, "the route is offered still");
    assert!(claims(&effects).is_empty(), "{effects:?}");
    assert!(!rig.state.bad_news.is_empty());
    let effects = rig.work_ends(2, refused(FailureClass::ModelMissing));
    assert_eq!(
        registered(&effects),
        Some(vec![route(AWAY)]),
        "nobody has answered: that is this worker's affair"
    );
}

/// A coordinator that always has tasks for both teachers, and honours what is registered.
struct Plenty {
    withheld: Vec<Route>,
    next_task: u128,
    attempts: Vec<Duration>,
    done: usize,
}

impl Plenty {
    fn answer(&mut self, effect: Effect, rig: &Rig, back_at: Duration) -> Option<Event> {
        Some(match effect {
            Effect::Register(without) => {
                self.withheld = without.into_iter().collect();
                Event::Registered(Ok(rules().intervals))
            }
            Effect::Rotate => Event::Rotated(Ok(())),
            Effect::Renew(_) => Event::Renewed(renewal()),
            Effect::Claim(request) => {
                let room = request.vacancies.iter().map(|vacancy| vacancy.free).sum::<u32>();
                let offered: Vec<_> =
                    [AWAY, THERE].into_iter().filter(|name| !self.withheld.contains(&route(name))).collect();
                let batch = (0..room as usize).filter_map(|at| {
                    self.next_task += 1;
                    Some(given(self.next_task, offered.get(at % offered.len().max(1))?))
                });
                Event::Claimed { claim: request.claim, answer: tasks(batch.collect()) }
            }
            Effect::Start(claimed) => {
                let is_away = claimed.task.route() == route(AWAY) && rig.now < back_at;
                if claimed.task.route() == route(AWAY) {
                    self.attempts.push(rig.now);
                }
                self.done += usize::from(!is_away);
                let work = if is_away { refused(FailureClass::ModelMissing) } else { done() };
                Event::Worked { task: claimed.task.id, key: key(claimed.task.id.uuid().as_u128()), work }
            }
            Effect::Store(parcel) => Event::Stored(Box::new(Spooled {
                key: parcel.key(),
                task: parcel.task(),
                token: parcel.token().clone(),
                kind: parcel.kind(),
                bytes: 100,
                kept: Kept::OnDisk,
            })),
            Effect::Deliver { keys, .. } => {
                let accepted = |key: &hafs_proto::CompletionId| DeliveryAnswer {
                    key: *key,
                    task: task_id(1),
                    answer: Answer::Accepted,
                    detail: None,
                    replayed: false,
                };
                let answer = Ok(keys.iter().map(accepted).collect());
                Event::Delivered { keys, answer }
            }
            Effect::Release(request) => {
                let released = request.leases.iter().map(|lease| lease.task).collect();
                Event::Released(Ok(ReleaseReply { released, stale: Vec::new() }))
            }
            Effect::AnnounceDrain(_)
            | Effect::Stop(_)
            | Effect::StoreAgain(_)
            | Effect::Forget(_)
            | Effect::SetAside { .. }
            | Effect::AbandonClaim(_)
            | Effect::Say(_)
            | Effect::Exit(_) => return None,
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_teacher_that_is_away_for_hours_costs_few_attempts_and_is_used_soon_after_it_is_back(
        away_s in 600_u64..30_000, both: bool, random: u64,
    ) {
        let mut offer = two_teachers();
        if !both {
            offer.routes.truncate(1);
        }
        let mut rig = Rig::new(&[offer], Vec::new());
        let withheld = if both { Vec::new() } else { vec![route(THERE)] };
        let mut plenty = Plenty { withheld, next_task: 0, attempts: Vec::new(), done: 0 };
        let back_at = Duration::from_secs(away_s);
        let mut events = VecDeque::from([Event::Tick]);
        let mut fresh = 1_000_000_000;
        while rig.now < back_at + Duration::from_secs(700) {
            let Some(event) = events.pop_front() else {
                let Some(at) = rig.state.next_wake(rig.now) else { break };
                rig.now = at;
                events.push_back(Event::Tick);
                continue;
            };
            fresh += 1;
            let moment = Moment { now: rig.now, fresh: key(fresh), random };
            for effect in handle(&mut rig.state, event, moment) {
                let answer = plenty.answer(effect, &rig, back_at);
                if let (Some(Event::Registered(_)), false) = (&answer, both) {
                    plenty.withheld.push(route(THERE));
                }
                events.extend(answer);
            }
            // Whoever always has work never waits: let each round take a second.
            rig.now += Duration::from_millis(100);
            if plenty.attempts.iter().filter(|at| **at >= back_at).count() > 20 {
                break;
            }
        }
        let in_vain = plenty.attempts.iter().filter(|at| **at < back_at).count();
        // Four at the first failure, then one for each pause: seven that grow, then one in five minutes at most.
        let bound = 4 + 7 + usize::try_from(away_s / 300).expect("small") + 1;
        prop_assert!(in_vain <= bound, "{} attempts in {} s, at most {}", in_vain, away_s, bound);
        let again = plenty.attempts.iter().filter(|at| **at >= back_at).count();
        prop_assert!(again > 20, "it is used again: {} attempts", again);
        prop_assert!(!both || plenty.done > in_vain, "the other teacher went on");
    }
}
