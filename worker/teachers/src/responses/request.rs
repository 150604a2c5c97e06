//! What is sent to `/responses`.

use hafs_proto::ContentHash;
use serde_json::{Map, Value, json};

use super::reply::ResponsesReading;
use crate::call::ChatRequest;
use crate::wire::{
    Dialect, Flavour, JsonMode, Reasoning, Sampling, Streaming, Thinking, ThinkingMode, Tuning, Wire, fit,
    rounded, told_system,
};

/// Characters of the hash that names a prompt cache.
const CACHE_KEY_CHARS: usize = 24;

/// OpenAI's Responses.
pub(crate) struct Responses {
    /// The path of the call.
    pub(crate) path: String,
    /// What is known of the model.
    pub(crate) tuning: Tuning,
}

impl Wire for Responses {
    type Reading = ResponsesReading;

    fn fullest(&self) -> Dialect {
        let json = if self.tuning.json == JsonMode::Raw { JsonMode::Schema } else { self.tuning.json };
        let sampling = if self.tuning.samples { Sampling::Sent } else { Sampling::LeftOut };
        Dialect { json, sampling, ..Dialect::FULL }
    }

    fn path(&self, _: &str, _: Dialect) -> String {
        self.path.clone()
    }

    fn render(&self, model: &str, request: &ChatRequest, dialect: Dialect) -> Value {
        let mut body = Map::new();
        let mut say = |key: &str, value: Value| drop(body.insert(key.to_owned(), value));
        say("model", json!(model));
        let system = told_system(request, dialect.json);
        if !system.is_empty() {
            say("prompt_cache_key", json!(cache_key(&system)));
            say("instructions", json!(system));
        }
        say("input", input(request));
        say("store", json!(false));
        say("stream", json!(dialect.streaming != Streaming::Off));
        say("max_output_tokens", json!(self.tuning.output_limit(request.max_tokens)));
        if dialect.sampling == Sampling::Sent {
            say("temperature", json!(rounded(request.temperature)));
        }
        if let Some(effort) = self.effort().filter(|_| dialect.reasoning == Reasoning::Sent) {
            say("reasoning", json!({ "effort": effort }));
        }
        if let Some(format) = request.schema.as_ref().and_then(|schema| format(schema, dialect.json)) {
            say("text", json!({ "format": format }));
        }
        Value::Object(body)
    }
}

impl Responses {
    fn effort(&self) -> Option<&'static str> {
        let thinking = self.tuning.thinking.filter(|_| self.tuning.mode != ThinkingMode::None)?;
        Some(thinking.effort().map_or("none", |effort| effort.word())).filter(|_| thinking != Thinking::On)
    }
}

fn cache_key(system: &str) -> String {
    let hash = ContentHash::of(system.as_bytes()).to_string();
    format!("hafs-{}", hash.chars().take(CACHE_KEY_CHARS).collect::<String>())
}

fn input(request: &ChatRequest) -> Value {
    request.messages.iter().map(|turn| json!({ "role": turn.role.word(), "content": turn.content })).collect()
}

fn format(schema: &Value, mode: JsonMode) -> Option<Value> {
    let by_schema = |strict: bool, schema: &Value| json!({ "type": "json_schema", "name": "reply", "strict": strict, "schema": schema });
    match mode {
        JsonMode::Raw | JsonMode::Schema => match fit(schema, Flavour::Strict) {
            Some(fitted) => Some(by_schema(true, &fitted)),
            None => Some(by_schema(false, schema)),
        },
        JsonMode::Object => Some(json!({ "type": "json_object" })),
        JsonMode::Prompt => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::sample_request;

    #[test]
    fn a_call_says_its_schema_strictly_stores_nothing_and_names_its_cache() {
        let tuning = Tuning {
            thinking: Some(Thinking::Low),
            mode: ThinkingMode::Level,
            output: None,
            json: JsonMode::Schema,
            samples: false,
        };
        let wire = Responses { path: "v1/responses".to_owned(), tuning };
        let body = wire.render("gpt-5.2", &sample_request(), wire.fullest());
        assert_eq!((&body["store"], &body["stream"]), (&json!(false), &json!(true)));
        assert_eq!(body["instructions"], "Be brief.");
        assert_eq!(body["prompt_cache_key"].as_str().map(str::len), Some(29));
        assert_eq!(body["input"][2], json!({"role": "user", "content": "Bye"}));
        assert_eq!(
            (&body["max_output_tokens"], &body["reasoning"]["effort"]),
            (&json!(1_048), &json!("low"))
        );
        assert!(body.get("temperature").is_none(), "this model refuses it");
        let format = &body["text"]["format"];
        assert_eq!(
            (&format["strict"], &format["schema"]["additionalProperties"]),
            (&json!(true), &json!(false))
        );
    }
}
