//! What the agent decides, case by case.

use hafs_proto::task::FailureClass;
use hafs_proto::worker::{Answer, DeliveryAnswer, RenewReply, RenewedLease};
use hafs_proto::{CompletionId, ProblemType, Reason};

use super::fixture::*;
use super::*;

fn answers(keys: &[CompletionId]) -> Answered<Vec<DeliveryAnswer>> {
    let answer = |key: &CompletionId| DeliveryAnswer {
        key: *key,
        task: task_id(1),
        answer: Answer::Accepted,
        detail: None,
        replayed: false,
    };
    Ok(keys.iter().map(answer).collect())
}

#[test]
fn after_the_start_it_renews_then_delivers_the_spool_then_claims() {
    let mut rig = Rig::new(&[pool("p", 2)], vec![spooled(5, ParcelKind::Completion)]);
    let first = rig.send(Event::Tick);
    assert_eq!(renewals(&first)[0].leases[0].task, task_id(5), "the lease of a spooled result is kept");
    assert!(deliveries(&first).is_empty() && claims(&first).is_empty());
    let second = rig.send(Event::Renewed(renewal()));
    assert_eq!(deliveries(&second), [[key(5)]]);
    assert!(claims(&second).is_empty());
    let third = rig.send(Event::Delivered { keys: vec![key(5)], answer: answers(&[key(5)]) });
    assert!(third.contains(&Effect::Forget(vec![key(5)])));
    assert_eq!(claims(&third)[0].vacancies[0].free, 2);
}

#[test]
fn only_free_slots_are_claimed_for_and_a_claim_may_be_out_while_others_work() {
    let (mut rig, claim) = Rig::up(3);
    let effects = rig.send(Event::Claimed { claim, answer: tasks(vec![claimed(1, "p"), claimed(2, "p")]) });
    assert_eq!(started(&effects), [task_id(1), task_id(2)]);
    let next = &claims(&effects)[0];
    assert_eq!((next.vacancies[0].free, next.holding.len()), (1, 2));
    let effects = rig.work_ends(1, done());
    assert!(claims(&effects).is_empty(), "one claim per pool at a time");
    let Some(Effect::Store(parcel)) = effects.first() else { panic!("the result goes to the spool first") };
    let stored = Spooled { key: parcel.key(), task: task_id(1), ..spooled(1, ParcelKind::Completion) };
    let effects = rig.send(Event::Stored(Box::new(stored)));
    assert_eq!(deliveries(&effects), [[parcel.key()]], "then it is sent at once");
}

#[test]
fn a_task_that_failed_can_come_back_by_the_claim_that_waits_already() {
    let (mut rig, claim) = Rig::up(2);
    let effects = rig.send(Event::Claimed { claim, answer: tasks(vec![claimed(1, "p")]) });
    let waiting = claims(&effects).remove(0);
    assert_eq!(waiting.holding, [task_id(1)]);
    let fault = Fault::new(FailureClass::Transient, Reason::ProviderError, "a 500");
    let effects = rig.work_ends(1, Work::Failed { calls: Vec::new(), fault });
    let Some(Effect::Store(parcel)) = effects.first() else { panic!("the failure goes to the spool") };
    let failure = Spooled { key: parcel.key(), task: task_id(1), ..spooled(1, ParcelKind::Failure) };
    rig.send(Event::Stored(Box::new(failure)));
    let effects = rig.send(Event::Delivered { keys: vec![parcel.key()], answer: answers(&[parcel.key()]) });
    assert!(effects.contains(&Effect::AbandonClaim(waiting.claim)));
    let again = claims(&effects).remove(0);
    assert_eq!((again.claim, again.vacancies), (waiting.claim, waiting.vacancies), "its grants are not lost");
    assert_eq!(again.holding, []);
}

#[test]
fn more_tasks_than_asked_for_are_handed_back_and_never_started() {
    let (mut rig, claim) = Rig::up(1);
    let answer = tasks(vec![claimed(1, "p"), claimed(2, "p"), claimed(3, "other")]);
    let effects = rig.send(Event::Claimed { claim, answer });
    assert_eq!(started(&effects), [task_id(1)]);
    assert_eq!(released(&effects), [task_id(2), task_id(3)]);
}

