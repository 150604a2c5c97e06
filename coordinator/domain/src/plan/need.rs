//! How many tasks the target still needs.

use super::{Campaign, View};

/// How much to plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Need {
    /// Generate and augment tasks to add now.
    pub(super) room: usize,
    /// Generate and augment tasks that the target still needs, without the window's bound.
    pub(super) to_go: u64,
    /// Whether the budget pays for no further task.
    pub(super) broke: bool,
}

impl Need {
    /// Expects of what is under way what the run has seen so far: candidates are accepted at the rate of the
    /// decided ones, and a task yields what finished ones did. One imagined success (Laplace) stands for what
    /// is not known yet, so that a new run begins with exactly as many tasks as samples are asked for.
    pub(super) fn of(campaign: &Campaign<'_>, view: &View) -> Self {
        let missing = u64::from(campaign.spec.target).saturating_sub(view.accepted);
        let expected = share(view.candidates, view.accepted + 1, view.decided.max(view.accepted) + 1);
        let shortfall = missing.saturating_sub(expected);
        let to_go = share(shortfall, view.finished + 1, view.accepted + expected + 1);
        let open = view.open.generate + view.open.augment;
        let wanted = to_go.min(u64::from(campaign.window.max(1))).saturating_sub(open);
        let affordable = affordable(campaign, view);
        Self {
            room: usize::try_from(wanted.min(affordable)).unwrap_or(usize::MAX),
            to_go,
            broke: affordable == 0,
        }
    }
}

/// Tasks that the budget pays for, beside what is spent and reserved.
fn affordable(campaign: &Campaign<'_>, view: &View) -> u64 {
    let Some(budget) = campaign.spec.budget else { return u64::MAX };
    let left = budget.0.saturating_sub((view.spent + view.reserved).0);
    match (left, view.price.0) {
        (0, _) => 0,
        (_, 0) => u64::MAX,
        (left, price) => left / price,
    }
}

/// `amount * part / whole`, rounded up.
fn share(amount: u64, part: u64, whole: u64) -> u64 {
    let exact = u128::from(amount) * u128::from(part);
    u64::try_from(exact.div_ceil(u128::from(whole.max(1)))).unwrap_or(u64::MAX)
}
