//! How replies travel: OpenAI's chat completions, and Ollama's lines.
//!
//! Source: recorded answers of Ollama 0.33 for `/api/tags`, `/api/ps`, `/api/show`, `/api/chat` and their errors.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::MODEL;

/// How replies travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    OpenAi,
    Ollama,
}

/// What a model says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) text: &'a str,
    /// `stop` or `length`; both wires use these words.
    pub(super) finish: &'a str,
    pub(super) model: &'a str,
}

impl Wire {
    /// The schema that the reply must fit.
    pub(super) fn schema(self, request: &Value) -> &Value {
        match self {
            Self::OpenAi => &request["response_format"]["json_schema"]["schema"],
            Self::Ollama => &request["format"],
        }
    }

    /// The body of a reply.
    pub(super) fn body(self, request: &Value, said: Said<'_>) -> String {
        match self {
            Self::OpenAi => completion(request, said).to_string(),
            Self::Ollama => lines(request, said),
        }
    }

    /// The body that carries an error.
    pub(super) fn error(self, message: &str) -> String {
        match self {
            Self::OpenAi => json!({"error": {"message": message, "type": "server_error"}}),
            Self::Ollama => json!({ "error": message }),
        }
        .to_string()
    }

    /// An answer with this body.
    pub(super) fn answer(self, status: StatusCode, body: impl Into<Body>) -> Response {
        let kind = match self {
            Self::Ollama if status.is_success() => "application/x-ndjson",
            Self::OpenAi | Self::Ollama => "application/json",
        };
        (status, [(header::CONTENT_TYPE, kind)], body.into()).into_response()
    }
}

fn tokens(text: &str) -> usize {
    text.len() / 4
}

fn completion(request: &Value, said: Said<'_>) -> Value {
    let (prompt, reply) = (tokens(&request["messages"].to_string()), tokens(said.text));
    json!({
        "id": "chatcmpl-scripted", "object": "chat.completion", "created": 0, "model": said.model,
        "choices": [{
            "index": 0, "finish_reason": said.finish,
            "message": {"role": "assistant", "content": said.text},
        }],
        "usage": {"prompt_tokens": prompt, "completion_tokens": reply, "total_tokens": prompt + reply},
    })
}

fn lines(request: &Value, said: Said<'_>) -> String {
    let at = "2026-11-22T12:37:48.356739062Z";
    let word = json!({
        "model": said.model, "created_at": at, "done": false,
        "message": {"role": "assistant", "content": said.text},
    });
    let end = json!({
        "model": said.model, "created_at": at, "done": true, "done_reason": said.finish,
        "message": {"role": "assistant", "content": ""},
        "prompt_eval_count": tokens(&request["messages"].to_string()), "eval_count": tokens(said.text),
    });
    format!("{word}\n{end}\n")
}

/// What `/v1/models` answers.
pub(super) fn models() -> Value {
    json!({"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "tests"}]})
}

/// What `/api/tags` answers.
pub(super) fn tags() -> Value {
    json!({"models": [{
        "name": MODEL, "model": MODEL, "modified_at": "2026-11-22T12:01:24Z", "size": 46_220_532,
        "digest": "5edb5ff9c501d6cd135c5915141657b361b34bf3b6a7f5ae9430e1f0eada8696",
        "details": {"format": "gguf", "family": "llama", "context_length": 32_768},
        "capabilities": ["completion"],
    }]})
}
