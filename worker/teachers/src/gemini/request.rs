//! What is sent to `models/M:generateContent`.

use serde_json::{Map, Value, json};

use super::reply::GeminiReading;
use crate::call::{ChatRequest, Role};
use crate::wire::{
    Dialect, Flavour, JsonMode, Reasoning, Sampling, Streaming, Thinking, ThinkingMode, Tuning, Wire, fit,
    rounded, told_system,
};

/// Gemini's generateContent.
pub(crate) struct Gemini {
    /// The path of the list of models.
    pub(crate) models: String,
    /// What is known of the model.
    pub(crate) tuning: Tuning,
}

impl Wire for Gemini {
    type Reading = GeminiReading;

    fn fullest(&self) -> Dialect {
        self.tuning.fullest_fitted()
    }

    fn path(&self, model: &str, dialect: Dialect) -> String {
        let model = model.trim_start_matches("models/");
        let method = match dialect.streaming {
            Streaming::Counted | Streaming::Plain => "streamGenerateContent?alt=sse",
            Streaming::Off => "generateContent",
        };
        format!("{}/{model}:{method}", self.models)
    }

    fn render(&self, _: &str, request: &ChatRequest, dialect: Dialect) -> Value {
        let schema = request.schema.as_ref().filter(|_| dialect.json == JsonMode::Schema);
        let schema = schema.and_then(|schema| fit(schema, Flavour::Gemini));
        let told = match (dialect.json, &schema) {
            (JsonMode::Raw | JsonMode::Schema, None) => JsonMode::Object,
            (mode, _) => mode,
        };
        let mut body = Map::new();
        let system = told_system(request, told);
        if !system.is_empty() {
            body.insert("systemInstruction".to_owned(), json!({ "parts": [{ "text": system }] }));
        }
        body.insert("contents".to_owned(), contents(request));
        body.insert("generationConfig".to_owned(), self.config(request, dialect, (told, schema)));
        Value::Object(body)
    }
}

impl Gemini {
    fn config(
        &self,
        request: &ChatRequest,
        dialect: Dialect,
        (told, schema): (JsonMode, Option<Value>),
    ) -> Value {
        let mut config = Map::new();
        let mut say = |key: &str, value: Value| drop(config.insert(key.to_owned(), value));
        say("maxOutputTokens", json!(self.tuning.output_limit(request.max_tokens)));
        if dialect.sampling == Sampling::Sent {
            say("temperature", json!(rounded(request.temperature)));
            say("seed", json!(request.seed & 0x7fff_ffff));
        }
        if request.schema.is_some() && told != JsonMode::Prompt {
            say("responseMimeType", json!("application/json"));
        }
        if let Some(schema) = schema {
            say("responseJsonSchema", schema);
        }
        if let Some(thinking) = self.thinking().filter(|_| dialect.reasoning == Reasoning::Sent) {
            say("thinkingConfig", thinking);
        }
        Value::Object(config)
    }

    /// A model that thinks by levels cannot be kept from thinking; it is asked for the least.
    fn thinking(&self) -> Option<Value> {
        let thinking = self.tuning.thinking?;
        match self.tuning.mode {
            ThinkingMode::None | ThinkingMode::Switch | ThinkingMode::Adaptive => None,
            ThinkingMode::Level => {
                let level = thinking.effort().map_or("low", |effort| effort.word());
                (thinking != Thinking::On).then(|| json!({ "thinkingLevel": level }))
            }
            ThinkingMode::Budget => Some(json!({ "thinkingBudget": match (thinking, thinking.effort()) {
                (Thinking::On, _) => json!(-1),
                (Thinking::Off | Thinking::Low | Thinking::Medium | Thinking::High, effort) => {
                    json!(effort.map_or(0, |effort| effort.tokens()))
                }
            } })),
        }
    }
}

fn contents(request: &ChatRequest) -> Value {
    let role = |role: Role| match role {
        Role::User => "user",
        Role::Assistant => "model",
    };
    let turn =
        |turn: &crate::call::Message| json!({ "role": role(turn.role), "parts": [{ "text": turn.content }] });
    request.messages.iter().map(turn).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::sample_request;

    fn wire(thinking: Option<Thinking>, mode: ThinkingMode) -> Gemini {
        let tuning = Tuning { thinking, mode, output: None, json: JsonMode::Schema, samples: true };
        Gemini { models: "v1beta/models".to_owned(), tuning }
    }

    #[test]
    fn a_call_names_its_model_in_the_path_and_has_its_schema_as_it_is_known_there() {
        let wire = wire(None, ThinkingMode::Level);
        let dialect = wire.fullest();
        assert_eq!(
            wire.path("gemini-3-pro-preview", dialect),
            "v1beta/models/gemini-3-pro-preview:streamGenerateContent?alt=sse"
        );
        let off = Dialect { streaming: Streaming::Off, ..dialect };
        assert_eq!(wire.path("models/x", off), "v1beta/models/x:generateContent");
        let body = wire.render("x", &sample_request(), dialect);
        assert_eq!(body["systemInstruction"]["parts"][0]["text"], "Be brief.");
        assert_eq!(body["contents"][1]["role"], "model");
        let config = &body["generationConfig"];
        assert_eq!(
            (&config["responseMimeType"], &config["maxOutputTokens"]),
            (&json!("application/json"), &json!(24))
        );
        assert_eq!(config["responseJsonSchema"]["properties"]["a"]["description"], "(minLength: 2)");
        assert!(config.get("thinkingConfig").is_none());
        let body = wire.render("x", &sample_request(), Dialect { json: JsonMode::Prompt, ..dialect });
        assert!(body["generationConfig"].get("responseMimeType").is_none());
        assert!(body["systemInstruction"].to_string().contains("JSON schema"));
    }

    #[test]
    fn thinking_is_a_level_or_a_number_of_tokens() {
        let config = |thinking, mode| {
            let wire = wire(Some(thinking), mode);
            wire.render("x", &sample_request(), wire.fullest())["generationConfig"]["thinkingConfig"].clone()
        };
        assert_eq!(config(Thinking::High, ThinkingMode::Level), json!({"thinkingLevel": "high"}));
        assert_eq!(config(Thinking::Off, ThinkingMode::Level), json!({"thinkingLevel": "low"}));
        assert_eq!(config(Thinking::Off, ThinkingMode::Budget), json!({"thinkingBudget": 0}));
        assert_eq!(config(Thinking::On, ThinkingMode::Budget), json!({"thinkingBudget": -1}));
        assert_eq!(config(Thinking::Low, ThinkingMode::Budget), json!({"thinkingBudget": 1_024}));
    }
}
