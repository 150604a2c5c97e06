//! What comes back from `/v1/messages`, whole or event by event.

use hafs_proto::Usage;
use serde::Deserialize;
use serde_json::Value;

use crate::call::{Answer, CallFailure, Stop};
use crate::http::in_stream;
use crate::wire::{Reading, usual_end};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    model: Option<String>,
    stop_reason: Option<String>,
    usage: Option<Counted>,
}

/// Tokens as far as they are known; the later event of a stream says more than the earlier.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default)]
struct Counted {
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

/// Puts an answer together.
#[derive(Debug, Default)]
pub(crate) struct MessagesReading {
    answer: Answer,
    counted: Counted,
    reported: bool,
    stop: Option<Stop>,
    done: bool,
}

impl Reading for MessagesReading {
    fn event(&mut self, what: &str, mut event: Value) -> Result<(), CallFailure> {
        let kind = event["type"].as_str().unwrap_or_default().to_owned();
        match kind.as_str() {
            "message_start" => self.message(what, event["message"].take())?,
            "content_block_start" => self.block(&event["content_block"]),
            "content_block_delta" => self.block(&event["delta"]),
            "message_delta" => self.delta(&mut event),
            "message_stop" => self.done = true,
            "error" => return Err(in_stream(what, &event)),
            // Blocks end, and `ping` keeps the connection alive.
            _ => {}
        }
        Ok(())
    }

    fn whole(&mut self, what: &str, body: Value) -> Result<(), CallFailure> {
        if body["type"] == "error" {
            return Err(in_stream(what, &body));
        }
        self.message(what, body)?;
        self.reported = self.counted.output_tokens.is_some();
        self.done = true;
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn finish(mut self) -> Answer {
        self.answer.usage = usage(self.counted, self.reported);
        self.answer.cache_write = self.counted.cache_creation_input_tokens.unwrap_or(0);
        self.answer.stop = usual_end(self.stop.filter(|_| self.done));
        self.answer
    }
}

impl MessagesReading {
    fn message(&mut self, what: &str, body: Value) -> Result<(), CallFailure> {
        let blocks = body["content"].clone();
        let message: Message = serde_json::from_value(body)
            .map_err(|error| CallFailure::invalid(format!("{what} sent JSON that is no message: {error}")))?;
        self.answer.served_model = message.model;
        self.counted.add(message.usage.unwrap_or_default());
        blocks.as_array().into_iter().flatten().for_each(|block| self.block(block));
        self.stop = message.stop_reason.as_deref().map(stop);
        Ok(())
    }

    /// A block, its beginning or a piece of it.
    fn block(&mut self, block: &Value) {
        let kind = block["type"].as_str().unwrap_or_default();
        if matches!(kind, "text" | "text_delta") {
            self.answer.text.push_str(block["text"].as_str().unwrap_or_default());
        }
        self.answer.reasoned |= kind.contains("thinking");
    }

    fn delta(&mut self, event: &mut Value) {
        if let Some(reason) = event["delta"]["stop_reason"].as_str() {
            self.stop = Some(stop(reason));
        }
        if let Ok(counted) = serde_json::from_value::<Counted>(event["usage"].take()) {
            self.reported |= counted.output_tokens.is_some();
            self.counted.add(counted);
        }
    }
}

impl Counted {
    /// Each count only grows within an answer.
    fn add(&mut self, later: Self) {
        self.input_tokens = self.input_tokens.max(later.input_tokens);
        self.cache_creation_input_tokens =
            self.cache_creation_input_tokens.max(later.cache_creation_input_tokens);
        self.cache_read_input_tokens = self.cache_read_input_tokens.max(later.cache_read_input_tokens);
        self.output_tokens = self.output_tokens.max(later.output_tokens);
    }
}

fn stop(reason: &str) -> Stop {
    match reason {
        "end_turn" | "stop_sequence" => Stop::Complete,
        "max_tokens" | "model_context_window_exceeded" => Stop::Length,
        "refusal" => Stop::Refusal,
        other => {
            let word: String = other.chars().take(40).collect();
            Stop::Failed(CallFailure::invalid(format!(
                "the reply stopped for `{word}`, which is no end of a reply"
            )))
        }
    }
}

/// Here `input_tokens` leaves out what was read from the cache and written into it; our own record counts everything.
fn usage(counted: Counted, reported: bool) -> Usage {
    let cached = counted.cache_read_input_tokens.unwrap_or(0);
    let written = counted.cache_creation_input_tokens.unwrap_or(0);
    Usage {
        input: counted.input_tokens.unwrap_or(0).saturating_add(cached).saturating_add(written),
        cached_input: cached,
        output: counted.output_tokens.unwrap_or(0),
        reasoning: 0,
        reported,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn events(events: &[Value]) -> Answer {
        let mut reading = MessagesReading::default();
        for event in events {
            reading.event("x", event.clone()).expect("no error");
        }
        reading.finish()
    }

    fn start() -> Value {
        json!({"type": "message_start", "message": {"id": "msg_1", "model": "claude-opus-4-5-20251101", "content": [],
            "stop_reason": null, "usage": {"input_tokens": 10, "cache_creation_input_tokens": 300,
            "cache_read_input_tokens": 2000, "output_tokens": 1}}})
    }

    fn text(text: &str) -> Value {
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": text}})
    }

    #[test]
    fn cached_and_written_tokens_count_as_input_and_survive_the_stream() {
        let answer = events(&[
            start(),
            json!({"type": "ping"}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}}),
            text("he"),
            text("llo"),
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 25}}),
            json!({"type": "message_stop"}),
        ]);
        let usage = Usage { input: 2_310, cached_input: 2_000, output: 25, reasoning: 0, reported: true };
        assert_eq!((answer.usage, answer.cache_write, answer.stop), (usage, 300, Stop::Complete));
        assert_eq!((answer.text.as_str(), answer.reasoned), ("hello", true));
    }

    #[test]
    fn a_cut_stream_keeps_what_was_counted_and_says_that_it_is_not_all() {
        let answer = events(&[start(), text("he")]);
        assert!(matches!(answer.stop, Stop::Failed(_)));
        assert_eq!((answer.usage.input, answer.usage.reported), (2_310, false));
    }

    #[test]
    fn each_end_is_told_apart() {
        let whole = |reason: &str| {
            let mut reading = MessagesReading::default();
            let body = json!({"type": "message", "model": "m", "content": [{"type": "text", "text": "a"}],
                "stop_reason": reason, "usage": {"input_tokens": 1, "output_tokens": 2}});
            reading.whole("x", body).expect("no error");
            reading.finish()
        };
        assert_eq!(whole("end_turn").stop, Stop::Complete);
        assert_eq!(whole("max_tokens").stop, Stop::Length);
        assert_eq!(whole("model_context_window_exceeded").stop, Stop::Length);
        assert_eq!(whole("refusal").stop, Stop::Refusal);
        assert!(matches!(whole("tool_use").stop, Stop::Failed(_)));
        assert!(whole("end_turn").usage.reported);
    }

    #[test]
    fn an_overload_inside_a_stream_is_the_same_as_before_it() {
        let error = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
        let failure = MessagesReading::default().event("x", error).expect_err("an error");
        assert_eq!(failure.status, Some(529));
    }
}
