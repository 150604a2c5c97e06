//! Limits and circuits of teachers: what a fleet of any size may do with one key.

use std::collections::VecDeque;
use std::time::Duration;

use hafs_domain::quota::{
    Admission, Bucket, Cause, Change, Circuit, DayCount, Ended, Meter, Need, Quota, Sign, Standing, next_day,
};
use hafs_proto::people::TeacherStanding;
use hafs_proto::quota::{Left, Limits, Seen};
use hafs_proto::task::FailureClass;
use hafs_proto::teacher::{CallError, Usage};
use hafs_proto::{CallRecord, ContentHash, MicroUsd, Reason, StopReason, TaskId, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

const START: i64 = 1_790_000_000_000;

fn at(ms: u64) -> Timestamp {
    Timestamp::from_millis(START).expect("a time").plus(Duration::from_millis(ms))
}

fn task(number: u64) -> TaskId {
    TaskId::from_uuid(Uuid::from_u128(u128::from(number)))
}

fn usage(input: u64, output: u64) -> Usage {
    Usage { input, output, reported: true, ..Usage::default() }
}

fn per_minute(requests: u64) -> Limits {
    Limits { requests_per_minute: Some(requests), ..Limits::default() }
}

fn quota(limits: Limits) -> Quota {
    let mut quota = Quota::default();
    quota.meter.tell(limits);
    quota
}

fn ended(task: TaskId, held: Need, used: &[Usage], sign: Sign) -> Ended<'_> {
    Ended { task, held, most: held, used, sign }
}

