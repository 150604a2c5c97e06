//! The five wires: what was asked on each of them, and how an answer is written there.

use axum::http::HeaderMap;
use serde_json::{Value, json};

/// A wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wire {
    /// OpenAI's chat completions.
    Chat,
    /// OpenAI's Responses.
    Responses,
    /// Anthropic's Messages.
    Messages,
    /// Gemini's generateContent.
    Gemini,
    /// Ollama's chat.
    Ollama,
}

/// What was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// On which wire.
    pub wire: Wire,
    /// Of which model.
    pub model: String,
    /// Every text of the prompt, the system text first.
    pub texts: Vec<String>,
    /// The schema of the reply, or null.
    pub schema: Value,
    /// Whether the answer is wanted event by event.
    pub streams: bool,
}

impl Wire {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Chat, Self::Responses, Self::Messages, Self::Gemini, Self::Ollama];

    /// The key that a call brought.
    pub(super) fn key(self, headers: &HeaderMap) -> Option<String> {
        let name = match self {
            Self::Chat | Self::Responses | Self::Ollama => "authorization",
            Self::Messages => "x-api-key",
            Self::Gemini => "x-goog-api-key",
        };
        let value = headers.get(name)?.to_str().ok()?;
        Some(value.trim_start_matches("Bearer ").to_owned())
    }

    /// Reads a request. `target` is what the path says after the list of models, where it says something.
    pub(super) fn read(self, target: Option<&str>, body: &Value) -> Asked {
        let (model, method) = target.and_then(|target| target.split_once(':')).unwrap_or_default();
        let asked = |model: &str, texts: Vec<String>, schema: &Value, streams: bool| Asked {
            wire: self,
            model: model.to_owned(),
            texts,
            schema: schema.clone(),
            streams,
        };
        let named = body["model"].as_str().unwrap_or_default();
        let streams = body["stream"] == true;
        match self {
            Self::Chat => {
                let schema = &body["response_format"]["json_schema"]["schema"];
                asked(named, contents(&body["messages"]), schema, streams)
            }
            Self::Ollama => asked(named, contents(&body["messages"]), &body["format"], streams),
            Self::Responses => {
                let texts = texts(&body["instructions"]).chain(contents(&body["input"])).collect();
                asked(named, texts, &body["text"]["format"]["schema"], streams)
            }
            Self::Messages => {
                let texts = texts(&body["system"]).chain(contents(&body["messages"])).collect();
                asked(named, texts, &body["output_config"]["format"]["schema"], streams)
            }
            Self::Gemini => {
                let parts = |turn: &Value| texts(&turn["parts"]).collect::<Vec<_>>();
                let turns = body["contents"].as_array().into_iter().flatten().flat_map(parts);
                let texts = parts(&body["systemInstruction"]).into_iter().chain(turns).collect();
                let schema = &body["generationConfig"]["responseJsonSchema"];
                asked(model, texts, schema, method.starts_with("stream"))
            }
        }
    }

    /// An error in the wire's form. `kind` is its code there.
    pub(super) fn error(self, status: u16, kind: &str, message: &str, details: &Value) -> Value {
        match self {
            Self::Chat | Self::Responses => {
                json!({"error": {"message": message, "type": kind, "code": kind}})
            }
            Self::Messages => {
                let id = "req_scripted";
                json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": id})
            }
            Self::Gemini => {
                let status_word = kind.to_uppercase();
                json!({"error": {"code": status, "message": message, "status": status_word, "details": details}})
            }
            Self::Ollama => json!({"error": message}),
        }
    }

    /// Headers that say what is left of the limits, as the wire's provider sends them.
    pub(super) const fn allowance(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Chat | Self::Responses => &[
                ("x-request-id", "req_scripted"),
                ("x-ratelimit-limit-requests", "60"),
                ("x-ratelimit-remaining-requests", "59"),
                ("x-ratelimit-reset-requests", "6m0s"),
            ],
            Self::Messages => &[
                ("request-id", "req_scripted"),
                ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
                ("anthropic-ratelimit-requests-limit", "60"),
                ("anthropic-ratelimit-requests-remaining", "59"),
                ("anthropic-ratelimit-requests-reset", "1994-11-06T08:55:37Z"),
            ],
            Self::Gemini | Self::Ollama => &[],
        }
    }
}

/// A text, or a list of parts with one each.
fn texts(content: &Value) -> impl Iterator<Item = String> {
    let parts = content.as_array().into_iter().flatten().map(|part| &part["text"]);
    parts.chain([content]).filter_map(Value::as_str).map(str::to_owned)
}

fn contents(messages: &Value) -> Vec<String> {
    messages.as_array().into_iter().flatten().flat_map(|message| texts(&message["content"])).collect()
}
