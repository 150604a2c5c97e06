//! The worker's own hardware: its GPUs, and which models they hold.
//!
//! An Ollama loads a model when it is asked for one, and throws out another by rules of its own. So whoever asks it for
//! seven models in turn waits for loads more than for tokens. The worker decides instead: which models stay
//! ([`plan`]), when one has to go (`board`), whether it runs as it should (`pace`). It tells the coordinator what is
//! loaded with each claim, and gets tasks of other models only when these are worth a swap.

mod board;
mod hardware;
mod keeper;
mod pace;
pub mod plan;
mod profile;
mod resident;
mod share;

use std::collections::BTreeMap;
use std::sync::Arc;

use hafs_proto::worker::{GpuFacts, Residency, RouteBacklog};

pub use board::Candidate;
pub use hardware::{Gpu, Hardware};
pub use keeper::Keeper;
pub use profile::window;
pub use resident::{ResidentEmbedder, ResidentTeacher};
pub use share::share;

/// The worker's GPUs, and what keeps the models of each local provider.
#[derive(Debug, Clone, Default)]
pub struct Gpus {
    found: Vec<Gpu>,
    keepers: BTreeMap<String, Arc<Keeper>>,
}

impl Gpus {
    /// The GPUs of this machine, without any models yet.
    #[must_use]
    pub const fn new(found: Vec<Gpu>) -> Self {
        Self { found, keepers: BTreeMap::new() }
    }

    /// The keeper of a provider's models, made by `make` when there is none yet.
    pub fn keeper(&mut self, provider: &str, make: impl FnOnce() -> Keeper) -> Arc<Keeper> {
        Arc::clone(self.keepers.entry(provider.to_owned()).or_insert_with(|| Arc::new(make())))
    }

    /// Bytes of memory of all GPUs.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.found.iter().map(|gpu| gpu.memory_bytes).fold(0, u64::saturating_add)
    }

    /// What the coordinator is told of the GPUs when the worker registers.
    #[must_use]
    pub fn facts(&self) -> Vec<GpuFacts> {
        self.found.iter().map(Gpu::facts).collect()
    }

    /// Whether there are models whose loading the worker decides on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keepers.is_empty()
    }

    /// Asks each server what it has loaded, where that is not known of late.
    pub async fn look(&self) {
        for keeper in self.keepers.values() {
            keeper.look().await;
        }
    }

    /// What the hardware holds.
    #[must_use]
    pub fn report(&self) -> Residency {
        let mut whole = Residency { gpu_bytes: self.memory(), ..Residency::default() };
        for keeper in self.keepers.values() {
            let part = keeper.report();
            whole.gpu_used_bytes = whole.gpu_used_bytes.saturating_add(part.gpu_used_bytes);
            whole.swaps += part.swaps;
            whole.swap_ms += part.swap_ms;
            whole.models.extend(part.models);
        }
        whole.gpu_bytes = whole.gpu_bytes.max(whole.gpu_used_bytes);
        whole
    }

    /// Takes note of what waits for the models, as the coordinator says.
    pub fn heed(&self, backlog: &[RouteBacklog]) {
        self.keepers.values().for_each(|keeper| keeper.heed(backlog));
    }
}