/// The most that falls into one minute.
fn busiest_minute(taken: &[(u64, u64)]) -> u64 {
    let within = |from: u64| taken.iter().filter(move |(ms, _)| (from..from + 60_000).contains(ms));
    taken.iter().map(|(ms, _)| within(*ms).map(|(_, amount)| amount).sum()).max().unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_bucket_never_holds_more_than_its_capacity_and_lets_no_minute_have_more_than_the_limit(
        limit in 1_u64..5_000, steps in prop::collection::vec((0_u64..9_000, 1_u64..400, any::<bool>()), 1..300),
    ) {
        let mut bucket = Bucket::new(limit);
        let (mut now, mut taken, mut largest) = (0, Vec::new(), 0);
        for (pause, amount, patient) in steps {
            now += pause;
            let ready = bucket.ready_at(amount, at(now));
            if ready > at(now) {
                prop_assert!(bucket.level(at(now)) < amount);
                if !patient {
                    continue;
                }
                now += u64::try_from(ready.since(at(now)).as_millis()).expect("small");
                prop_assert_eq!(bucket.ready_at(amount, at(now)), at(now), "it says when, and keeps its word");
            }
            bucket.take(amount, at(now));
            taken.push((now, amount));
            largest = largest.max(amount);
            prop_assert!(bucket.level(at(now)) <= bucket.capacity());
        }
        // One amount may be larger than the bucket: it goes through when the bucket is full.
        let owed = largest.saturating_sub(bucket.capacity());
        prop_assert!(busiest_minute(&taken) <= limit + owed);
    }

    #[test]
    fn a_fleet_that_always_has_work_uses_nineteen_of_twenty_and_never_more_than_the_limit(
        limit in 20_u64..600, workers in 1_usize..16, latency in 1_u64..30_000,
    ) {
        let mut quota = quota(per_minute(limit));
        let (mut busy, mut taken, mut now, mut number) = (VecDeque::new(), Vec::new(), 0_u64, 0_u64);
        let minutes = 5;
        while now < minutes * 60_000 {
            while busy.front().is_some_and(|(until, _, _)| *until <= now) {
                let Some((_, id, held)) = busy.pop_front() else { break };
                quota.end(ended(id, held, &[usage(10, 10)], Sign::Answers), at(now));
            }
            if busy.len() < workers * 64 && let Ok(held) = quota.admit(task(number), Need::default(), Duration::from_secs(90), at(now)) {
                busy.push_back((now + latency, task(number), held));
                taken.push((now, 1));
                number += 1;
                continue;
            }
            now += 25;
        }
        prop_assert!(busiest_minute(&taken) <= limit);
        let enough_hands = workers as u64 * 64 * 60_000 / latency > limit;
        let wanted = limit * minutes * 95 / 100 - minutes;
        prop_assert!(!enough_hands || number >= wanted, "{number} of {}", limit * minutes);
    }

    #[test]
    fn tokens_in_a_minute_exceed_the_limit_by_no_more_than_was_estimated_too_low(
        limit in 1_000_u64..50_000, calls in prop::collection::vec((0_u64..4_000, 1_u64..3_000, 1_u64..3_000, 0_u64..20_000), 1..200),
    ) {
        let limits = Limits { output_tokens_per_minute: Some(limit), ..Limits::default() };
        let mut quota = quota(limits);
        let (mut now, mut open, mut used, mut errors, mut largest) = (0, Vec::new(), Vec::new(), Vec::new(), 0);
        for (number, (pause, most, real, latency)) in calls.into_iter().enumerate() {
            now += pause;
            open.retain(|(until, id, held, real): &(u64, TaskId, Need, u64)| {
                let over = *until <= now;
                if over {
                    quota.end(ended(*id, *held, &[usage(0, *real)], Sign::Answers), at(now));
                }
                !over
            });
            let id = task(number as u64);
            let most = Need { input: 0, output: most };
            if let Ok(held) = quota.admit(id, most, Duration::from_secs(90), at(now)) {
                used.push((now, real));
                errors.push((now, real.saturating_sub(held.output)));
                largest = largest.max(held.output);
                open.push((now + latency, id, held, real));
            }
        }
        let bound = limit + largest + errors.iter().map(|(_, error)| error).sum::<u64>();
        prop_assert!(busiest_minute(&used) <= bound);
    }

    #[test]
    fn what_is_reserved_and_given_back_leaves_nothing_behind(
        limit in 1_u64..500, pauses in prop::collection::vec(0_u64..500, 1..100),
    ) {
        let (mut quota, untouched) = (quota(per_minute(limit)), quota(per_minute(limit)));
        let mut now = 0;
        for (number, pause) in pauses.into_iter().enumerate() {
            now += pause;
            let id = task(number as u64);
            let before = quota.meter.room(at(now));
            if let Ok(held) = quota.admit(id, Need::default(), Duration::from_secs(1), at(now)) {
                quota.undo(id, held, at(now));
            }
            prop_assert!(quota.meter.room(at(now)) >= before);
        }
        now += 1;
        prop_assert_eq!(quota.meter.room(at(now)), untouched.meter.room(at(now)));
    }

    #[test]
    fn of_two_deadlines_the_later_one_counts(first in 0_u64..90_000, second in 0_u64..90_000, gap in 0_u64..90_000) {
        let mut meter = Meter::default();
        meter.limited(Some(Duration::from_millis(first)), at(0));
        meter.limited(Some(Duration::from_millis(second)), at(gap));
        let later = at(first).max(at(gap + second));
        prop_assert_eq!(meter.ready_at(at(gap)), later.max(at(gap)));
    }

    #[test]
    fn a_circuit_tries_one_task_at_a_time_and_an_answer_always_closes_it(
        steps in prop::collection::vec((0_u64..700_000, 0_u64..6, 0_u8..5), 1..80),
    ) {
        let mut circuit = Circuit::default();
        let mut now = 0;
        for (pause, number, outcome) in steps {
            now += pause;
            let admission = circuit.admits(at(now));
            if matches!(admission, Admission::Open | Admission::Probe) {
                circuit.admit(task(number), Duration::from_secs(90), at(now));
            }
            if admission == Admission::Probe {
                prop_assert!(matches!(circuit.admits(at(now)), Admission::Until(_)), "the probe is alone");
            }
            let locked = matches!(admission, Admission::Locked(_));
            let sign = match outcome {
                0 => Sign::Answers,
                1 => Sign::Falters("500".to_owned()),
                2 => Sign::Away("404".to_owned()),
                3 => Sign::Refused(Cause::KeyRefused, "401".to_owned()),
                _ => Sign::Silent,
            };
            circuit.heed(task(number), sign, at(now));
            match (outcome, circuit.admits(at(now))) {
                (0, after) => prop_assert_eq!(after == Admission::Open, !locked),
                (3, after) => prop_assert_eq!(after, Admission::Locked(Cause::KeyRefused)),
                (_, Admission::Until(until)) => prop_assert!(until <= at(now + 600_000)),
                (_, _) => {}
            }
        }
        circuit.resume();
        prop_assert_eq!(circuit.admits(at(now)), Admission::Open);
    }
}

#[test]
fn an_estimate_larger_than_its_bucket_goes_through_when_the_bucket_is_full_and_is_paid_back() {
    let mut bucket = Bucket::new(1_000);
    assert_eq!(bucket.ready_at(5_000, at(0)), at(0));
    bucket.take(5_000, at(0));
    let ready = bucket.ready_at(1, at(0)).since(at(0));
    assert!((Duration::from_secs(290)..Duration::from_secs(330)).contains(&ready), "{ready:?}");
}

#[test]
fn a_days_limit_begins_anew_at_midnight() {
    let mut day = DayCount::new(2);
    day.take(2, at(0));
    assert_eq!((day.left(at(0)), day.ready_at(at(0))), (0, next_day(at(0))));
    assert_eq!(day.left(next_day(at(0))), 2);
    day.give_back(1, at(0));
    assert_eq!(day.left(at(0)), 1);
}

