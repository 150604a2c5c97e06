//! OpenAI's Responses. Nothing is stored there (`store: false`); the system text is named as the key of the prompt
//! cache, so that calls with the same beginning meet the same cache.

mod reply;
mod request;

pub(crate) use request::Responses;
