//! One call: what is asked, what it cost, what came of it.

mod embeddings;
mod failure;
mod pricing;
mod record;
mod request;
mod secret;
mod served;

pub use embeddings::Embeddings;
pub use failure::CallFailure;
pub use pricing::Pricing;
pub use record::Reply;
pub(crate) use record::{Answer, Identity, Stop};
pub use request::{ChatRequest, Message, Role};
pub use secret::{Secret, SecretError, SecretSource};
pub use served::is_same_model;
