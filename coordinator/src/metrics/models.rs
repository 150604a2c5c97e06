//! Metrics of the models that run on the workers' own hardware.

use prometheus::{Counter, IntCounter, IntGauge, IntGaugeVec};

use super::kinds::Maker;

/// What GPU memory is used for.
pub const GPU_MEMORY: [&str; 2] = ["models", "free"];

/// The workers' own models.
#[derive(Debug, Clone)]
pub struct Models {
    /// Models that were loaded.
    pub swaps: IntCounter,
    /// Seconds that it took.
    pub swap_seconds: Counter,
    /// Bytes of the workers' GPUs.
    pub gpu_memory: IntGaugeVec,
    /// Models that do not run as they should where they are.
    pub unfit: IntGauge,
    /// Teachers that a worker has and does not offer, because its trial of them failed.
    pub withheld: IntGauge,
}

impl Models {
    pub(super) fn new(make: &Maker) -> Result<Self, prometheus::Error> {
        let swap_seconds =
            Counter::new("hafs_model_swap_seconds_total", "Time that workers spent on loading models.")?;
        make.0.register(Box::new(swap_seconds.clone()))?;
        Ok(Self {
            swaps: make
                .counter("hafs_model_swaps_total", "Models that workers loaded on their own hardware.")?,
            swap_seconds,
            gpu_memory: make.gauges(
                "hafs_gpu_memory_bytes",
                "Memory of the workers' GPUs that models may take, by what it is used for.",
                "use",
                GPU_MEMORY,
            )?,
            unfit: make.gauge(
                "hafs_models_unfit",
                "Models that do not run as they should on a worker that has them.",
            )?,
            withheld: make.gauge(
                "hafs_teachers_withheld",
                "Teachers that a worker is configured with and does not offer, because trying them failed.",
            )?,
        })
    }

    /// Sets what the GPUs' memory is used for.
    pub fn remember(&self, used: u64, total: u64) {
        let bytes = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        for (state, number) in GPU_MEMORY.iter().zip([used, total.saturating_sub(used)]) {
            self.gpu_memory.with_label_values(&[*state]).set(bytes(number));
        }
    }
}
