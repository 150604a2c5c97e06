//! What is sent to `/responses`.

use hafs_proto::ContentHash;
use serde_json::{Map, Value, json};

use super::reply::ResponsesReading;
use crate::call::ChatRequest;
use crate::wire::{
    Dialect, JsonMode, Reasoning, Sampling, Streaming, Tuning, Wire, rounded, strictly, told_system, turns,
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
        self.tuning.fullest_fitted()
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
        say("input", turns(request).collect());
        say("store", json!(false));
        say("stream", json!(dialect.streaming != Streaming::Off));
        say("max_output_tokens", json!(self.tuning.output_limit(request.max_tokens)));
        if dialect.sampling == Sampling::Sent {
            say("temperature", json!(rounded(request.temperature)));
        }
        if let Some(effort) = self.tuning.effort().filter(|_| dialect.reasoning == Reasoning::Sent) {
            say("reasoning", json!({ "effort": effort }));
        }
        if let Some(format) = request.schema.as_ref().and_then(|schema| format(schema, dialect.json)) {
            say("text", json!({ "format": format }));
        }
        Value::Object(body)
    }
}

fn cache_key(system: &str) -> String {
    let hash = ContentHash::of(system.as_bytes()).to_string();
    format!("hafs-{}", hash.chars().take(CACHE_KEY_CHARS).collect::<String>())
}

fn format(schema: &Value, mode: JsonMode) -> Option<Value> {
    let by_schema = |(strict, schema): (bool, Value)| json!({ "type": "json_schema", "name": "reply", "strict": strict, "schema": schema });
    match mode {
        JsonMode::Raw | JsonMode::Schema => Some(by_schema(strictly(schema))),
        JsonMode::Object => Some(json!({ "type": "json_object" })),
        JsonMode::Prompt => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::sample_request;
    use crate::wire::{Thinking, ThinkingMode};

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