#[test]
fn a_claim_whose_answer_was_lost_is_repeated_under_its_id_after_a_renewal() {
    let (mut rig, claim) = Rig::up(1);
    let effects = rig.send(Event::Claimed { claim, answer: away() });
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Say(Notice::Lost(_)))));
    let effects = rig.wait(2);
    assert_eq!((renewals(&effects).len(), claims(&effects).len()), (1, 0));
    let effects = rig.send(Event::Renewed(renewal()));
    assert_eq!(claims(&effects)[0].claim, claim);
    assert!(effects.contains(&Effect::Say(Notice::Back)));
}

#[test]
fn a_pool_is_not_kept_waiting_by_the_long_poll_of_another() {
    let mut rig = Rig::new(&[pool("cpu", 1), pool("gpu", 1)], Vec::new());
    rig.send(Event::Tick);
    let first = claims(&rig.send(Event::Renewed(renewal()))).remove(0);
    assert_eq!(first.vacancies.len(), 2);
    let effects = rig.send(Event::Claimed { claim: first.claim, answer: tasks(vec![claimed(1, "gpu")]) });
    assert_eq!(claims(&effects)[0].vacancies[0].pool.as_str(), "cpu");
    let effects = rig.work_ends(1, done());
    assert_eq!(claims(&effects)[0].vacancies[0].pool.as_str(), "gpu");
}

#[test]
fn an_empty_answer_is_waited_out() {
    let (mut rig, claim) = Rig::up(1);
    assert!(claims(&rig.send(Event::Claimed { claim, answer: tasks(Vec::new()) })).is_empty());
    assert_eq!(rig.state.next_wake(rig.now), Some(std::time::Duration::from_secs(1)));
    assert_eq!(claims(&rig.wait(1)).len(), 1);
}

#[test]
fn all_leases_are_renewed_in_one_call_and_a_new_token_is_used_from_then_on() {
    let (mut rig, claim) = Rig::up(2);
    rig.send(Event::Claimed { claim, answer: tasks(vec![claimed(1, "p"), claimed(2, "p")]) });
    let effects = rig.wait(10);
    assert_eq!(renewals(&effects)[0].leases.len(), 2);
    let renewed = vec![RenewedLease { task: task_id(1), token: token(1, 9), lease_ms: 40_000 }];
    let Ok(reply) = renewal() else { panic!("a renewal") };
    rig.send(Event::Renewed(Ok(RenewReply { renewed, lost: vec![task_id(2)], ..reply })));
    let effects = rig.work_ends(1, done());
    let Some(Effect::Store(parcel)) = effects.first() else { panic!("a parcel") };
    assert_eq!(*parcel.token(), token(1, 9));
}

#[test]
fn work_on_a_lost_or_cancelled_task_is_called_off_and_its_slot_is_free_only_when_it_has_stopped() {
    let (mut rig, claim) = Rig::up(1);
    rig.send(Event::Claimed { claim, answer: tasks(vec![claimed(1, "p")]) });
    rig.wait(10);
    let Ok(reply) = renewal() else { panic!("a renewal") };
    let effects = rig.send(Event::Renewed(Ok(RenewReply { lost: vec![task_id(1)], ..reply })));
    assert!(effects.contains(&Effect::Stop(task_id(1))));
    assert!(claims(&effects).is_empty());
    let effects = rig.work_ends(1, Work::Stopped { calls: Vec::new() });
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Store(_))), "nothing was paid");
    assert_eq!(claims(&effects).len(), 1);
    assert_eq!(rig.state.tally().lost, 1);
}

#[test]
fn a_pause_stops_claims_but_not_work() {
    let (mut rig, claim) = Rig::up(2);
    rig.send(Event::Claimed { claim, answer: tasks(vec![claimed(1, "p")]) });
    rig.wait(10);
    let Ok(reply) = renewal() else { panic!("a renewal") };
    let effects = rig.send(Event::Renewed(Ok(RenewReply { paused: true, ..reply })));
    assert!(effects.contains(&Effect::Say(Notice::Paused)));
    let effects = rig.work_ends(1, done());
    assert!(claims(&effects).is_empty());
    assert_eq!(rig.state.status(rig.now).mode, "paused");
}

