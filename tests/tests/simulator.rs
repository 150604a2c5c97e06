//! The aims of the GPU's scheduling, in simulated time: the same seed gives the same night on every machine.

use hafs_domain::residency::LONGEST;
use hafs_tests::simulate::{Figures, Load, Night, Rule, play};

const SEEDS: [u64; 3] = [1, 2, 3];

async fn night(seed: u64, load: Load, rule: Rule) -> Figures {
    play(&Night { seed, tasks: 1_500, load, rule }).await.expect("a night")
}

#[tokio::test]
async fn a_backlog_of_1500_tasks_costs_at_most_20_swaps_and_keeps_the_gpu_busy() {
    for seed in SEEDS {
        let ours = night(seed, Load::Backlog, Rule::Priced).await;
        assert!(ours.swaps <= 20, "{ours:?}");
        assert!(ours.utilisation >= 0.99, "{ours:?}");
        let fifo = night(seed, Load::Backlog, Rule::Fifo).await;
        assert!(fifo.swaps > 500, "{fifo:?}");
    }
}

#[tokio::test]
async fn at_80_percent_the_last_in_a_hundred_wait_no_longer_than_with_greedy_affinity() {
    let (mut ours, mut greedy) = (0.0, 0.0);
    // One night is chance; eight of them are not.
    for seed in 1..=8 {
        ours += night(seed, Load::Percent(80), Rule::Priced).await.wait_p99_s;
        greedy += night(seed, Load::Percent(80), Rule::Greedy).await.wait_p99_s;
    }
    assert!(ours <= greedy, "{ours} s over all nights, {greedy} s with greedy affinity");
}

#[tokio::test]
async fn nobody_starves_at_any_load() {
    for seed in SEEDS {
        for load in Load::ALL {
            let ours = night(seed, load, Rule::Priced).await;
            assert_eq!(ours.beyond_the_bound, 0, "{ours:?}");
            assert!(ours.preferred_by_s <= LONGEST.as_secs_f64(), "{ours:?}");
        }
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_night() {
    let (one, other) =
        (night(7, Load::Percent(95), Rule::Priced).await, night(7, Load::Percent(95), Rule::Priced).await);
    assert_eq!(one, other);
}
