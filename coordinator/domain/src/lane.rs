//! Whether a call may wait for a batch: for half the price, answered within a day.

use std::time::Duration;

use hafs_proto::quota::Prices;
use hafs_proto::run::Batching;
use hafs_proto::task::Lane;
use hafs_proto::{MicroUsd, RunSpec, TeacherTerms};

/// Within this a provider has answered a batch or given it back. Source: OpenAI's, Anthropic's and Gemini's batch APIs
/// all say 24 hours.
pub const BATCH_WINDOW: Duration = Duration::from_secs(24 * 3_600);

/// How a teacher with these terms is asked for a run that began so long ago.
#[must_use]
pub fn choose(spec: &RunSpec, elapsed: Duration, terms: Option<&TeacherTerms>) -> Lane {
    match spec.batch {
        Batching::Never => Lane::Now,
        Batching::Only => Lane::Batch,
        Batching::Allowed if is_in_time(spec, elapsed) && terms.is_some_and(is_cheaper) => Lane::Batch,
        Batching::Allowed => Lane::Now,
    }
}

/// The terms that count in a lane: those of a batch have its prices.
#[must_use]
pub fn terms_in(lane: Lane, terms: &TeacherTerms) -> TeacherTerms {
    match lane {
        Lane::Now => terms.clone(),
        Lane::Batch => TeacherTerms { prices: terms.batch, ..terms.clone() },
    }
}

fn is_in_time(spec: &RunSpec, elapsed: Duration) -> bool {
    spec.within_s.is_none_or(|within| elapsed + BATCH_WINDOW <= Duration::from_secs(within))
}

/// By what a prompt of three thousand tokens with a reply of a thousand costs at most.
fn is_cheaper(terms: &TeacherTerms) -> bool {
    let cost = |prices: Option<Prices>| prices.map(|prices| prices.most(3_000, 1_000));
    cost(terms.batch).is_some_and(|batch| batch < cost(terms.prices).unwrap_or(MicroUsd(u64::MAX)))
}
