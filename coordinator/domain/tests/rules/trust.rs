use std::time::Duration;

use hafs_domain::trust::{Observation, Rules, Standing, contradiction, proved};
use hafs_proto::check::{Field, Finding};
use hafs_proto::{Check, CheckedBy, Outcome, Reason, Timestamp, TrustState};
use proptest::prelude::*;

const RULES: Rules = Rules::CAUTIOUS;

fn day(n: u64) -> Timestamp {
    Timestamp::EPOCH.plus(Duration::from_secs(n * 24 * 3_600))
}

fn contradicted() -> Observation {
    Observation::Contradicted { what: "check `assembly`".to_owned() }
}

/// A worker that joined on day 0, after these observations on `at`.
fn after(seen: &[Observation], at: Timestamp) -> Standing {
    let fresh = Standing::fresh(day(0));
    seen.iter().fold(fresh, |standing, one| standing.after(one, at, &RULES).standing)
}

fn times(what: &Observation, count: usize) -> Vec<Observation> {
    vec![what.clone(); count]
}

#[test]
fn the_first_confirmed_result_puts_a_worker_on_probation_and_ten_in_a_row_make_it_trusted() {
    let confirmed = |count| after(&times(&Observation::Confirmed, count), day(2)).state;
    assert_eq!(confirmed(0), TrustState::New);
    assert_eq!([confirmed(1), confirmed(9)], [TrustState::Probation; 2]);
    assert_eq!(confirmed(10), TrustState::Trusted);
}

#[test]
fn nobody_is_trusted_on_the_day_of_joining() {
    let busy = after(&times(&Observation::Confirmed, 1_000), Timestamp::EPOCH);
    assert_eq!(busy.state, TrustState::Probation);
    let next_day = busy.after(&Observation::Confirmed, day(1), &RULES);
    assert_eq!(next_day.standing.state, TrustState::Trusted);
    assert!(next_day.moved.is_some_and(|moved| moved.why.contains("1001 results in a row")));
}

#[test]
fn a_contradiction_suspends_whoever_it_is() {
    for trusted in [0, 1, 10] {
        let mut seen = times(&Observation::Confirmed, trusted);
        seen.push(contradicted());
        assert_eq!(after(&seen, day(2)).state, TrustState::Suspended, "after {trusted} confirmed results");
    }
}

#[test]
fn a_suspended_worker_stays_suspended_until_people_decide_otherwise() {
    let suspended = after(&[contradicted()], day(1));
    let again = times(&Observation::Confirmed, 50);
    let still = again.iter().fold(suspended, |standing, one| standing.after(one, day(9), &RULES).standing);
    assert_eq!(still.state, TrustState::Suspended);
    let set = still.set(TrustState::Probation, "looked into it", day(10)).standing;
    assert_eq!((set.state, set.confirmed, set.since), (TrustState::Probation, 0, day(10)));
}

#[test]
fn a_copied_credential_costs_the_trust_and_not_the_work() {
    let mut seen = times(&Observation::Confirmed, 10);
    seen.push(Observation::Cloned);
    let copied = after(&seen, day(2));
    assert_eq!((copied.state, copied.confirmed), (TrustState::Probation, 0));
    assert_eq!(after(&[Observation::Cloned], day(2)).state, TrustState::New);
}

#[test]
fn forged_tokens_and_wrong_deliveries_suspend_after_so_many() {
    let state = |what: &Observation, count| after(&times(what, count), day(2)).state;
    assert_eq!(state(&Observation::ForgedToken, 4), TrustState::New);
    assert_eq!(state(&Observation::ForgedToken, 5), TrustState::Suspended);
    assert_eq!(state(&Observation::Invalid, 19), TrustState::New);
    assert_eq!(state(&Observation::Invalid, 20), TrustState::Suspended);
    let mut mixed = times(&Observation::Invalid, 19);
    mixed.push(Observation::Confirmed);
    mixed.extend(times(&Observation::Invalid, 19));
    assert_eq!(
        after(&mixed, day(2)).state,
        TrustState::Probation,
        "a confirmed result starts the count anew"
    );
}

fn check(by: CheckedBy, name: &str, version: u32, outcome: Outcome) -> Check {
    Check { name: name.parse().expect("a name"), version, by, outcome, tool: None }
}

fn fails() -> Outcome {
    Outcome::from_findings(vec![Finding::new(Reason::SyntaxError, Field::Output, "no such opcode")])
}

#[test]
fn only_what_the_coordinator_has_run_itself_proves_a_sample() {
    let own = |name, outcome| check(CheckedBy::Coordinator, name, 1, outcome);
    assert!(proved(&[own("assembly", Outcome::Pass)]));
    assert!(!proved(&[own("syntax", Outcome::Pass)]), "that it parses says nothing of what it does");
    assert!(!proved(&[own("assembly", Outcome::NotApplicable)]));
    assert!(!proved(&[own("assembly", fails())]));
    assert!(!proved(&[check(CheckedBy::Worker, "assembly", 1, Outcome::Pass)]), "a worker's word is a claim");
}

#[test]
fn a_report_is_contradicted_by_another_outcome_of_the_same_version_alone() {
    let own = [check(CheckedBy::Coordinator, "assembly", 2, fails())];
    let says =
        |version, outcome| contradiction(&check(CheckedBy::Worker, "assembly", version, outcome), &own);
    assert!(says(2, Outcome::Pass).is_some_and(|what| what.contains("says pass")));
    assert_eq!(says(2, fails()), None);
    assert_eq!(says(1, Outcome::Pass), None, "versions are not comparable");
    assert_eq!(says(2, Outcome::NotApplicable), None);
    assert_eq!(contradiction(&check(CheckedBy::Worker, "other", 2, Outcome::Pass), &own), None);
}

fn observation() -> impl Strategy<Value = Observation> {
    prop_oneof![
        8 => Just(Observation::Confirmed),
        1 => Just(contradicted()),
        2 => Just(Observation::ForgedToken),
        4 => Just(Observation::Invalid),
        1 => Just(Observation::Cloned),
    ]
}

proptest! {
    #[test]
    fn trust_is_only_ever_earned_by_ten_confirmed_results_in_a_row(
        seen in proptest::collection::vec((observation(), 0_u64..3), 0..200),
    ) {
        let (mut standing, mut row, mut now) = (Standing::fresh(day(0)), 0_u32, 0);
        for (one, days) in seen {
            now += days;
            row = match one {
                Observation::Confirmed => row + 1,
                Observation::Contradicted { .. } | Observation::Cloned => 0,
                Observation::ForgedToken | Observation::Invalid => row,
            };
            let change = standing.after(&one, day(now), &RULES);
            if let Some(moved) = &change.moved {
                prop_assert_ne!(moved.from, TrustState::Suspended);
                prop_assert_eq!(moved.to, change.standing.state);
                prop_assert!(!moved.why.is_empty());
                if moved.to == TrustState::Trusted {
                    prop_assert!(row >= RULES.confirmed && now >= 1);
                }
                prop_assert_eq!(change.standing.since, day(now));
            }
            standing = change.standing;
        }
    }
}