#[test]
fn what_headers_say_is_left_lowers_the_bucket_and_teaches_limits_that_nobody_has_told() {
    let mut meter = Meter::default();
    assert_eq!(meter.room(at(0)), None, "nothing is limited");
    let left = Left { limit: Some(600), remaining: Some(2), reset_ms: Some(59_000) };
    let seen = Seen {
        teacher: "cloud/large".parse().expect("a teacher"),
        requests: Some(left),
        input_tokens: None,
        output_tokens: None,
        tokens: None,
    };
    meter.observe(&seen, at(0));
    assert_eq!((meter.limits().requests_per_minute, meter.room(at(0))), (Some(600), Some(2)));
    meter.tell(per_minute(60));
    assert_eq!(meter.limits().requests_per_minute, Some(60), "the lower one counts");
    let empty = Seen { requests: Some(Left { remaining: Some(0), ..left }), ..seen };
    meter.observe(&empty, at(0));
    assert_eq!(meter.ready_at(at(0)), at(59_000), "nothing is left until the provider's own reset");
}

#[test]
fn replies_that_are_shorter_than_allowed_let_more_calls_run_at_once() {
    let limits = Limits { output_tokens_per_minute: Some(20_000), ..Limits::default() };
    let mut quota = quota(limits);
    let most = Need { input: 900, output: 4_000 };
    for number in 0..30 {
        let now = at(number * 60_000);
        let held =
            quota.admit(task(number), most, Duration::from_secs(90), now).expect("a minute has passed");
        let used = [usage(800, 200)];
        quota.end(Ended { task: task(number), held, most, used: &used, sign: Sign::Answers }, now);
    }
    let expected = quota.meter.expected(most);
    assert!((200..400).contains(&expected.output), "{expected:?}");
}

fn failed(status: Option<u16>) -> Vec<CallRecord> {
    vec![CallRecord {
        teacher: "cloud/large".parse().expect("a teacher"),
        served_model: None,
        request_id: None,
        stop: StopReason::Error,
        usage: Usage::default(),
        latency_ms: 1,
        cost: MicroUsd::ZERO,
        prompt_hash: ContentHash::of(b"x"),
        reply_hash: None,
        reply_excerpt: None,
        error: Some(CallError {
            reason: Reason::ProviderError,
            status,
            message: hafs_proto::BoundedText::clipped("said"),
        }),
    }]
}

#[test]
fn each_failure_says_what_it_means_for_the_provider() {
    use FailureClass as Class;
    let said = || "said".to_owned();
    let wait = Some(Duration::from_secs(7));
    for (class, status, sign) in [
        (Class::ModelMissing, Some(401), Sign::Refused(Cause::KeyRefused, said())),
        (Class::ModelMissing, Some(403), Sign::Refused(Cause::KeyRefused, said())),
        (Class::RateLimited, Some(402), Sign::Refused(Cause::NoFunds, said())),
        (Class::ModelMissing, Some(404), Sign::Away(said())),
        (Class::RateLimited, Some(429), Sign::Limited(wait)),
        (Class::RateLimited, Some(529), Sign::Falters(said())),
        (Class::Transient, Some(500), Sign::Falters(said())),
        (Class::Transient, None, Sign::Silent),
        (Class::Invalid, None, Sign::Answers),
        (Class::Refused, Some(200), Sign::Answers),
        (Class::Poison, Some(413), Sign::Answers),
    ] {
        assert_eq!(Sign::of(class, wait, &failed(status)), sign, "{class:?} {status:?}");
    }
    assert_eq!(Sign::of(Class::Transient, None, &[]), Sign::Silent, "no call was made");
}

#[test]
fn a_refused_key_stays_locked_until_someone_resumes_it_and_five_failures_only_pause() {
    let mut quota = quota(Limits::default());
    let hold = |quota: &mut Quota, number| {
        quota.admit(task(number), Need::default(), Duration::from_secs(90), at(0))
    };
    for number in 0..5 {
        let held = hold(&mut quota, number).expect("open");
        let change = quota.end(ended(task(number), held, &[], Sign::Falters("500".to_owned())), at(0));
        assert_eq!(change, (number == 4).then_some(Change::Opened));
    }
    let shut = hold(&mut quota, 9).expect_err("it pauses");
    assert_eq!((shut.standing, shut.until), (TeacherStanding::Pausing, Some(at(10_000))));
    let refused = Sign::Refused(Cause::KeyRefused, "401: bad key".to_owned());
    let change = quota.end(ended(task(9), Need::default(), &[], refused), at(0));
    assert_eq!(change, Some(Change::Locked));
    let Standing::Shut(shut) = quota.standing(next_day(at(0))) else { panic!("it is locked for good") };
    assert_eq!((shut.standing, shut.until), (TeacherStanding::Locked, None));
    assert!(shut.why.contains("401: bad key") && shut.why.contains("give the worker a key"), "{}", shut.why);
    assert_eq!(quota.circuit.resume(), Some(Change::Closed));
    assert!(matches!(quota.standing(at(0)), Standing::Open(None)));
}
