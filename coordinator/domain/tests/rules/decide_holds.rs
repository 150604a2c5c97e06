use std::collections::BTreeMap;

use hafs_domain::decide::{Evidence, Ruling, Step, decide};
use hafs_proto::run::Policy;
use hafs_proto::{Check, CheckedBy, Outcome, Reason, Verdict};
use proptest::prelude::*;

use crate::given::{at, check, fail, policy, teacher, teachers, unchecked, verdict};

const JUDGES: [&str; 4] = ["a", "b", "c", "writer"];

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::Pass),
        1 => Just(Outcome::NotApplicable),
        1 => Just(unchecked()),
        1 => proptest::sample::subsequence(Reason::ALL, 0..4).prop_map(|reasons| fail(&reasons)),
    ]
}

fn checks() -> impl Strategy<Value = Vec<Check>> {
    let one =
        (0..4, 1..3_u32, any::<bool>(), outcomes()).prop_map(|(name, version, worker, outcome)| Check {
            version,
            by: if worker { CheckedBy::Worker } else { CheckedBy::Coordinator },
            ..check(&format!("check-{name}"), outcome)
        });
    proptest::collection::vec(one, 0..6)
}

fn verdicts() -> impl Strategy<Value = Vec<Verdict>> {
    let one = (0..JUDGES.len(), 0..=10_u32, 0..3_i64).prop_map(|(judge, tenths, time)| Verdict {
        created_at: at(time),
        ..verdict(JUDGES[judge], f64::from(tenths) / 10.0, &[])
    });
    proptest::collection::vec(one, 0..6)
}

fn policies() -> impl Strategy<Value = Policy> {
    (0..4_u32, 0..5_u32, any::<bool>(), any::<bool>()).prop_map(|(agree, of, self_judge, allow_unchecked)| {
        Policy { agree, of, self_judge, allow_unchecked, ..policy() }
    })
}

fn rule(policy: &Policy, checks: &[Check], judges: usize, verdicts: &[Verdict]) -> Ruling {
    decide(&Evidence {
        policy,
        needed: &[],
        checks,
        author: &teacher("writer"),
        judges: &teachers(&JUDGES[..judges].join(" ")),
        families: &BTreeMap::new(),
        given_up: &[],
        verdicts,
    })
}

proptest! {
    #[test]
    fn adding_a_failing_check_never_turns_a_rejection_into_anything_else_and_accepts_nothing(
        (policy, checks, judges, verdicts) in (policies(), checks(), 0..=4_usize, verdicts()),
        reason in proptest::sample::select(Reason::ALL),
    ) {
        let before = rule(&policy, &checks, judges, &verdicts);
        let mut more = checks;
        more.push(check("extra", fail(&[reason])));
        let after = rule(&policy, &more, judges, &verdicts);
        let Step::Reject(reasons) = after.step else { return Err(TestCaseError::fail("not rejected")) };
        prop_assert!(reasons.contains(&reason));
        if let Step::Reject(old) = before.step {
            prop_assert!(old.iter().all(|reason| reasons.contains(reason)), "no reason is forgotten");
        }
    }

    #[test]
    fn what_is_accepted_has_a_passed_check_no_failed_one_and_nothing_unchecked_unless_allowed(
        (policy, checks, judges, verdicts) in (policies(), checks(), 0..=4_usize, verdicts()),
    ) {
        // One version and one checker, so that no check stands for another.
        let checks: Vec<Check> = checks
            .into_iter()
            .map(|check| Check { version: 1, by: CheckedBy::Coordinator, ..check })
            .collect();
        let ran_elsewhere = |name| checks.iter().any(|other| {
            other.name == name && !matches!(other.outcome, Outcome::Unchecked { .. })
        });
        if rule(&policy, &checks, judges, &verdicts).step == Step::Accept {
            prop_assert!(checks.iter().any(|check| check.outcome == Outcome::Pass));
            let failed = checks.iter().any(|check| matches!(check.outcome, Outcome::Fail { .. }));
            prop_assert!(!failed);
            for check in checks.iter().filter(|check| matches!(check.outcome, Outcome::Unchecked { .. })) {
                prop_assert!(policy.allow_unchecked || ran_elsewhere(check.name.clone()));
            }
        }
    }

    #[test]
    fn the_order_of_checks_and_verdicts_is_irrelevant(
        (policy, checks, judges) in (policies(), checks(), 0..=4_usize),
        (mut verdicts, seed) in (verdicts(), any::<prop::sample::Selector>()),
    ) {
        for (nth, verdict) in verdicts.iter_mut().enumerate() {
            verdict.id = crate::given::id(nth as u128);
        }
        let mut shuffled = checks.clone();
        shuffled.sort_by_key(|check| std::cmp::Reverse((check.name.clone(), check.version, check.outcome.word())));
        let rotated: Vec<_> = verdicts.iter().rev().cloned().collect();
        let first = seed.select(0..verdicts.len().max(1));
        let mut turned = verdicts.clone();
        turned.rotate_left(first.min(verdicts.len()));
        let expected = rule(&policy, &checks, judges, &verdicts);
        prop_assert_eq!(&rule(&policy, &shuffled, judges, &rotated), &expected);
        prop_assert_eq!(&rule(&policy, &checks, judges, &turned), &expected);
    }

    #[test]
    fn a_rejection_has_reasons_and_asking_ends_after_every_judge_was_asked(
        (policy, checks, judges) in (policies(), checks(), 0..=4_usize),
        votes in proptest::collection::vec(0..=10_u32, 5),
    ) {
        let mut verdicts = Vec::new();
        for tenths in votes {
            match rule(&policy, &checks, judges, &verdicts).step {
                Step::Ask(judge) => {
                    prop_assert!(verdicts.iter().all(|verdict: &Verdict| verdict.judge != judge), "asked twice");
                    prop_assert!(policy.self_judge || judge != teacher("writer"));
                    verdicts.push(verdict(judge.model(), f64::from(tenths) / 10.0, &[]));
                }
                Step::Reject(reasons) => prop_assert!(!reasons.is_empty()),
                Step::Check(name) => prop_assert!(false, "{} is not needed", name),
                Step::Accept | Step::Blocked(_) => {}
            }
        }
        prop_assert!(verdicts.len() <= policy.of as usize, "no more judges than the policy pays for");
        let last = rule(&policy, &checks, judges, &verdicts).step;
        prop_assert!(!matches!(last, Step::Ask(_)));
    }
}
