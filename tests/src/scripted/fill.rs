//! Replies that follow from the request: an object that fits the asked schema, filled with words drawn by a
//! hash of the prompt.

use hafs_proto::ContentHash;
use serde_json::{Map, Value, json};

use super::wire::Asked;
use super::words;

/// What makes two requests the same prompt: the messages without lines that only frame them (a frame's random
/// delimiter differs from call to call), and the schema.
pub(super) fn prompt(asked: &Asked) -> ContentHash {
    let mut parts: Vec<String> = asked.texts.iter().map(|text| unframed(text)).collect();
    parts.push(asked.schema.to_string());
    ContentHash::of_parts(parts.iter().map(String::as_str))
}

/// What makes two requests parts of one conversation: the first words to the model, whatever was said since.
pub(super) fn conversation(asked: &Asked) -> ContentHash {
    let first: Vec<String> = asked.texts.iter().take(2).map(|text| unframed(text)).collect();
    ContentHash::of_parts(first.iter().map(String::as_str))
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

/// What a good model says; what no gate lets through for every `bad_every`-th prompt.
pub(super) fn reply(asked: &Asked, identity: ContentHash, bad_every: Option<u64>) -> String {
    let [a, b, c, d, ..] = *identity.as_bytes();
    let lot = u64::from(u32::from_le_bytes([a, b, c, d]));
    let bad = bad_every.is_some_and(|every| lot % every == 0);
    let reply = if bad { json!({}) } else { fill(&asked.schema, &mut words::Stream::new(identity)) };
    reply.to_string()
}

/// The reply with another text wherever it has a field `answer` or `code`.
pub(super) fn with_answer(reply: &str, answer: &str) -> String {
    let mut value: Value = serde_json::from_str(reply).unwrap_or_default();
    let mut open = vec![&mut value];
    while let Some(part) = open.pop() {
        match part {
            Value::Object(fields) => open.extend(fields.iter_mut().filter_map(|(name, part)| {
                if matches!(name.as_str(), "answer" | "code") {
                    *part = answer.into();
                    return None;
                }
                Some(part)
            })),
            Value::Array(items) => open.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    value.to_string()
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
