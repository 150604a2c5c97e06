//! Whether there is money for a task, and telling people when it goes to its end.

use hafs_library::tables::{budget, quota};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::EventKind;
use hafs_proto::task::DeadReason;
use hafs_proto::{BoundedText, CallRecord, MicroUsd, Reason, RunId, TeacherTerms, Timestamp};

use super::books;
use super::gates::{Closed, over_the_day};
use crate::app::Core;
use crate::events::News;
use crate::work::effects::Effects;

/// A warning is given when so much of a budget is spent.
const WARNING_PERCENT: u64 = 80;

/// Whether there is money for a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purse {
    /// There is.
    Enough,
    /// There is none now; what is handed out may cost less than was held back, or a new day begins.
    Wait(Closed),
    /// There will never be any.
    Never(DeadReason),
}

/// Looks whether a run and a day pay for so much more.
pub(super) fn look(
    tx: &mut dyn Tx,
    run: RunId,
    terms: &TeacherTerms,
    (amount, day): (MicroUsd, Option<MicroUsd>),
    now: Timestamp,
) -> Result<Purse, StoreError> {
    let provider = terms.teacher.provider();
    if let Some(ceiling) = day {
        if terms.prices.is_none() {
            return Ok(Purse::Wait(Closed::of_budget(unpriced("the provider has a day's budget", terms))));
        }
        let (held, _) = quota::held_for_provider(tx, provider)?;
        let taken = quota::spent_on_day(tx, provider, now)? + held;
        if taken + amount > ceiling {
            return Ok(Purse::Wait(over_the_day(provider, taken, ceiling, now)));
        }
    }
    let money = budget::get(tx, run)?;
    let Some(ceiling) = money.ceiling else { return Ok(Purse::Enough) };
    if terms.prices.is_none() {
        return Ok(Purse::Never(given_up(&unpriced("the run has a budget", terms))));
    }
    let (held, in_flight) = quota::held_for_run(tx, run)?;
    if money.spent + held + amount <= ceiling {
        return Ok(Purse::Enough);
    }
    if in_flight == 0 {
        let why = format!("{} of {ceiling} are spent, and this task may cost {amount}", money.spent);
        return Ok(Purse::Never(given_up(&why)));
    }
    let why = format!("{} of the run's {ceiling} are spent and {held} held back", money.spent);
    Ok(Purse::Wait(Closed::of_budget(why)))
}

fn unpriced(what: &str, terms: &TeacherTerms) -> String {
    format!(
        "{what}, and the price of {} is not known: set `price_input_usd_per_mtok` and `price_output_usd_per_mtok` of \
         that model in the worker's hafs.toml",
        terms.teacher
    )
}

fn given_up(detail: &str) -> DeadReason {
    DeadReason { reason: Reason::Budget, detail: BoundedText::clipped(detail) }
}

/// Tells people when what was paid a moment ago takes a budget past four fifths, or to its end.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn paid(
    tx: &mut dyn Tx,
    app: &Core,
    run: RunId,
    calls: &[CallRecord],
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let cost: MicroUsd = calls.iter().map(|call| call.cost).sum();
    if cost == MicroUsd::ZERO {
        return Ok(());
    }
    let money = budget::get(tx, run)?;
    if let Some((kind, words)) = money.ceiling.and_then(|ceiling| crossed(money.spent, cost, ceiling)) {
        effects.tell(kind, run, run, format!("the run's budget: {words}"));
    }
    // The calls of an attempt go to one teacher.
    let Some(teacher) = calls.first().map(|call| &call.teacher) else { return Ok(()) };
    let states = quota::states_of(tx, teacher)?;
    let budgets = states.into_iter().filter_map(|(_, text)| books::read(teacher, &text).day_budget);
    if let Some(ceiling) = budgets.min() {
        let provider = teacher.provider();
        let spent = quota::spent_on_day(tx, provider, app.clock.now())?;
        if let Some((kind, words)) = crossed(spent, cost, ceiling) {
            effects.news.push(News::new(kind, provider, format!("the day's budget of {provider}: {words}")));
        }
    }
    Ok(())
}

/// Whether the last `cost` took what is `spent` over a mark.
fn crossed(spent: MicroUsd, cost: MicroUsd, ceiling: MicroUsd) -> Option<(EventKind, String)> {
    let before = spent.0.saturating_sub(cost.0);
    let passes = |percent: u64| {
        let reached = |amount: u64| u128::from(amount) * 100 >= u128::from(ceiling.0) * u128::from(percent);
        reached(spent.0) && !reached(before)
    };
    if passes(100) {
        Some((
            EventKind::BudgetSpent,
            format!("all of {ceiling} are spent; nothing more is handed out for it"),
        ))
    } else if passes(WARNING_PERCENT) {
        Some((EventKind::BudgetWarning, format!("{spent} of {ceiling} are spent")))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mark_is_told_of_once_and_the_end_before_the_warning() {
        let told =
            |spent, cost| crossed(MicroUsd(spent), MicroUsd(cost), MicroUsd(100)).map(|(kind, _)| kind);
        assert_eq!(told(79, 79), None);
        assert_eq!(told(80, 1), Some(EventKind::BudgetWarning));
        assert_eq!(told(81, 1), None);
        assert_eq!(told(100, 30), Some(EventKind::BudgetSpent));
        assert_eq!(told(101, 1), None);
    }
}
