//! Joining: a worker says what it is and can do, and gets its own credential.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::id::WorkerId;
use crate::name::TeacherName;
use crate::route::Route;
use crate::worker::{GpuFacts, TeacherFacts};

/// Capabilities that share slots: one GPU's models, or the CPU's sources and checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// A name, unique in the worker.
    pub name: BoundedText<64>,
    /// Tasks that run at once.
    pub slots: u32,
    /// What its slots can do.
    pub routes: Vec<Route>,
}

/// What was measured of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelFacts {
    /// The teacher.
    pub teacher: TeacherName,
    /// Digest of the weights, as the provider states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<BoundedText<128>>,
    /// Bytes of the weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Longest context in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<u32>,
    /// How its weights are rounded, as the provider names it; only to coordinators that know the feature `residency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantization: Option<BoundedText<32>>,
}

/// Facts about the machine and the program, for people and for matching.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkerFacts {
    /// The program's version.
    pub version: BoundedText<64>,
    /// The operating system and processor architecture.
    pub os: BoundedText<128>,
    /// Processor cores.
    pub cores: u32,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Models found, with what was measured of them.
    #[serde(default)]
    pub models: Vec<ModelFacts>,
    /// GPUs found; only to coordinators that know the feature `residency`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gpus: Vec<GpuFacts>,
    /// What is known of its teachers, at most `limits::WORKER_ROUTES`; only to coordinators that know the feature
    /// `trials`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teachers: Vec<TeacherFacts>,
}

/// The first call, with a join token as bearer. Repeated with the worker's own credential after a restart or
/// when capabilities change; then the worker keeps its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// A name for people; two workers may share it.
    pub name: BoundedText<64>,
    /// Protocol versions that the worker speaks.
    pub protocol: Vec<u32>,
    /// Optional features that it knows: the words of `feature`.
    #[serde(default)]
    pub features: Vec<BoundedText<64>>,
    /// Random text of this process's life, to notice a copied credential.
    pub instance: BoundedText<64>,
    /// What it can do.
    pub pools: Vec<Pool>,
    /// What it is.
    pub facts: WorkerFacts,
}

/// Rhythm of the protocol, decided by the coordinator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Intervals {
    /// Between two renewals.
    pub heartbeat_ms: u64,
    /// A lease's length.
    pub lease_ms: u64,
    /// The longest wait of a claim.
    pub claim_wait_ms: u64,
}

/// The answer to the first call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterReply {
    /// The worker's id.
    pub worker: WorkerId,
    /// The worker's own credential; shown once, absent when it registered with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<BoundedText<256>>,
    /// The protocol version to speak.
    pub protocol: u32,
    /// The coordinator's version.
    pub server_version: BoundedText<64>,
    /// Rhythm.
    pub intervals: Intervals,
    /// Features that worker and coordinator both know; absent when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<BoundedText<64>>,
}
