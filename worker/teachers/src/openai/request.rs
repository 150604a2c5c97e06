//! What is sent to `/chat/completions`.

use serde_json::{Map, Value, json};

use super::reply::ChatReading;
use crate::call::ChatRequest;
use crate::wire::{
    Dialect, JsonMode, LimitField, Reasoning, Sampling, Streaming, Tuning, Wire, rounded, strictly,
    told_system, turns,
};

/// Chat completions.
pub(crate) struct Chat {
    /// The path of the call.
    pub(crate) path: String,
    /// What is known of the model.
    pub(crate) tuning: Tuning,
}

impl Wire for Chat {
    type Reading = ChatReading;

    fn fullest(&self) -> Dialect {
        self.tuning.fullest()
    }

    fn path(&self, _: &str, _: Dialect) -> String {
        self.path.clone()
    }

    fn render(&self, model: &str, request: &ChatRequest, dialect: Dialect) -> Value {
        let mut body = Map::new();
        let mut say = |key: &str, value: Value| drop(body.insert(key.to_owned(), value));
        say("model", json!(model));
        say("messages", messages(request, dialect.json));
        say("stream", json!(dialect.streaming != Streaming::Off));
        if dialect.streaming == Streaming::Counted {
            say("stream_options", json!({ "include_usage": true }));
        }
        let limit = match dialect.limit {
            LimitField::MaxTokens => "max_tokens",
            LimitField::MaxCompletionTokens => "max_completion_tokens",
        };
        say(limit, json!(self.tuning.output_limit(request.max_tokens)));
        if dialect.sampling == Sampling::Sent {
            say("temperature", json!(rounded(request.temperature)));
            say("seed", json!(request.seed & 0x7fff_ffff));
        }
        if let Some(effort) = self.tuning.effort().filter(|_| dialect.reasoning == Reasoning::Sent) {
            say("reasoning_effort", json!(effort));
        }
        if let Some(format) = request.schema.as_ref().and_then(|schema| response_format(schema, dialect.json))
        {
            say("response_format", format);
        }
        Value::Object(body)
    }
}

fn messages(request: &ChatRequest, mode: JsonMode) -> Value {
    let system = told_system(request, mode);
    let head = (!system.is_empty()).then(|| json!({ "role": "system", "content": system }));
    head.into_iter().chain(turns(request)).collect()
}

fn response_format(schema: &Value, mode: JsonMode) -> Option<Value> {
    let by_schema = |(strict, schema): (bool, Value)| {
        json!({
            "type": "json_schema",
            "json_schema": { "name": "reply", "strict": strict, "schema": schema },
        })
    };
    match mode {
        JsonMode::Raw => Some(by_schema((true, schema.clone()))),
        JsonMode::Schema => Some(by_schema(strictly(schema))),
        JsonMode::Object => Some(json!({ "type": "json_object" })),
        JsonMode::Prompt => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::call::Message;
    use crate::wire::{Thinking, ThinkingMode};

    fn request() -> ChatRequest {
        ChatRequest {
            system: "Be brief.".to_owned(),
            messages: vec![Message::user("Hi")],
            schema: Some(json!({"type": "object", "properties": {"a": {"type": "string", "minLength": 2}}})),
            max_tokens: 9,
            temperature: 0.7,
            seed: 5,
            num_ctx: None,
            deadline: Duration::from_secs(1),
        }
    }

    fn chat(thinking: Option<Thinking>) -> Chat {
        let tuning =
            Tuning { thinking, mode: ThinkingMode::Level, output: None, json: JsonMode::Raw, samples: true };
        Chat { path: "v1/chat/completions".to_owned(), tuning }
    }

    #[test]
    fn the_schema_is_always_said_somewhere() {
        let in_mode = |json| chat(None).render("m", &request(), Dialect { json, ..Dialect::FULL });
        let raw = in_mode(JsonMode::Raw);
        assert_eq!(raw["response_format"]["json_schema"]["schema"], request().schema.expect("one"));
        assert_eq!(raw["messages"][0]["content"], "Be brief.");
        let strict = in_mode(JsonMode::Schema);
        let fitted = &strict["response_format"]["json_schema"]["schema"];
        assert_eq!((&fitted["required"], &fitted["additionalProperties"]), (&json!(["a"]), &json!(false)));
        for json in [JsonMode::Object, JsonMode::Prompt] {
            let body = in_mode(json);
            let system = body["messages"][0]["content"].as_str().expect("a text");
            assert!(system.starts_with("Be brief.") && system.contains(r#""minLength":2"#));
            assert_eq!(body.get("response_format").is_some(), json == JsonMode::Object);
        }
    }

    #[test]
    fn numbers_are_sent_as_they_were_written() {
        let body = chat(None).render("m", &request(), Dialect::FULL).to_string();
        assert!(body.contains(r#""temperature":0.7,"seed":5"#), "{body}");
        let lean =
            Dialect { limit: LimitField::MaxCompletionTokens, sampling: Sampling::LeftOut, ..Dialect::FULL };
        let body = chat(None).render("m", &request(), lean);
        assert_eq!(body["max_completion_tokens"], 9);
        assert!(body.get("temperature").is_none() && body.get("max_tokens").is_none());
    }

    #[test]
    fn effort_is_said_when_it_is_chosen_and_counts_are_asked_for_in_a_stream() {
        let body = chat(Some(Thinking::Low)).render("m", &request(), Dialect::FULL);
        assert_eq!((&body["reasoning_effort"], &body["max_tokens"]), (&json!("low"), &json!(1_033)));
        assert_eq!(body["stream_options"]["include_usage"], true);
        let lean = Dialect { reasoning: Reasoning::LeftOut, streaming: Streaming::Off, ..Dialect::FULL };
        let body = chat(Some(Thinking::Low)).render("m", &request(), lean);
        assert!(body.get("reasoning_effort").is_none() && body.get("stream_options").is_none());
        assert_eq!(body["stream"], false);
    }
}