#[test]
fn a_revoked_worker_stops_its_work_keeps_its_results_and_leaves() {
    let (mut rig, claim) = Rig::up(2);
    rig.send(Event::Claimed { claim, answer: tasks(vec![claimed(1, "p")]) });
    rig.wait(10);
    let effects = rig.send(Event::Renewed(problem(ProblemType::Unauthenticated)));
    assert!(effects.contains(&Effect::Stop(task_id(1))) && released(&effects).is_empty());
    let effects = rig.work_ends(1, done());
    let Some(Effect::Store(parcel)) = effects.first() else { panic!("a parcel") };
    let stored = Spooled { key: parcel.key(), task: task_id(1), ..spooled(1, ParcelKind::Completion) };
    let effects = rig.send(Event::Stored(Box::new(stored)));
    assert!(deliveries(&effects).is_empty());
    assert!(matches!(exit(&effects), Some(Ending::Revoked(_))));
}

#[test]
fn a_coordinator_of_another_protocol_ends_the_worker_with_its_words() {
    let (mut rig, claim) = Rig::up(1);
    let effects = rig.send(Event::Claimed { claim, answer: problem(ProblemType::UpgradeNeeded) });
    assert!(matches!(exit(&effects), Some(Ending::Incompatible(why)) if why.contains("426")), "{effects:?}");
}

#[test]
fn a_coordinator_that_does_not_know_the_worker_is_registered_with_again() {
    let (mut rig, _) = Rig::up(1);
    rig.wait(10);
    rig.send(Event::Renewed(problem(ProblemType::NotFound)));
    let effects = rig.wait(2);
    assert!(effects.contains(&Effect::Register(Default::default())));
    let effects = rig.send(Event::Registered(Ok(rules().intervals)));
    assert_eq!(renewals(&effects).len(), 1);
}

#[test]
fn a_batch_that_is_refused_as_a_whole_is_halved_until_the_wrong_one_is_alone_and_set_aside() {
    let found = (1..=4).map(|number| spooled(number, ParcelKind::Completion)).collect();
    let mut rig = Rig::new(&[pool("p", 1)], found);
    rig.send(Event::Tick);
    let mut effects = rig.send(Event::Renewed(renewal()));
    let mut set_aside = Vec::new();
    let mut sent = 0;
    while let Some(keys) = deliveries(&effects).pop() {
        sent += 1;
        assert!(sent < 20, "it ends");
        let answer = if keys.contains(&key(3)) { problem(ProblemType::Invalid) } else { answers(&keys) };
        effects = rig.send(Event::Delivered { keys, answer });
        set_aside.extend(
            effects.iter().filter_map(|effect| {
                if let Effect::SetAside { key, .. } = effect { Some(*key) } else { None }
            }),
        );
    }
    assert_eq!(set_aside, [key(3)]);
    assert_eq!(rig.state.tally().accepted, 3);
    assert_eq!(claims(&effects).len(), 1, "then it goes on");
}

#[test]
fn a_result_answered_invalid_is_set_aside_with_its_task_and_the_reason_and_never_forgotten() {
    let found = (1..=2).map(|number| spooled(number, ParcelKind::Completion)).collect();
    let mut rig = Rig::new(&[pool("p", 1)], found);
    rig.send(Event::Tick);
    let keys = deliveries(&rig.send(Event::Renewed(renewal()))).remove(0);
    let Ok(mut mixed) = answers(&keys) else { panic!("answers") };
    mixed[1].answer = Answer::Invalid;
    mixed[1].detail = Some(hafs_proto::BoundedText::clipped("the task does not exist"));
    let effects = rig.send(Event::Delivered { keys, answer: Ok(mixed) });
    assert!(effects.contains(&Effect::Forget(vec![key(1)])), "{effects:?}");
    let set_aside = effects.iter().find_map(|effect| {
        if let Effect::SetAside { key, why } = effect { Some((*key, why.as_str())) } else { None }
    });
    let (refused, why) = set_aside.expect("the other is kept");
    assert_eq!(refused, key(2));
    assert!(why.contains(&task_id(1).to_string()) && why.contains("does not exist"), "{why}");
    let tally = rig.state.tally();
    assert_eq!((tally.accepted, tally.invalid, tally.set_aside), (1, 1, 1));
    assert_eq!(claims(&effects).len(), 1, "it goes on at once");
}

#[test]
fn a_503_is_waited_out_as_long_as_it_says_and_nothing_is_forgotten() {
    let mut rig = Rig::new(&[pool("p", 1)], vec![spooled(1, ParcelKind::Failure)]);
    rig.send(Event::Tick);
    rig.send(Event::Renewed(renewal()));
    let busy = hafs_proto::Problem::new(ProblemType::Overloaded, "busy").retry_after(7_000);
    let answer = Err(CallTrouble::Problem(Box::new(busy)));
    let effects = rig.send(Event::Delivered { keys: vec![key(1)], answer });
    assert!(deliveries(&effects).is_empty());
    assert!(deliveries(&rig.wait(6)).is_empty());
    assert_eq!(deliveries(&rig.wait(1)), [[key(1)]]);
}

