//! What is sent to `/chat/completions`.

use serde_json::{Map, Value, json};

use super::dialect::{Dialect, JsonMode, LimitField, Sampling};
use crate::call::ChatRequest;

/// Renders a call in a server's dialect.
pub(crate) fn render(model: &str, request: &ChatRequest, dialect: Dialect) -> Value {
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(model));
    body.insert("messages".to_owned(), messages(request, dialect.json));
    body.insert("stream".to_owned(), json!(false));
    let limit = match dialect.limit {
        LimitField::MaxTokens => "max_tokens",
        LimitField::MaxCompletionTokens => "max_completion_tokens",
    };
    body.insert(limit.to_owned(), json!(request.max_tokens));
    if dialect.sampling == Sampling::Sent {
        body.insert("temperature".to_owned(), json!(rounded(request.temperature)));
        body.insert("seed".to_owned(), json!(request.seed & 0x7fff_ffff));
    }
    if let Some(format) = request.schema.as_ref().and_then(|schema| response_format(schema, dialect.json)) {
        body.insert("response_format".to_owned(), format);
    }
    Value::Object(body)
}

/// A temperature of 0.7 is sent as 0.7, not as the nearest number of 32 bits.
fn rounded(temperature: f32) -> f64 {
    (f64::from(temperature) * 1e4).round() / 1e4
}

fn messages(request: &ChatRequest, mode: JsonMode) -> Value {
    let system = system(request, mode);
    let head = (!system.is_empty()).then(|| json!({ "role": "system", "content": system }));
    let turns =
        request.messages.iter().map(|turn| json!({ "role": turn.role.word(), "content": turn.content }));
    head.into_iter().chain(turns).collect()
}

fn system(request: &ChatRequest, mode: JsonMode) -> String {
    let told = match (&request.schema, mode) {
        (Some(schema), JsonMode::Object | JsonMode::Prompt) => {
            format!(
                "Answer with one JSON object that fits this JSON schema, and with nothing else:\n{schema}"
            )
        }
        (Some(_), JsonMode::Schema) | (None, JsonMode::Schema | JsonMode::Object | JsonMode::Prompt) => {
            return request.system.clone();
        }
    };
    if request.system.is_empty() { told } else { format!("{}\n\n{told}", request.system) }
}

fn response_format(schema: &Value, mode: JsonMode) -> Option<Value> {
    match mode {
        JsonMode::Schema => Some(json!({
            "type": "json_schema",
            "json_schema": { "name": "reply", "strict": true, "schema": schema },
        })),
        JsonMode::Object => Some(json!({ "type": "json_object" })),
        JsonMode::Prompt => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::call::Message;

    fn request() -> ChatRequest {
        ChatRequest {
            system: "Be brief.".to_owned(),
            messages: vec![Message::user("Hi")],
            schema: Some(json!({"type": "object"})),
            max_tokens: 9,
            temperature: 0.7,
            seed: 5,
            num_ctx: None,
            deadline: Duration::from_secs(1),
        }
    }

    #[test]
    fn the_schema_is_always_said_somewhere() {
        let full = render("m", &request(), Dialect::FULL);
        assert_eq!(full["response_format"]["json_schema"]["schema"], json!({"type": "object"}));
        assert_eq!(full["messages"][0]["content"], "Be brief.");
        for json in [JsonMode::Object, JsonMode::Prompt] {
            let body = render("m", &request(), Dialect { json, ..Dialect::FULL });
            let system = body["messages"][0]["content"].as_str().expect("a text");
            assert!(system.starts_with("Be brief.") && system.contains(r#"{"type":"object"}"#));
            assert_eq!(body.get("response_format").is_some(), json == JsonMode::Object);
        }
    }

    #[test]
    fn numbers_are_sent_as_they_were_written() {
        let body = render("m", &request(), Dialect::FULL).to_string();
        assert!(body.contains(r#""temperature":0.7,"seed":5"#), "{body}");
        let lean =
            Dialect { limit: LimitField::MaxCompletionTokens, sampling: Sampling::LeftOut, ..Dialect::FULL };
        let body = render("m", &request(), lean);
        assert_eq!(body["max_completion_tokens"], 9);
        assert!(body.get("temperature").is_none() && body.get("max_tokens").is_none());
    }
}
