//! One adapter for each teacher wire format behind one trait, and the embedded engine.
//!
//! A [`Teacher`] answers prompts, an [`Embedder`] turns texts into vectors; a [`Connector`] makes them from a
//! [`TeacherConfig`]. Every call yields a record with tokens, cost, latency and the model that was served, also
//! when it failed, and what failed says in the queue's words what to do next ([`CallFailure`]). [`models`] is the table
//! of what is known of each model, [`catalogue`] fetches weights for the embedded engine.

mod anthropic;
mod batch;
mod call;
pub mod catalogue;
mod config;
mod connect;
#[cfg(feature = "embedded")]
mod embedded;
mod gemini;
mod http;
mod memory;
pub mod models;
mod ollama;
mod openai;
mod probe;
mod responses;
mod slots;
mod teacher;
mod terms;
mod wire;

pub use batch::{Now, Rhythm};
pub use call::{
    CallFailure, ChatRequest, Embeddings, Message, PriceTags, Pricing, Reply, Role, Secret, SecretError,
    SecretSource, is_same_model,
};
pub use config::{TeacherConfig, TeacherKind};
pub use connect::{BatchSettings, ConnectError, Connector, ProbeError};
pub use http::{Allowance, Bucket, EndpointError};
pub use memory::memory_needed;
pub use ollama::{OllamaServer, PullProgress};
pub use probe::{Ability, Loaded, Offer, OfferedModel};
pub use teacher::{Embedder, Speed, Teacher};
pub use terms::{family, is_shared, terms};
pub use wire::{Thinking, ThinkingMode};