#[test]
fn a_full_spool_stops_claims_until_it_has_room_again() {
    let found = (1..=10).map(|number| spooled(number, ParcelKind::Completion)).collect();
    let mut rig = Rig::new(&[pool("p", 1)], found);
    assert!(rig.send(Event::Tick).contains(&Effect::Say(Notice::SpoolFull)));
    let effects = rig.send(Event::Renewed(renewal()));
    let keys = deliveries(&effects).remove(0);
    assert_eq!(keys.len(), 4, "in batches");
    let effects = rig.send(Event::Delivered { answer: answers(&keys), keys });
    assert!(effects.contains(&Effect::Say(Notice::SpoolFree)));
}

#[test]
fn a_result_that_is_only_in_memory_stops_claims_and_is_written_and_sent_as_soon_as_possible() {
    let (mut rig, claim) = Rig::up(2);
    rig.send(Event::Claimed { claim, answer: tasks(vec![claimed(1, "p")]) });
    rig.work_ends(1, done());
    let stored = Spooled { kept: Kept::InMemory, ..spooled(1, ParcelKind::Completion) };
    let effects = rig.send(Event::Stored(Box::new(stored)));
    assert!(
        effects.contains(&Effect::Say(Notice::DiskTrouble)) && effects.contains(&Effect::StoreAgain(key(1)))
    );
    assert_eq!(deliveries(&effects), [[key(1)]]);
    let effects = rig.send(Event::StoredAgain { key: key(1), kept: Kept::InMemory });
    assert!(!effects.contains(&Effect::StoreAgain(key(1))), "not in a tight loop");
    assert!(rig.wait(2).contains(&Effect::StoreAgain(key(1))));
    let effects = rig.send(Event::StoredAgain { key: key(1), kept: Kept::OnDisk });
    assert!(effects.contains(&Effect::Say(Notice::SpoolFree)));
}

#[test]
fn a_drain_finishes_what_runs_hands_back_what_waits_and_recalls_open_claims() {
    let (mut rig, claim) = Rig::up(16);
    let given: Vec<_> = (1..=20).map(|number| claimed(number, "p")).collect();
    let effects = rig.send(Event::Claimed { claim, answer: tasks(given) });
    assert_eq!(started(&effects).len(), 16);
    let effects = rig.work_ends(1, done());
    assert_eq!(started(&effects), [task_id(17)], "claimed ahead, so the slot is never empty");
    let claim = claims(&effects)[0].claim;
    let effects = rig.send(Event::Drain);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::AnnounceDrain(_))));
    assert_eq!(released(&effects), [task_id(18), task_id(19), task_id(20)]);
    rig.send(Event::Released(away()));
    let effects = rig.send(Event::DrainHeard(Ok(())));
    assert!(effects.contains(&Effect::AbandonClaim(claim)));
    let recall = claims(&effects).remove(0);
    assert_eq!((recall.claim, recall.vacancies.len(), recall.wait_ms), (claim, 0, 0));
    let effects = rig.send(Event::Claimed { claim, answer: tasks(vec![claimed(30, "p")]) });
    assert_eq!((started(&effects).len(), released(&effects)), (0, vec![task_id(30)]));
}

#[test]
fn an_idle_worker_drains_at_once() {
    let (mut rig, claim) = Rig::up(1);
    rig.send(Event::Drain);
    rig.send(Event::DrainHeard(Ok(())));
    let effects = rig.send(Event::Claimed { claim, answer: tasks(Vec::new()) });
    assert_eq!(exit(&effects), Some(Ending::Drained));
    assert!(rig.send(Event::Tick).is_empty(), "after the exit nothing is decided");
}

