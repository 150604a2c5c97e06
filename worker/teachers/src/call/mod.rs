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
pub use pricing::{PriceTags, Pricing};
pub use record::Reply;
pub(crate) use record::{Answer, Identity, Stop};
pub use request::{ChatRequest, Message, Role};
pub use secret::{Secret, SecretError, SecretSource};
pub use served::is_same_model;

/// A request with everything in it, for the tests of the wires.
#[cfg(test)]
pub(crate) fn sample_request() -> ChatRequest {
    ChatRequest {
        system: "Be brief.".to_owned(),
        messages: vec![Message::user("Hi"), Message::assistant("Hello"), Message::user("Bye")],
        schema: Some(
            serde_json::json!({"type": "object", "properties": {"a": {"type": "string", "minLength": 2}},
            "required": ["a"]}),
        ),
        max_tokens: 24,
        temperature: 0.0,
        seed: u64::MAX,
        num_ctx: None,
        deadline: std::time::Duration::from_secs(1),
    }
}
