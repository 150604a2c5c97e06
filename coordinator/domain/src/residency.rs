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
pub const LONGEST: Duration = Duration::from_secs(1_800);

/// The price of a second of loading. A worker that has work for seven models and loads each for 8 s before it has worked
/// off what piled up while the others had their turn, spends about 7 / 120 of its time on loading.
const PRICE_OF_A_SECOND: u32 = 120;

/// The model that the worker would load next costs this much less: of those that are not loaded it has the most work
/// for each second of loading.
const NEXT_IS_CHEAPER_BY: u32 = 2;

/// How much later the tasks of a model stand in line on a worker where it is in this state.
#[must_use]
pub fn handicap(model: &LocalModel) -> Duration {
    let price = Duration::from_millis(model.load_ms).saturating_mul(PRICE_OF_A_SECOND).min(LONGEST);
    match model.residence {
        Residence::Loaded => Duration::ZERO,
        Residence::Next => price / NEXT_IS_CHEAPER_BY,
        Residence::Away => price,
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
    fn a_loaded_model_costs_nothing_and_the_next_one_half_of_what_another_costs() {
        let of = |residence| handicap(&model(residence, 8_000)).as_secs();
        assert_eq!((of(Residence::Loaded), of(Residence::Next), of(Residence::Away)), (0, 480, 960));
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
