//! What comes back from `/chat/completions`, whole or chunk by chunk.

use hafs_proto::Usage;
use serde::Deserialize;
use serde_json::Value;

use crate::call::{Answer, CallFailure, Stop};
use crate::http::in_stream;
use crate::wire::{Reading, end_or_refusal, within};

/// The whole answer, or a chunk of it: a chunk has `delta` where the whole has `message`.
#[derive(Debug, Deserialize)]
struct Completion {
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Counted>,
    /// Some gateways answer 200 and an error.
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(default)]
    index: u32,
    #[serde(default, alias = "delta")]
    message: Option<Said>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Said {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default, alias = "reasoning")]
    reasoning_content: Option<String>,
}

/// The tokens as OpenAI's wires count them.
#[derive(Debug, Deserialize)]
pub(crate) struct Counted {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    #[serde(default)]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(default)]
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Debug, Deserialize)]
struct PromptDetails {
    #[serde(default)]
    cached_tokens: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct CompletionDetails {
    #[serde(default)]
    reasoning_tokens: Option<u64>,
}

/// Puts an answer together.
#[derive(Debug, Default)]
pub(crate) struct ChatReading {
    answer: Answer,
    refusal: String,
    stop: Option<Stop>,
    done: bool,
}

impl Reading for ChatReading {
    fn event(&mut self, what: &str, event: Value) -> Result<(), CallFailure> {
        let completion: Completion = serde_json::from_value(event).map_err(|error| {
            CallFailure::invalid(format!("{what} sent JSON that is no chat completion: {error}"))
        })?;
        self.answer.served_model = completion.model.or(self.answer.served_model.take());
        if let Some(counted) = &completion.usage {
            self.answer.usage = usage(Some(counted));
        }
        if let Some(error) = completion.error.filter(|error| !error.is_null()) {
            return Err(in_stream(what, &error));
        }
        // Only one reply is asked for; others are not read.
        completion
            .choices
            .into_iter()
            .filter(|choice| choice.index == 0)
            .take(1)
            .for_each(|choice| self.choice(choice));
        Ok(())
    }

    fn whole(&mut self, what: &str, body: Value) -> Result<(), CallFailure> {
        let empty = body.get("error").is_none()
            && body.get("choices").and_then(Value::as_array).is_none_or(Vec::is_empty);
        self.event(what, body)?;
        if empty {
            return Err(CallFailure::invalid(format!("the answer of {what} has no choice in it")));
        }
        // Servers that answer in one piece may leave the reason out.
        self.stop.get_or_insert_default();
        self.done = true;
        Ok(())
    }

    fn mark_done(&mut self) {
        self.done = true;
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn finish(self) -> Answer {
        end_or_refusal(self.answer, self.stop, self.refusal)
    }
}

impl ChatReading {
    fn choice(&mut self, choice: Choice) {
        let said = choice.message.unwrap_or_default();
        self.answer.text.push_str(&said.content.unwrap_or_default());
        self.refusal.push_str(&said.refusal.unwrap_or_default());
        self.answer.reasoned |= said.reasoning_content.is_some_and(|thought| !thought.is_empty());
        if let Some(reason) = choice.finish_reason {
            self.stop = Some(stop(&reason));
        }
    }
}

fn stop(reason: &str) -> Stop {
    match reason {
        "length" | "max_tokens" => Stop::Length,
        "content_filter" => Stop::Filter,
        "error" => Stop::Failed(CallFailure::transient("the provider ended the reply with an error")),
        _ => Stop::Complete,
    }
}

/// Here `prompt_tokens` includes the cached ones and `completion_tokens` the reasoning, as in our own record.
pub(crate) fn usage(counted: Option<&Counted>) -> Usage {
    let Some(counted) = counted else { return Usage::default() };
    let cached = counted.prompt_tokens_details.as_ref().and_then(|details| details.cached_tokens);
    let reasoning = counted.completion_tokens_details.as_ref().and_then(|details| details.reasoning_tokens);
    within(Usage {
        input: counted.prompt_tokens,
        cached_input: cached.unwrap_or(0),
        output: counted.completion_tokens,
        reasoning: reasoning.unwrap_or(0),
        reported: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(json: &str) -> Answer {
        let mut reading = ChatReading::default();
        let read = reading.whole("x", serde_json::from_str(json).expect("JSON"));
        let mut answer = reading.finish();
        if let Err(failure) = read {
            answer.stop = Stop::Failed(failure);
        }
        answer
    }

    fn chunks(chunks: &[&str]) -> Answer {
        let mut reading = ChatReading::default();
        for chunk in chunks {
            reading.event("x", serde_json::from_str(chunk).expect("JSON")).expect("no error");
        }
        reading.finish()
    }

    #[test]
    fn cached_and_reasoning_tokens_are_kept() {
        let answer = whole(
            r#"{"model":"m","choices":[{"message":{"content":"x"},"finish_reason":"stop"}],
            "usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,
            "prompt_tokens_details":{"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":12}}}"#,
        );
        let usage = Usage { input: 100, cached_input: 64, output: 20, reasoning: 12, reported: true };
        assert_eq!((answer.usage, answer.stop), (usage, Stop::Complete));
    }

    #[test]
    fn chunks_make_the_same_answer_and_the_counts_after_the_end_are_not_lost() {
        let answer = chunks(&[
            r#"{"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"he"},"finish_reason":null}]}"#,
            r#"{"model":"m","choices":[{"index":0,"delta":{"content":"llo"},"finish_reason":null}],"usage":null}"#,
            r#"{"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            r#"{"model":"m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#,
        ]);
        assert_eq!((answer.text.as_str(), answer.stop), ("hello", Stop::Complete));
        assert_eq!((answer.usage.input, answer.usage.output, answer.usage.reported), (3, 2, true));
        let cut = chunks(&[r#"{"choices":[{"delta":{"content":"he"}}]}"#]);
        assert!(matches!(cut.stop, Stop::Failed(_)) && cut.text == "he");
    }

    #[test]
    fn a_refusal_a_filter_a_limit_and_an_error_in_a_success_are_told_apart() {
        let refusal =
            whole(r#"{"choices":[{"message":{"content":null,"refusal":"No."},"finish_reason":"stop"}]}"#);
        assert_eq!((refusal.stop, refusal.text.as_str()), (Stop::Refusal, "No."));
        let filter = whole(r#"{"choices":[{"message":{"content":""},"finish_reason":"content_filter"}]}"#);
        assert_eq!(filter.stop, Stop::Filter);
        let limit = whole(r#"{"choices":[{"message":{"content":"a"},"finish_reason":"length"}]}"#);
        assert_eq!(limit.stop, Stop::Length);
        assert!(matches!(whole(r#"{"error":{"message":"down"}}"#).stop, Stop::Failed(_)));
        assert!(matches!(whole(r#"{"choices":[]}"#).stop, Stop::Failed(_)));
    }
}
