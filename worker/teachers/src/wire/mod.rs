//! What the wires of clouds and their imitators have in common: a call is rendered in a dialect, sent, and its answer
//! read from one body or from a stream of events.

mod dialect;
mod reading;
mod schema;
mod teacher;
mod tuning;

use serde_json::{Value, json};

use crate::call::ChatRequest;

pub(crate) use dialect::{Dialect, DialectMemory, JsonMode, LimitField, Reasoning, Sampling, Streaming};
pub(crate) use reading::{Reading, end_or_refusal, read_whole, usual_end, within};
pub(crate) use schema::{Flavour, fit, strictly};
pub(crate) use teacher::WireTeacher;
pub(crate) use tuning::{Effort, Tuning};
pub use tuning::{Thinking, ThinkingMode};

/// A wire format.
pub(crate) trait Wire: Send + Sync + 'static {
    /// What reads its answers.
    type Reading: Reading;

    /// The fullest form of a call, tried first.
    fn fullest(&self) -> Dialect;

    /// The path of a call, the query included.
    fn path(&self, model: &str, dialect: Dialect) -> String;

    /// The body of a call.
    fn render(&self, model: &str, request: &ChatRequest, dialect: Dialect) -> Value;
}

/// The system text with what has to be said of the reply's form when no field says it.
pub(crate) fn told_system(request: &ChatRequest, mode: JsonMode) -> String {
    let told = match (&request.schema, mode) {
        (Some(schema), JsonMode::Object | JsonMode::Prompt) => {
            format!(
                "Answer with one JSON object that fits this JSON schema, and with nothing else:\n{schema}"
            )
        }
        (Some(_), JsonMode::Raw | JsonMode::Schema)
        | (None, JsonMode::Raw | JsonMode::Schema | JsonMode::Object | JsonMode::Prompt) => {
            return request.system.clone();
        }
    };
    if request.system.is_empty() { told } else { format!("{}\n\n{told}", request.system) }
}

/// The turns as the wires say them that know the same two roles as we do.
pub(crate) fn turns(request: &ChatRequest) -> impl Iterator<Item = Value> {
    request.messages.iter().map(|turn| json!({ "role": turn.role.word(), "content": turn.content }))
}

/// A temperature of 0.7 is sent as 0.7, not as the nearest number of 32 bits.
pub(crate) fn rounded(temperature: f32) -> f64 {
    (f64::from(temperature) * 1e4).round() / 1e4
}
