//! `[run]`: how much a run makes and may spend.

use hafs_proto::run::Batching;
use hafs_proto::{BoundedText, GeneratorName, MicroUsd};

use super::rules::Rules;
use super::section::section;

section! {
    /// How much a run makes and may spend.
    Run = "run" {
        /// Name of the run, for people.
        name: BoundedText<128> = "factory", Operation;
        /// Accepted samples to reach.
        target: u32 = 100, Results, 1.0 to 10_000_000.0;
        /// Dollars that the run may spend; nothing is sent beyond. Not set: no limit.
        budget_usd: Option<MicroUsd> = null | 5.0, Results, 0.0 to 1_000_000.0;
        /// Whether teachers are asked in batches, for half the price and answered within a day: `never`, `allowed` (where
        /// that is cheaper and there is time) or `only`. Needs a worker with `batch_slots`.
        batch: Batching = "never", Results;
        /// Hours from the beginning within which the run is wanted: no batch is begun that might end later. Not set:
        /// whenever it is ready.
        within_h: Option<u32> = null | 48, Results, 1.0 to 8_760.0;
        /// Seed of every random choice; the same seed makes the same choices.
        seed: u64 = 1, Results, 0.0 to 9_007_199_254_740_991.0;
        /// Failed attempts after which a task is given up.
        max_attempts: u32 = 3, Results, 1.0 to 20.0;
        /// Longest reply of a teacher, in tokens.
        max_tokens: u32 = 1024, Results, 16.0 to 262_144.0;
        /// Generators to use. Empty: all.
        generators: Vec<GeneratorName> = [] | ["explain-change"], Results;
    }
}

impl Rules for Run {}
