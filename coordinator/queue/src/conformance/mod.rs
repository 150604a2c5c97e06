//! What every backend must do: rules as sentences, and a property that compares a backend with a plain model.
//!
//! A backend is made with the default [`RetryPolicy`](hafs_domain::retry::RetryPolicy) and empty. Its tests
//! call [`suite`], or [`for_each_rule!`](crate::for_each_rule) to see each sentence as a test of its own, and
//! [`play`] the operations of [`ops`]. A [`Twin`] of two backends compares all their answers, also in a [`storm`].

mod given;
mod model;
mod op;
mod play;
pub mod rules;
mod storm;
mod twin;

pub use op::{Op, ops};
pub use play::play;
pub use storm::{Gust, rage, storm};
pub use twin::Twin;

use crate::Queue;

/// Hands the list of rules, comma-separated, to the macro `$then`.
#[macro_export]
macro_rules! for_each_rule {
    ($then:ident) => {
        $then! {
            before_the_first_rebuild_every_verb_says_that_the_queue_is_being_rebuilt,
            a_rebuild_forgets_what_was_there_and_begins_with_the_given_pauses,
            a_generation_is_never_used_twice,
            a_lease_of_an_older_generation_is_adopted_under_a_new_pair,
            a_repeated_adoption_gets_the_same_answer,
            an_adopted_task_is_nobody_elses,
            an_older_lease_is_lost_once_another_worker_holds_the_task,
            a_task_that_waits_for_its_time_can_be_adopted,
            enqueueing_a_task_twice_keeps_one_and_leaves_it_as_it_is,
            tasks_are_handed_out_by_deadline_and_then_by_id,
            priority_is_an_offset_so_nothing_starves,
            a_pool_gets_only_what_it_can_do_and_only_for_its_free_slots,
            a_route_with_a_handicap_stands_later_by_so_much_and_no_longer,
            a_handicap_keeps_nothing_from_a_worker_that_has_nothing_else,
            one_claim_hands_out_at_most_the_limit,
            a_worker_gets_no_more_than_it_may_hold,
            a_task_is_never_leased_twice_at_a_time,
            a_repeated_claim_gets_the_same_leases_freshly_timed,
            a_repeated_claim_leaves_out_what_is_not_held_any_more,
            a_task_that_the_worker_has_is_not_given_to_it,
            a_delayed_task_is_handed_out_when_its_time_has_come,
            a_paused_run_or_route_is_stepped_over_until_it_is_resumed,
            a_claim_that_gives_nothing_says_why_and_when_to_ask_again,
            an_empty_queue_and_a_full_worker_are_reasons_too,
            a_renewed_lease_runs_from_now,
            a_lease_that_ran_out_but_was_not_reaped_can_be_renewed,
            only_the_current_holder_may_renew_fail_and_release,
            a_completed_task_is_gone_whoever_held_it,
            a_cancelled_task_is_gone_and_its_worker_is_told,
            a_failed_task_comes_back_later_at_its_old_place_in_line,
            failures_that_count_end_in_the_dead_letter_state,
            a_rate_limit_is_waited_for_and_does_not_count,
            a_released_task_is_handed_out_at_once_and_unharmed,
            a_lease_that_ran_out_is_reaped_and_a_running_one_is_not,
            a_task_whose_leases_run_out_three_times_in_a_row_is_poison,
            a_reap_takes_the_longest_overdue_first_and_keeps_to_its_limit,
            the_numbers_add_up_over_routes,
            what_workers_hold_is_counted,
            an_explanation_gives_state_place_and_pause,
            a_batch_over_the_limit_is_refused_whole,
            a_change_is_told_whenever_a_claim_may_fare_better,
        }
    };
}

macro_rules! run_all {
    ($($rule:ident,)*) => {
        /// Checks every rule, each on a fresh queue of `make`.
        ///
        /// # Panics
        /// When a rule does not hold; the backtrace names it.
        pub async fn suite(make: impl Fn() -> Box<dyn Queue>) {
            $(rules::$rule(&*make()).await;)*
        }
    };
}

for_each_rule!(run_all);
