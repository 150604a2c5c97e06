//! One night of a 16 GB GPU in simulated time: which models it loads, how long tasks wait, and what another rule would have
//! made of it.
//!
//! The rule of the factory is the real one: the queue in memory hands tasks out, the handicaps are those of
//! `hafs_domain::residency`, and the worker's choice of models is `hafs_worker::gpu::plan`. Only time, arrivals and the GPU
//! are made up. It is a command (`hafs-bench simulate`) and, because the same seed gives the same night, a test too.

mod chance;
mod figures;
mod gpu;
mod night;

pub use figures::{Figures, table};
pub use night::{Load, Night, Rule, play};

/// Plays each load under each rule; the same seed gives the same figures.
///
/// # Errors
/// When the queue refuses, which would be a defect.
pub async fn compare(seed: u64, tasks: u32) -> anyhow::Result<Vec<Figures>> {
    let mut rows = Vec::new();
    for load in Load::ALL {
        for rule in Rule::ALL {
            rows.push(play(&Night { seed, tasks, load, rule }).await?);
        }
    }
    Ok(rows)
}
