use std::time::Duration;

use hafs_domain::retry::{AfterFailure, Failed, RetryPolicy, Tries, jitter};
use hafs_proto::task::FailureClass;
use hafs_proto::{Attempt, Reason};
use proptest::prelude::*;

use crate::given::{at, id};

fn failed(class: FailureClass) -> Failed {
    Failed { class, reason: Reason::ProviderError, retry_after: None }
}

fn tries(failures: u32, losses: u32, deferrals: u32) -> Tries {
    Tries { failures, losses, deferrals }
}

fn after(class: FailureClass, before: Tries) -> AfterFailure {
    RetryPolicy::default().after_failure(&failed(class), before, 3, (0.5, at(0)))
}

#[test]
fn each_class_counts_and_ends_as_its_documentation_says() {
    for (class, before, retried, counted) in [
        (FailureClass::Transient, tries(0, 0, 0), true, tries(1, 0, 0)),
        (FailureClass::Transient, tries(2, 0, 0), false, tries(3, 0, 0)),
        (FailureClass::OutOfMemory, tries(1, 0, 0), true, tries(2, 0, 0)),
        (FailureClass::Invalid, tries(2, 0, 7), false, tries(3, 0, 7)),
        (FailureClass::RateLimited, tries(2, 0, 9), true, tries(2, 0, 10)),
        (FailureClass::ModelMissing, tries(2, 0, 0), true, tries(2, 0, 1)),
        (FailureClass::RateLimited, tries(0, 0, 999), false, tries(0, 0, 1_000)),
        (FailureClass::Refused, tries(0, 0, 0), false, tries(1, 0, 0)),
        (FailureClass::Poison, tries(0, 0, 0), false, tries(1, 0, 0)),
    ] {
        match after(class, before) {
            AfterFailure::Retry { tries, .. } => assert_eq!((true, tries), (retried, counted), "{class:?}"),
            AfterFailure::Dead { tries, reason } => {
                assert_eq!((false, tries), (retried, counted), "{class:?}");
                assert_eq!(reason.reason, Reason::ProviderError);
            }
        }
    }
}

#[test]
fn any_answer_shows_that_the_task_does_not_kill_its_workers() {
    let AfterFailure::Retry { tries: counted, .. } = after(FailureClass::Invalid, tries(0, 2, 0)) else {
        panic!("dead")
    };
    assert_eq!(counted, tries(1, 0, 0));
}

#[test]
fn leases_lost_in_a_row_make_a_task_poison() {
    let policy = RetryPolicy::default();
    let AfterFailure::Retry { tries: once, .. } = policy.after_loss(Tries::default(), 0.0, at(0)) else {
        panic!("dead")
    };
    assert_eq!(once, tries(0, 1, 0));
    let AfterFailure::Dead { reason, .. } = policy.after_loss(tries(0, 2, 0), 0.0, at(0)) else {
        panic!("alive")
    };
    assert_eq!(reason.reason, Reason::Timeout);
    assert!(reason.detail.contains("3 leases in a row"), "{}", reason.detail);
}

#[test]
fn a_providers_wish_is_honoured_up_to_an_hour() {
    for (wish_s, expected_ms) in [(90, 90_000), (86_400, 3_600_000)] {
        let failed =
            Failed { retry_after: Some(Duration::from_secs(wish_s)), ..failed(FailureClass::RateLimited) };
        let after = RetryPolicy::default().after_failure(&failed, Tries::default(), 3, (0.0, at(0)));
        let AfterFailure::Retry { not_before, .. } = after else { panic!("dead") };
        assert_eq!(not_before, at(expected_ms));
    }
}

proptest! {
    #[test]
    fn the_delay_is_between_the_base_and_the_cap_and_grows_with_jitter(
        nth in any::<u32>(), low in 0.0..1.0_f64, high in 0.0..1.0_f64,
    ) {
        let policy = RetryPolicy::default();
        let (low, high) = (low.min(high), low.max(high));
        let (short, long) = (policy.backoff(nth, low), policy.backoff(nth, high));
        prop_assert!(policy.base <= short && short <= long && long <= policy.cap);
    }

    #[test]
    fn no_jitter_and_no_count_breaks_it(nth in any::<u32>(), jitter in any::<f64>(), count in any::<u32>()) {
        let policy = RetryPolicy::default();
        prop_assert!((policy.base..=policy.cap).contains(&policy.backoff(nth, jitter)));
        let many = tries(count, count, count);
        let _ = policy.after_loss(many, jitter, at(0));
        let _ = policy.after_failure(&failed(FailureClass::RateLimited), many, count, (jitter, at(0)));
    }

    #[test]
    fn every_row_of_failures_and_losses_ends(classes in proptest::collection::vec(0..8_usize, 0..4_000)) {
        let policy = RetryPolicy { max_deferrals: 20, ..RetryPolicy::default() };
        let mut now = Tries::default();
        let mut steps = 0_u32;
        for nth in classes.into_iter().chain(std::iter::repeat(0)) {
            let after = match FailureClass::ALL.get(nth) {
                Some(class) => policy.after_failure(&failed(*class), now, 5, (0.5, at(0))),
                None => policy.after_loss(now, 0.5, at(0)),
            };
            steps += 1;
            match after {
                AfterFailure::Retry { tries, .. } => now = tries,
                AfterFailure::Dead { .. } => break,
            }
        }
        prop_assert!(steps <= 3 * (5 + 20), "{steps} attempts");
    }

    #[test]
    fn jitter_is_a_share_and_differs_between_attempts(task in any::<u128>(), attempt in any::<u32>()) {
        let one = jitter(id(task), Attempt(attempt));
        prop_assert!((0.0..1.0).contains(&one));
        prop_assert!(one.to_bits() != jitter(id(task), Attempt(attempt.wrapping_add(1))).to_bits());
    }
}
