//! Which calls wait for a batch.

use std::time::Duration;

use hafs_domain::forecast::{Experience, forecast};
use hafs_domain::lane::{BATCH_WINDOW, choose};
use hafs_domain::quota::Quota;
use hafs_proto::quota::{Limits, Prices};
use hafs_proto::run::Batching;
use hafs_proto::task::Lane;
use hafs_proto::{MicroUsd, RunSpec, TeacherTerms, Timestamp};

use crate::given::{spec, teacher};

const HOUR: Duration = Duration::from_secs(3_600);

fn prices(micro: u64) -> Prices {
    let price = MicroUsd(micro);
    Prices { input: price, cached_input: price, cache_write: price, output: price }
}

fn terms(now: Option<u64>, batch: Option<u64>) -> TeacherTerms {
    TeacherTerms {
        teacher: teacher("writer"),
        key: hafs_proto::BoundedText::clipped("0123456789ab"),
        limits: Limits { requests_per_minute: Some(1), ..Limits::default() },
        prices: now.map(prices),
        batch: batch.map(prices),
        day_budget: None,
    }
}

fn wish(batch: Batching, within_s: Option<u64>) -> RunSpec {
    RunSpec { batch, within_s, ..spec() }
}

#[test]
fn a_call_waits_for_a_batch_where_the_run_allows_it_a_day_is_left_and_it_is_cheaper() {
    let half = terms(Some(2_000_000), Some(1_000_000));
    let two_days = Some(48 * 3_600);
    for (wish, elapsed, terms, lane) in [
        (wish(Batching::Never, None), HOUR, Some(&half), Lane::Now),
        (wish(Batching::Allowed, None), HOUR * 9_000, Some(&half), Lane::Batch),
        (wish(Batching::Allowed, two_days), HOUR * 24, Some(&half), Lane::Batch),
        (wish(Batching::Allowed, two_days), HOUR * 25, Some(&half), Lane::Now),
        (wish(Batching::Allowed, Some(3_600)), Duration::ZERO, Some(&half), Lane::Now),
        (wish(Batching::Allowed, None), HOUR, Some(&terms(Some(1), Some(1))), Lane::Now),
        (wish(Batching::Allowed, None), HOUR, Some(&terms(None, Some(1))), Lane::Batch),
        (wish(Batching::Allowed, None), HOUR, Some(&terms(Some(1), None)), Lane::Now),
        (wish(Batching::Allowed, None), HOUR, None, Lane::Now),
        (wish(Batching::Only, Some(1)), HOUR, None, Lane::Batch),
    ] {
        assert_eq!(choose(&wish, elapsed, terms), lane, "{wish:?} after {elapsed:?} with {terms:?}");
    }
    assert_eq!(BATCH_WINDOW, HOUR * 24);
}

#[test]
fn a_plan_counts_with_the_price_of_a_batch_and_without_the_limits_of_a_minute() {
    let terms = terms(Some(2_000_000), Some(1_000_000));
    let known = [(terms.teacher.clone(), terms)].into();
    let said = |batch| forecast(&wish(batch, None), &known, &Experience::default());
    let (now, batch) = (said(Batching::Never), said(Batching::Allowed));
    assert_eq!(batch.cost.map(|cost| cost.0 * 2), now.cost.map(|cost| cost.0));
    assert!(now.seconds.is_some() && batch.seconds.is_none());
    assert!(batch.assumptions.iter().any(|text| text.contains("in batches")));
}

#[test]
fn a_batch_takes_nothing_from_the_limits_of_a_minute() {
    let mut quota = Quota::default();
    let told = terms(None, None);
    quota.tell([&told].into_iter());
    let before = quota.clone();
    for _ in 0..100 {
        assert_eq!(quota.admit_batch(Timestamp::EPOCH), Ok(hafs_domain::quota::Need::default()));
    }
    assert_eq!(quota, before);
}
