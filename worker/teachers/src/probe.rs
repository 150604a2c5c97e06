//! What a provider offers, as it says itself: the measured side of a worker's capabilities.

use std::time::Duration;

use hafs_proto::worker::ModelFacts;
use hafs_proto::{BoundedText, TeacherName};
use reqwest::Method;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::call::CallFailure;
use crate::http::{Endpoint, Limit};

/// How long a server may take to say what it has.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks a server for a list of what it has.
pub(crate) async fn ask<T: DeserializeOwned>(endpoint: &Endpoint, path: &str) -> Result<T, CallFailure> {
    let cancel = CancellationToken::new();
    let limit = Limit { deadline: Instant::now() + PATIENCE, cancel: &cancel };
    endpoint.open(Method::GET, path, None, limit).await?.success().await?.json().await
}

/// A provider that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The server's version, where it says one.
    pub version: Option<String>,
    /// Its models, by name.
    pub models: Vec<OfferedModel>,
}

impl Offer {
    /// The model of that name, by the same rule by which a served model is compared with the one asked for.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&OfferedModel> {
        self.models.iter().find(|model| crate::call::is_same_model(name, &model.name, &[]))
    }
}

/// A model that a provider offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedModel {
    /// Its name, as calls have to use it.
    pub name: String,
    /// Digest of its weights, where the provider has one.
    pub digest: Option<String>,
    /// Bytes of its weights.
    pub bytes: Option<u64>,
    /// Longest context in tokens.
    pub context: Option<u32>,
    /// How its weights are rounded, where the provider says so.
    pub quantization: Option<String>,
    /// What it can do.
    pub ability: Ability,
    /// Where it is loaded, if it is.
    pub loaded: Option<Loaded>,
}

/// What a model can do, as far as the provider says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ability {
    /// Answer prompts.
    Chat,
    /// Turn texts into vectors.
    Embed,
    /// Not said.
    Unknown,
}

/// A loaded model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// Bytes in memory of any kind.
    pub bytes: u64,
    /// Of these, on the GPU; fewer than `bytes` means that a part runs on the CPU.
    pub gpu_bytes: u64,
    /// The context that it was loaded with.
    pub context: Option<u32>,
}

impl OfferedModel {
    /// The facts that a worker registers with. A name that cannot be a teacher's gives none.
    #[must_use]
    pub fn facts(&self, provider: &str) -> Option<ModelFacts> {
        Some(ModelFacts {
            teacher: TeacherName::new(provider, &self.name).ok()?,
            digest: self.digest.as_deref().map(BoundedText::clipped),
            bytes: self.bytes,
            context: self.context,
            quantization: self.quantization.as_deref().map(BoundedText::clipped),
        })
    }
}