#[test]
fn a_second_signal_or_the_deadline_hands_back_what_runs() {
    for by_signal in [true, false] {
        let (mut rig, claim) = Rig::up(1);
        rig.send(Event::Claimed { claim, answer: tasks(vec![claimed(1, "p")]) });
        rig.send(Event::Drain);
        rig.send(Event::DrainHeard(Ok(())));
        let effects = if by_signal { rig.send(Event::Stop) } else { rig.wait(30) };
        assert_eq!(released(&effects), [task_id(1)]);
        assert!(effects.contains(&Effect::Stop(task_id(1))));
        rig.work_ends(1, Work::Stopped { calls: Vec::new() });
        let reply = hafs_proto::worker::ReleaseReply { released: vec![task_id(1)], stale: Vec::new() };
        let effects = rig.send(Event::Released(Ok(reply)));
        assert_eq!(exit(&effects), Some(Ending::Released));
    }
}

#[test]
fn what_never_stops_and_a_coordinator_that_is_away_cannot_hold_up_a_drain() {
    let (mut rig, claim) = Rig::up(1);
    rig.send(Event::Claimed { claim, answer: tasks(vec![claimed(1, "p")]) });
    rig.send(Event::Drain);
    assert_eq!(exit(&rig.wait(30)), None);
    assert_eq!(exit(&rig.wait(5)), Some(Ending::Released));
}

#[test]
fn a_worker_whose_credential_is_in_use_elsewhere_stops() {
    let (mut rig, _) = Rig::up(1);
    rig.wait(10);
    rig.send(Event::Renewed(problem(ProblemType::Conflict)));
    assert!(rig.wait(2).contains(&Effect::Register(Default::default())));
    let effects = rig.send(Event::Registered(problem(ProblemType::Conflict)));
    assert!(matches!(exit(&effects), Some(Ending::Revoked(_))));
}

#[test]
fn a_worker_whose_place_was_taken_finishes_what_it_holds_delivers_it_and_says_why_it_leaves() {
    let (mut rig, claim) = Rig::up(2);
    rig.send(Event::Claimed { claim, answer: tasks(vec![claimed(1, "p")]) });
    let Ok(reply) = renewal() else { panic!("a reply") };
    rig.wait(10);
    let effects = rig.send(Event::Renewed(Ok(RenewReply { superseded: true, drain: true, ..reply })));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Say(Notice::Superseded(_)))));
    assert!(!effects.contains(&Effect::Stop(task_id(1))), "what was paid for is finished");
    let effects = rig.work_ends(1, done());
    let Some(Effect::Store(parcel)) = effects.first() else { panic!("a parcel") };
    let stored = Spooled { key: parcel.key(), ..spooled(1, ParcelKind::Completion) };
    let key = stored.key;
    assert_eq!(deliveries(&rig.send(Event::Stored(Box::new(stored)))), [[key]]);
    rig.send(Event::DrainHeard(Ok(())));
    let open: Vec<_> = rig.state.claims.keys().copied().collect();
    for claim in open {
        rig.send(Event::Claimed { claim, answer: problem(ProblemType::Superseded) });
    }
    let effects = rig.send(Event::Delivered { keys: vec![key], answer: answers(&[key]) });
    assert!(matches!(exit(&effects), Some(Ending::Superseded(_))), "{effects:?}");
}

#[test]
fn an_idle_worker_whose_place_was_taken_leaves_at_once() {
    let (mut rig, claim) = Rig::up(1);
    let effects = rig.send(Event::Claimed { claim, answer: problem(ProblemType::Superseded) });
    assert!(effects.iter().any(|effect| matches!(effect, Effect::AnnounceDrain(_))), "it is heard once more");
    assert!(matches!(exit(&effects), Some(Ending::Superseded(_))), "it holds nothing: {effects:?}");
}

#[test]
fn a_new_secret_is_asked_for_once_at_a_time_and_again_when_it_came_to_nothing() {
    let (mut rig, _) = Rig::up(1);
    let asked = |effects: &[Effect]| effects.contains(&Effect::Rotate);
    let please = || {
        let Ok(reply) = renewal() else { panic!("a reply") };
        Event::Renewed(Ok(RenewReply { rotate: true, ..reply }))
    };
    rig.wait(10);
    assert!(asked(&rig.send(please())));
    rig.wait(10);
    assert!(!asked(&rig.send(please())), "one is under way");
    let effects = rig.send(Event::Rotated(Err("no answer".to_owned())));
    assert!(effects.contains(&Effect::Say(Notice::NotRotated("no answer".to_owned()))));
    rig.wait(10);
    assert!(asked(&rig.send(please())));
    assert!(rig.send(Event::Rotated(Ok(()))).contains(&Effect::Say(Notice::Rotated)));
}
