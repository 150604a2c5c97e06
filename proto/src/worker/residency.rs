//! What a worker's own hardware holds: the feature `residency`. A model that is not loaded costs seconds before its
//! first token, so the worker says with each claim what is loaded, and is told what waits.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::route::Route;

/// A GPU, as its driver describes it. Registered only with coordinators that know the feature `residency`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GpuFacts {
    /// Its name.
    pub name: BoundedText<128>,
    /// Its memory in bytes.
    pub memory_bytes: u64,
    /// The driver's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<BoundedText<64>>,
}

/// Where a model of the worker's own is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Residence {
    /// In memory: it answers at once.
    Loaded,
    /// Not in memory; the worker would load it next.
    Next,
    /// Not in memory.
    Away,
    /// It does not run here as it should, with the context that the worker is told to use.
    Unfit,
}

impl Residence {
    /// The word used in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::Next => "next",
            Self::Away => "away",
            Self::Unfit => "unfit",
        }
    }
}

/// A model that runs on the worker's own hardware.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalModel {
    /// What it is offered for.
    pub route: Route,
    /// Where it is.
    pub residence: Residence,
    /// Milliseconds to load it, as last measured, or estimated from its size before that.
    pub load_ms: u64,
    /// Bytes that it takes in memory, as measured while it was loaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Of these, bytes on the GPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu_bytes: Option<u64>,
    /// The context in tokens that it is loaded with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<u32>,
    /// Tokens that it writes in a second, over its latest calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_second: Option<u32>,
    /// Why it is unfit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<BoundedText<256>>,
}

/// What a worker's own hardware holds. Counters begin with the process.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Residency {
    /// Bytes of GPU memory that models may take; 0 without a GPU.
    #[serde(default)]
    pub gpu_bytes: u64,
    /// Of these, bytes that loaded models take.
    #[serde(default)]
    pub gpu_used_bytes: u64,
    /// Models that were loaded.
    #[serde(default)]
    pub swaps: u64,
    /// Milliseconds that loading them took.
    #[serde(default)]
    pub swap_ms: u64,
    /// Its models, at most `limits::WORKER_ROUTES`.
    pub models: Vec<LocalModel>,
}

/// What waits for one of the worker's own models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteBacklog {
    /// Which.
    pub route: Route,
    /// Tasks that are ready.
    pub ready: u64,
    /// How long the first of them has been waiting, in milliseconds.
    pub oldest_ms: u64,
}
