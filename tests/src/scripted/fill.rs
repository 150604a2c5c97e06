//! Replies that follow from the request: an object that fits the asked schema, filled with words drawn by a
//! hash of the prompt.

use hafs_proto::ContentHash;
use serde_json::{Map, Value, json};

use super::words;

/// What makes two requests the same prompt: the messages without lines that only frame them (a frame's random
/// delimiter differs from call to call), and the schema.
pub(super) fn identity(request: &Value) -> ContentHash {
    let messages = request["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |message: &Value| message["content"].as_str().unwrap_or_default().to_owned();
    let mut parts: Vec<String> = messages.iter().map(|message| unframed(&text(message))).collect();
    parts.push(schema(request).to_string());
    ContentHash::of_parts(parts.iter().map(String::as_str))
}

/// The text without words that look like a random delimiter: long runs of hex digits with both digits and
/// letters, next to nothing else that would tell two prompts apart.
fn unframed(text: &str) -> String {
    let nonce = |word: &str| {
        let core = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        core.len() >= 12 && core.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
    };
    text.split_whitespace().filter(|word| !nonce(word)).collect::<Vec<_>>().join(" ")
}

fn schema(request: &Value) -> &Value {
    &request["response_format"]["json_schema"]["schema"]
}

/// A reply in the wire's form.
pub(super) fn completion(request: &Value, identity: ContentHash, bad_every: Option<u64>) -> Value {
    let [a, b, c, d, ..] = *identity.as_bytes();
    let lot = u64::from(u32::from_le_bytes([a, b, c, d]));
    let bad = bad_every.is_some_and(|every| lot % every == 0);
    let reply = if bad { json!({}) } else { fill(schema(request), &mut words::Stream::new(identity)) };
    envelope(request, &reply.to_string(), "stop", super::MODEL)
}

pub(super) fn envelope(request: &Value, text: &str, finish: &str, model: &str) -> Value {
    let prompt = request["messages"].to_string().len() / 4;
    json!({
        "id": "chatcmpl-scripted", "object": "chat.completion", "created": 0, "model": model,
        "choices": [{
            "index": 0, "finish_reason": finish,
            "message": {"role": "assistant", "content": text},
        }],
        "usage": {
            "prompt_tokens": prompt, "completion_tokens": text.len() / 4,
            "total_tokens": prompt + text.len() / 4,
        },
    })
}

/// A value that fits the schema.
fn fill(schema: &Value, words: &mut words::Stream) -> Value {
    if let Some(choices) = schema["enum"].as_array() {
        return choices.first().cloned().unwrap_or_default();
    }
    match schema["type"].as_str() {
        Some("object") => {
            let properties = schema["properties"].as_object();
            let filled =
                properties.into_iter().flatten().map(|(name, part)| (name.clone(), fill(part, words)));
            Value::Object(filled.collect::<Map<_, _>>())
        }
        Some("array") => Value::Array(vec![fill(&schema["items"], words)]),
        Some("number" | "integer") => schema["maximum"].as_i64().unwrap_or(1).into(),
        Some("boolean") => true.into(),
        _ => words.sentence(40).into(),
    }
}
