//! How fast a run spends, compared with what it was meant to.

use hafs_proto::RunSpec;

use super::View;
use super::need::share;

/// Below this share of the budget nothing is said: the first calls tell little.
const FROM: f64 = 0.1;

/// How many times faster than planned a run spends its budget: the share that is spent, by the share of the target that is
/// reached, or to be expected of the samples that wait for their decision. None without a budget, and at the beginning.
#[must_use]
pub fn pace(spec: &RunSpec, view: &View) -> Option<f64> {
    let budget = spec.budget.filter(|budget| budget.0 > 0)?;
    let spent = ratio(view.spent.0, budget.0);
    let expected = share(view.candidates, view.accepted + 1, view.decided.max(view.accepted) + 1);
    let reached = ratio((view.accepted + expected).max(1), u64::from(spec.target.max(1)));
    (spent >= FROM).then(|| spent / reached.min(1.0))
}

#[expect(clippy::cast_precision_loss, reason = "a share of at most three digits is wanted")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}
