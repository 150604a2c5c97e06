//! What comes back from `/responses`, whole or event by event.

use hafs_proto::Usage;
use serde::Deserialize;
use serde_json::Value;

use crate::call::{Answer, CallFailure, Stop};
use crate::http::in_stream;
use crate::wire::{Reading, end_or_refusal, within};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Response {
    model: Option<String>,
    status: Option<String>,
    incomplete_details: Option<Incomplete>,
    error: Option<Value>,
    output: Vec<Item>,
    usage: Option<Counted>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Incomplete {
    reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Item {
    #[serde(rename = "type")]
    kind: String,
    content: Option<Vec<Part>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    text: Option<String>,
    refusal: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Counted {
    input_tokens: u64,
    input_tokens_details: Option<InputDetails>,
    output_tokens: u64,
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct InputDetails {
    cached_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OutputDetails {
    reasoning_tokens: Option<u64>,
}

/// Puts an answer together.
#[derive(Debug, Default)]
pub(crate) struct ResponsesReading {
    answer: Answer,
    refusal: String,
    stop: Option<Stop>,
}

impl Reading for ResponsesReading {
    fn event(&mut self, what: &str, mut event: Value) -> Result<(), CallFailure> {
        let kind = event["type"].as_str().unwrap_or_default().to_owned();
        match kind.as_str() {
            "response.output_text.delta" => {
                self.answer.text.push_str(event["delta"].as_str().unwrap_or_default())
            }
            "response.refusal.delta" => self.refusal.push_str(event["delta"].as_str().unwrap_or_default()),
            "response.created" => {
                self.answer.served_model = event["response"]["model"].as_str().map(str::to_owned);
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                self.whole(what, event["response"].take())?;
            }
            "error" => return Err(in_stream(what, &event)),
            // Items begin and end, reasoning is summed up, time passes.
            _ => {}
        }
        Ok(())
    }

    fn whole(&mut self, what: &str, body: Value) -> Result<(), CallFailure> {
        let response: Response = serde_json::from_value(body).map_err(|error| {
            CallFailure::invalid(format!("{what} sent JSON that is no response: {error}"))
        })?;
        self.answer.served_model = response.model.or(self.answer.served_model.take());
        if let Some(counted) = &response.usage {
            self.answer.usage = usage(counted);
        }
        if let Some(error) = response.error.filter(|error| !error.is_null()) {
            return Err(in_stream(what, &error));
        }
        let reason = response.incomplete_details.and_then(|details| details.reason);
        self.stop = Some(stop(response.status.as_deref(), reason.as_deref()));
        self.items(response.output);
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.stop.is_some()
    }

    fn finish(self) -> Answer {
        end_or_refusal(self.answer, self.stop, self.refusal)
    }
}

impl ResponsesReading {
    /// The last event repeats the whole text; what it says takes the place of the pieces.
    fn items(&mut self, items: Vec<Item>) {
        let mut text = String::new();
        let mut refusal = String::new();
        for item in items {
            self.answer.reasoned |= item.kind == "reasoning";
            for part in item.content.filter(|_| item.kind == "message").into_iter().flatten() {
                text.push_str(&part.text.unwrap_or_default());
                refusal.push_str(&part.refusal.unwrap_or_default());
            }
        }
        if !text.is_empty() {
            self.answer.text = text;
        }
        if !refusal.is_empty() {
            self.refusal = refusal;
        }
    }
}

fn stop(status: Option<&str>, incomplete: Option<&str>) -> Stop {
    match (status, incomplete) {
        (Some("incomplete"), Some("content_filter")) => Stop::Filter,
        (Some("incomplete"), _) => Stop::Length,
        (None | Some("completed"), _) => Stop::Complete,
        (Some("cancelled"), _) => Stop::Failed(CallFailure::transient("the provider cancelled the response")),
        (Some(other), _) => {
            let word: String = other.chars().take(40).collect();
            Stop::Failed(CallFailure::invalid(format!("the response ended in the state `{word}`")))
        }
    }
}

/// Here `input_tokens` includes the cached ones and `output_tokens` the reasoning, as in our own record.
fn usage(counted: &Counted) -> Usage {
    let cached = counted.input_tokens_details.as_ref().and_then(|details| details.cached_tokens);
    let reasoning = counted.output_tokens_details.as_ref().and_then(|details| details.reasoning_tokens);
    within(Usage {
        input: counted.input_tokens,
        cached_input: cached.unwrap_or(0),
        output: counted.output_tokens,
        reasoning: reasoning.unwrap_or(0),
        reported: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn response(status: &str, extra: &Value) -> Value {
        let mut response = json!({"id": "resp_1", "model": "gpt-5.2-2026-01-01", "status": status, "error": null,
            "output": [{"type": "reasoning", "summary": []},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hello", "annotations": []}]}],
            "usage": {"input_tokens": 50, "input_tokens_details": {"cached_tokens": 32}, "output_tokens": 20,
                "output_tokens_details": {"reasoning_tokens": 15}, "total_tokens": 70}});
        extra.as_object().into_iter().flatten().for_each(|(key, value)| response[key] = value.clone());
        response
    }

    fn read(body: Value) -> Answer {
        let mut reading = ResponsesReading::default();
        reading.whole("x", body).expect("no error");
        reading.finish()
    }

    #[test]
    fn usage_reasoning_and_the_served_model_are_kept() {
        let answer = read(response("completed", &json!({})));
        let usage = Usage { input: 50, cached_input: 32, output: 20, reasoning: 15, reported: true };
        assert_eq!((answer.usage, answer.stop, answer.reasoned), (usage, Stop::Complete, true));
        assert_eq!(
            (answer.text.as_str(), answer.served_model.as_deref()),
            ("hello", Some("gpt-5.2-2026-01-01"))
        );
    }

    #[test]
    fn each_end_is_told_apart() {
        let incomplete =
            |reason: &str| read(response("incomplete", &json!({"incomplete_details": {"reason": reason}})));
        assert_eq!(incomplete("max_output_tokens").stop, Stop::Length);
        assert_eq!(incomplete("content_filter").stop, Stop::Filter);
        let refusal =
            json!({"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}]});
        assert_eq!(read(response("completed", &refusal)).stop, Stop::Refusal);
        assert!(matches!(read(response("queued", &json!({}))).stop, Stop::Failed(_)));
        let mut reading = ResponsesReading::default();
        let failed =
            response("failed", &json!({"error": {"code": "rate_limit_exceeded", "message": "slow"}}));
        let failure =
            reading.event("x", json!({"type": "response.failed", "response": failed})).expect_err("failed");
        assert_eq!(failure.status, Some(429));
    }

    #[test]
    fn a_stream_without_its_end_keeps_its_text_and_fails() {
        let mut reading = ResponsesReading::default();
        reading
            .event("x", json!({"type": "response.created", "response": {"model": "gpt-5.2"}}))
            .expect("read");
        reading.event("x", json!({"type": "response.output_text.delta", "delta": "he"})).expect("read");
        let answer = reading.finish();
        assert!(matches!(answer.stop, Stop::Failed(_)) && answer.text == "he");
        assert_eq!(answer.served_model.as_deref(), Some("gpt-5.2"));
    }
}
