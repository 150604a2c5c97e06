//! Anthropic's Messages. The system text is marked for the prompt cache: it is the constant beginning of every prompt.

mod models;
mod reply;
mod request;

pub(crate) use models::offer;
pub(crate) use request::Messages;
