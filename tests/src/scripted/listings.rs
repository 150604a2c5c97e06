//! What each kind of server says that it has.
//!
//! Source: recorded answers of Ollama 0.33 for `/api/tags`.

use serde_json::{Value, json};

use super::MODEL;

/// What `/v1/models` answers.
pub(super) fn openai() -> Value {
    json!({"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "tests"}]})
}

/// What `/v1beta/models` answers.
pub(super) fn gemini() -> Value {
    let methods = ["generateContent"];
    json!({"models": [{"name": format!("models/{MODEL}"), "supportedGenerationMethods": methods}]})
}

/// What `/api/tags` answers.
pub(super) fn ollama() -> Value {
    json!({"models": [{
        "name": MODEL, "model": MODEL, "modified_at": "2026-11-22T12:01:24Z", "size": 46_220_532,
        "digest": "5edb5ff9c501d6cd135c5915141657b361b34bf3b6a7f5ae9430e1f0eada8696",
        "details": {"format": "gguf", "family": "llama", "context_length": 32_768},
        "capabilities": ["completion"],
    }]})
}
