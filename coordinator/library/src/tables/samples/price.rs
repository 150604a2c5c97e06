//! What an accepted sample has cost.

use hafs_proto::people::SamplePrice;
use hafs_proto::{MicroUsd, RunId, Sample, SampleState};

use crate::db::{Tx, args, scalar};
use crate::error::StoreError;
use crate::tables::budget;

/// The price of an accepted sample: its share of the attempt that made it and its judges, and its share of what the run
/// paid for nothing. The prices of all accepted samples of a run add up to what the run has spent, but for rounding.
pub(super) fn price(tx: &mut dyn Tx, sample: &Sample) -> Result<Option<SamplePrice>, StoreError> {
    match sample.state {
        SampleState::Accepted { .. } => {}
        SampleState::Candidate | SampleState::Rejected { .. } | SampleState::Quarantined { .. } => {
            return Ok(None);
        }
    }
    let run = sample.lineage.run;
    let attempt = sample.lineage.attempt;
    let cost = "SELECT CAST(COALESCE(SUM(cost), 0) AS BIGINT) AS n FROM call WHERE attempt = ?1";
    let cost: u64 = scalar(tx, cost, args![attempt])?;
    let made: u64 = scalar(tx, "SELECT COUNT(*) AS n FROM sample WHERE attempt = ?1", args![attempt])?;
    let judged = "SELECT CAST(COALESCE(SUM(c.cost), 0) AS BIGINT) AS n FROM verdict v \
                  JOIN call c ON c.attempt = v.attempt WHERE v.sample = ?1";
    let judged: u64 = scalar(tx, judged, args![sample.id])?;
    let accepted: u64 =
        scalar(tx, "SELECT COUNT(*) AS n FROM sample WHERE run = ?1 AND state = 'accepted'", args![run])?;
    let spent = budget::get(tx, run)?.spent.0;
    let wasted = spent.saturating_sub(of_accepted(tx, run)?);
    let own = MicroUsd(cost / made.max(1) + judged);
    Ok(Some(SamplePrice { own, shared: MicroUsd(wasted / accepted.max(1)) }))
}

/// What a run paid for its accepted samples themselves.
fn of_accepted(tx: &mut dyn Tx, run: RunId) -> Result<u64, StoreError> {
    let generated = "SELECT CAST(COALESCE(SUM(c.cost * s.accepted / s.made), 0) AS BIGINT) AS n FROM \
        (SELECT attempt, COUNT(*) AS made, \
         CAST(SUM(CASE WHEN state = 'accepted' THEN 1 ELSE 0 END) AS BIGINT) AS accepted \
         FROM sample WHERE run = ?1 GROUP BY attempt) s JOIN \
        (SELECT attempt, CAST(SUM(cost) AS BIGINT) AS cost FROM call WHERE run = ?1 GROUP BY attempt) c \
        ON c.attempt = s.attempt";
    let judged = "SELECT CAST(COALESCE(SUM(c.cost), 0) AS BIGINT) AS n FROM verdict v \
        JOIN sample s ON s.id = v.sample JOIN call c ON c.attempt = v.attempt \
        WHERE s.run = ?1 AND s.state = 'accepted'";
    let (generated, judged): (u64, u64) =
        (scalar(tx, generated, args![run])?, scalar(tx, judged, args![run])?);
    Ok(generated.saturating_add(judged))
}
