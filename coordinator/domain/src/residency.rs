//! What it costs to give a task to a worker that would have to load its model first.
//!
//! Tasks are handed out by their deadline. A task whose model is not loaded on the worker that asks stands in line as if
//! its deadline were later by a handicap: the price of the swap. So a worker stays with the models that it has as long
//! as the others' tasks can wait, and since no handicap is longer than [`LONGEST`], none of them waits for ever:
//!
//! > A task is never passed over for one whose deadline is more than [`LONGEST`] later.

use std::collections::BTreeMap;
use std::time::Duration;

use hafs_proto::Route;
use hafs_proto::worker::{LocalModel, Residence, Residency};

/// The most that a swap may cost a task: after that it goes before all that was planned later.
pub const LONGEST: Duration = Duration::from_secs(900);

/// The price of any swap: five minutes in which the loaded models may go on, so that loads do not come one upon the other.
///
/// Source: `hafs-bench simulate` (`docs/BENCHMARKS.md`): with half of it the GPU loads for too much of a busy night, with
/// twice as much the last in a hundred wait for longer at 80 % load.
const ANY: Duration = Duration::from_secs(300);

/// The price of each second of loading, on top.
const PER_SECOND: u32 = 10;

/// The same for the model that the worker would load next: of those that are not loaded it has the most work for each
/// second of loading.
const PER_SECOND_OF_NEXT: u32 = 5;

/// How much later the tasks of a model stand in line on a worker where it is in this state.
#[must_use]
pub fn handicap(model: &LocalModel) -> Duration {
    let load = Duration::from_millis(model.load_ms);
    let price = |per_second: u32| ANY.saturating_add(load.saturating_mul(per_second)).min(LONGEST);
    match model.residence {
        Residence::Loaded => Duration::ZERO,
        Residence::Next => price(PER_SECOND_OF_NEXT),
        Residence::Away => price(PER_SECOND),
        Residence::Unfit => LONGEST,
    }
}

/// The handicaps of a worker's models; those that have none are left out.
#[must_use]
pub fn handicaps(residency: &Residency) -> BTreeMap<Route, Duration> {
    let all = residency.models.iter().map(|model| (model.route.clone(), handicap(model)));
    all.filter(|(_, handicap)| !handicap.is_zero()).collect()
}

/// Whether a model should be loaded for tasks of which the first has waited this long, although another worker has it
/// loaded and may come to them sooner.
#[must_use]
pub fn is_worth_a_swap(waited: Duration, handicap: Duration) -> bool {
    waited >= handicap
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn model(residence: Residence, load_ms: u64) -> LocalModel {
        LocalModel {
            route: "teacher/ollama/m".parse().expect("a route"),
            residence,
            load_ms,
            bytes: None,
            gpu_bytes: None,
            context: None,
            tokens_per_second: None,
            why: None,
        }
    }

    #[test]
    fn a_loaded_model_costs_nothing_and_the_one_that_would_be_loaded_next_less_than_another() {
        let of = |residence| handicap(&model(residence, 8_000)).as_secs();
        assert_eq!((of(Residence::Loaded), of(Residence::Next), of(Residence::Away)), (0, 340, 380));
        assert_eq!(of(Residence::Unfit), LONGEST.as_secs());
        let residency = Residency { models: vec![model(Residence::Loaded, 1)], ..Residency::default() };
        assert!(handicaps(&residency).is_empty());
    }

    proptest! {
        #[test]
        fn no_worker_can_make_a_task_wait_longer_than_the_bound(load_ms: u64) {
            for residence in [Residence::Loaded, Residence::Next, Residence::Away, Residence::Unfit] {
                let handicap = handicap(&model(residence, load_ms));
                prop_assert!(handicap <= LONGEST);
                prop_assert!(is_worth_a_swap(LONGEST, handicap));
            }
        }
    }
}
