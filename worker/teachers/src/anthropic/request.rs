//! What is sent to `/v1/messages`.

use serde_json::{Map, Value, json};

use super::reply::MessagesReading;
use crate::call::ChatRequest;
use crate::wire::{
    Dialect, Effort, Flavour, JsonMode, Reasoning, Sampling, Streaming, Thinking, ThinkingMode, Tuning, Wire,
    fit, rounded, told_system, turns,
};

/// The least that the provider takes as a budget for thinking, in tokens.
const LEAST_BUDGET: u32 = 1_024;

/// Anthropic's Messages.
pub(crate) struct Messages {
    /// The path of the call.
    pub(crate) path: String,
    /// What is known of the model.
    pub(crate) tuning: Tuning,
}

impl Wire for Messages {
    type Reading = MessagesReading;

    fn fullest(&self) -> Dialect {
        self.tuning.fullest_fitted()
    }

    fn path(&self, _: &str, _: Dialect) -> String {
        self.path.clone()
    }

    fn render(&self, model: &str, request: &ChatRequest, dialect: Dialect) -> Value {
        let schema = request.schema.as_ref().filter(|_| dialect.json == JsonMode::Schema);
        let schema = schema.and_then(|schema| fit(schema, Flavour::Anthropic));
        let told = if schema.is_some() { JsonMode::Schema } else { JsonMode::Prompt };
        let limit = self.tuning.output_limit(request.max_tokens);
        let (thinking, effort) = self.thinking(limit, dialect);
        let mut body = Map::new();
        let mut say = |key: &str, value: Value| drop(body.insert(key.to_owned(), value));
        say("model", json!(model));
        say("max_tokens", json!(limit));
        let system = told_system(request, told);
        if !system.is_empty() {
            let mark = json!({ "type": "ephemeral" });
            say("system", json!([{ "type": "text", "text": system, "cache_control": mark }]));
        }
        say("messages", turns(request).collect());
        say("stream", json!(dialect.streaming != Streaming::Off));
        // The temperature may not be chosen while the model thinks.
        if dialect.sampling == Sampling::Sent && thinking.is_none() {
            say("temperature", json!(rounded(request.temperature.min(1.0))));
        }
        if let Some(thinking) = thinking {
            say("thinking", thinking);
        }
        if let Some(config) = output_config(schema, effort) {
            say("output_config", config);
        }
        Value::Object(body)
    }
}

impl Messages {
    /// The field `thinking`, and the effort that goes beside it.
    fn thinking(&self, limit: u32, dialect: Dialect) -> (Option<Value>, Option<&'static str>) {
        let wanted = self.tuning.thinking.filter(|_| dialect.reasoning == Reasoning::Sent);
        let Some(effort) = wanted.and_then(Thinking::effort) else { return (None, None) };
        match self.tuning.mode {
            ThinkingMode::None | ThinkingMode::Switch => (None, None),
            ThinkingMode::Budget => (budget(effort, limit), None),
            ThinkingMode::Level => (None, Some(effort.word())),
            ThinkingMode::Adaptive => (Some(json!({ "type": "adaptive" })), Some(effort.word())),
        }
    }
}

/// A budget has to be below the limit of the whole reply; where there is no room for one the model does not think.
fn budget(effort: Effort, limit: u32) -> Option<Value> {
    let tokens = effort.tokens().min(limit.saturating_sub(1));
    (tokens >= LEAST_BUDGET).then(|| json!({ "type": "enabled", "budget_tokens": tokens }))
}

fn output_config(schema: Option<Value>, effort: Option<&str>) -> Option<Value> {
    let mut config = Map::new();
    if let Some(schema) = schema {
        config.insert("format".to_owned(), json!({ "type": "json_schema", "schema": schema }));
    }
    if let Some(effort) = effort {
        config.insert("effort".to_owned(), json!(effort));
    }
    (!config.is_empty()).then_some(Value::Object(config))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::sample_request;

    fn body(thinking: Option<Thinking>, mode: ThinkingMode, json: JsonMode) -> Value {
        let tuning = Tuning { thinking, mode, output: Some(64_000), json: JsonMode::Schema, samples: true };
        let wire = Messages { path: "v1/messages".to_owned(), tuning };
        wire.render("claude-opus-4-5-20251101", &sample_request(), Dialect { json, ..wire.fullest() })
    }

    #[test]
    fn a_call_has_a_closed_schema_and_a_marked_system_text() {
        let body = body(None, ThinkingMode::Budget, JsonMode::Schema);
        let format = &body["output_config"]["format"];
        assert_eq!(
            (&format["type"], &format["schema"]["additionalProperties"]),
            (&json!("json_schema"), &json!(false))
        );
        assert_eq!(body["system"][0]["cache_control"], json!({"type": "ephemeral"}));
        assert_eq!((&body["system"][0]["text"], &body["max_tokens"]), (&json!("Be brief."), &json!(24)));
        assert_eq!(body["messages"][1], json!({"role": "assistant", "content": "Hello"}));
        assert!(body.get("thinking").is_none() && body["temperature"] == 0.0);
    }

    #[test]
    fn thinking_is_said_in_the_models_own_way_and_leaves_the_temperature_out() {
        let budget = body(Some(Thinking::Medium), ThinkingMode::Budget, JsonMode::Schema);
        assert_eq!(budget["thinking"], json!({"type": "enabled", "budget_tokens": 4_096}));
        assert_eq!(budget["max_tokens"], 4_120, "thinking counts as output");
        assert!(budget.get("temperature").is_none());
        let adaptive = body(Some(Thinking::High), ThinkingMode::Adaptive, JsonMode::Schema);
        assert_eq!(adaptive["thinking"], json!({"type": "adaptive"}));
        assert_eq!(adaptive["output_config"]["effort"], "high");
        assert!(super::budget(Effort::Low, 900).is_none(), "no room");
    }

    #[test]
    fn without_the_field_the_schema_is_in_the_prompt() {
        for json in [JsonMode::Object, JsonMode::Prompt] {
            let body = body(None, ThinkingMode::None, json);
            assert!(body.get("output_config").is_none());
            assert!(body["system"][0]["text"].as_str().is_some_and(|text| text.contains("JSON schema")));
        }
    }
}
