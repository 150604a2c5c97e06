//! Gemini's generateContent. Its prompt cache is implicit: it works on common beginnings, so the system text comes
//! first and stays the same.

mod models;
mod reply;
mod request;

pub(crate) use models::offer;
pub(crate) use request::Gemini;
