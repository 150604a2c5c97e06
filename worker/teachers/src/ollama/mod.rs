//! Ollama.
//!
//! The types of ollama-rs are used for what is sent (chat and embedding requests, options, `keep_alive`, `think`)
//! and for `/api/show` and `/api/pull`, whose shapes it has right. Its client is not used, nor are its other
//! replies, for reasons that were tested against version 0.3.6:
//!
//! - chat: one absent counter makes it drop all of them, it has no `done_reason`, so a truncated reply looks whole, and
//!   its stream loses a chunk that ends inside a character;
//! - tags and embeddings: the model's digest and the token count are dropped;
//! - every call: no deadline, no body limit, the HTTP status is lost, a base URL with a path is joined wrongly, and
//!   there is no TLS in the build without a second TLS stack.

mod chat;
mod embed;
mod manage;
mod request;
mod stream;

pub(crate) use chat::OllamaTeacher;
pub(crate) use embed::OllamaEmbedder;
pub use manage::{OllamaServer, PullProgress};
pub(crate) use request::ChatSettings;
