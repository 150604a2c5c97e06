//! How many tasks the target still needs.

use super::{Campaign, View};

/// How much to plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Need {
    /// Generate and augment tasks to add now.
    pub(super) room: usize,
    /// Generate and augment tasks that the target still needs, without the window's bound.
    pub(super) to_go: u64,
    /// First tries among `room`: what is left when augmentations get their share.
    pub(super) first_tries: usize,
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
        let number = |tasks: u64| usize::try_from(tasks.min(affordable)).unwrap_or(usize::MAX);
        let originals = originals(campaign).saturating_sub(view.accepted.saturating_sub(view.augmented));
        let first_tries = share(originals.min(shortfall), view.finished + 1, view.accepted + expected + 1);
        Self {
            room: number(wanted),
            first_tries: number(wanted.min(first_tries.saturating_sub(view.open.generate))),
            to_go,
            broke: affordable == 0,
        }
    }
}

/// Samples of the target that are to be originals: what the policy's share of augmentations leaves, rounded up.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a 32-bit target")]
fn originals(campaign: &Campaign<'_>) -> u64 {
    let share = 1.0 - campaign.spec.policy.augmentation_ratio.get();
    (f64::from(campaign.spec.target) * share).ceil() as u64
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
pub(super) fn share(amount: u64, part: u64, whole: u64) -> u64 {
    let exact = u128::from(amount) * u128::from(part);
    u64::try_from(exact.div_ceil(u128::from(whole.max(1)))).unwrap_or(u64::MAX)
}
