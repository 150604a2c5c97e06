//! What comes back from `generateContent`, whole or chunk by chunk: both have the same form.

use hafs_proto::Usage;
use serde::Deserialize;
use serde_json::Value;

use crate::call::{Answer, CallFailure, Stop};
use crate::http::in_stream;
use crate::wire::{Reading, usual_end, within};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Generated {
    candidates: Vec<Candidate>,
    prompt_feedback: Option<Feedback>,
    usage_metadata: Option<Counted>,
    model_version: Option<String>,
    error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Candidate {
    content: Option<Content>,
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Content {
    parts: Vec<Part>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    text: Option<String>,
    thought: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
}

/// Each chunk counts from the beginning; a chunk may leave counts out.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Counted {
    prompt_token_count: u64,
    cached_content_token_count: u64,
    candidates_token_count: u64,
    thoughts_token_count: u64,
}

/// Puts an answer together.
#[derive(Debug, Default)]
pub(crate) struct GeminiReading {
    answer: Answer,
    counted: Counted,
    stop: Option<Stop>,
}

impl Reading for GeminiReading {
    fn event(&mut self, what: &str, event: Value) -> Result<(), CallFailure> {
        let generated: Generated = serde_json::from_value(event).map_err(|error| {
            CallFailure::invalid(format!("{what} sent JSON that is no generated content: {error}"))
        })?;
        self.counted.add(generated.usage_metadata.unwrap_or_default());
        self.answer.served_model = generated.model_version.or(self.answer.served_model.take());
        if let Some(error) = generated.error.filter(|error| !error.is_null()) {
            return Err(in_stream(what, &error));
        }
        if generated.prompt_feedback.is_some_and(|feedback| feedback.block_reason.is_some()) {
            self.stop = Some(Stop::Filter);
        }
        if let Some(candidate) = generated.candidates.into_iter().next() {
            self.candidate(candidate);
        }
        Ok(())
    }

    fn whole(&mut self, what: &str, body: Value) -> Result<(), CallFailure> {
        self.event(what, body)
    }

    /// Nothing marks the end but the end.
    fn is_done(&self) -> bool {
        false
    }

    fn finish(mut self) -> Answer {
        self.answer.usage = usage(self.counted);
        self.answer.stop = usual_end(self.stop);
        self.answer
    }
}

impl GeminiReading {
    fn candidate(&mut self, candidate: Candidate) {
        for part in candidate.content.unwrap_or_default().parts {
            self.answer.reasoned |= part.thought;
            if !part.thought {
                self.answer.text.push_str(&part.text.unwrap_or_default());
            }
        }
        if let Some(reason) = candidate.finish_reason {
            self.stop = Some(stop(&reason));
        }
    }
}

impl Counted {
    /// Each count only grows within an answer.
    fn add(&mut self, later: Self) {
        self.prompt_token_count = self.prompt_token_count.max(later.prompt_token_count);
        self.cached_content_token_count =
            self.cached_content_token_count.max(later.cached_content_token_count);
        self.candidates_token_count = self.candidates_token_count.max(later.candidates_token_count);
        self.thoughts_token_count = self.thoughts_token_count.max(later.thoughts_token_count);
    }
}

fn stop(reason: &str) -> Stop {
    match reason {
        "STOP" => Stop::Complete,
        "MAX_TOKENS" => Stop::Length,
        "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "IMAGE_SAFETY"
        | "LANGUAGE" => Stop::Filter,
        other => {
            let word: String = other.chars().take(40).collect();
            Stop::Failed(CallFailure::invalid(format!(
                "the reply stopped for `{word}`, which is no end of a reply"
            )))
        }
    }
}

/// Here the prompt includes the cached tokens, and thoughts are not part of the candidates, though they are paid for
/// as output.
fn usage(counted: Counted) -> Usage {
    within(Usage {
        input: counted.prompt_token_count,
        cached_input: counted.cached_content_token_count,
        output: counted.candidates_token_count.saturating_add(counted.thoughts_token_count),
        reasoning: counted.thoughts_token_count,
        reported: counted.prompt_token_count > 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(events: &[Value]) -> Answer {
        let mut reading = GeminiReading::default();
        for event in events {
            reading.event("x", event.clone()).expect("no error");
        }
        reading.finish()
    }

    fn chunk(text: &str, finish: Option<&str>) -> Value {
        json!({"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": finish, "index": 0}],
            "modelVersion": "gemini-3-pro-preview"})
    }

    #[test]
    fn thoughts_are_paid_as_output_and_are_no_text() {
        let thought = json!({"candidates": [{"content": {"parts": [{"text": "hm", "thought": true}]}}],
            "usageMetadata": {"promptTokenCount": 40, "thoughtsTokenCount": 9}});
        let mut last = chunk("llo", Some("STOP"));
        last["usageMetadata"] = json!({"promptTokenCount": 40, "cachedContentTokenCount": 30,
            "candidatesTokenCount": 5, "thoughtsTokenCount": 12, "totalTokenCount": 57});
        let answer = read(&[thought, chunk("he", None), last]);
        let usage = Usage { input: 40, cached_input: 30, output: 17, reasoning: 12, reported: true };
        assert_eq!((answer.usage, answer.stop, answer.reasoned), (usage, Stop::Complete, true));
        assert_eq!(
            (answer.text.as_str(), answer.served_model.as_deref()),
            ("hello", Some("gemini-3-pro-preview"))
        );
    }

    #[test]
    fn each_end_is_told_apart_and_a_missing_one_is_a_failure() {
        for (reason, stop) in
            [("STOP", Stop::Complete), ("MAX_TOKENS", Stop::Length), ("SAFETY", Stop::Filter)]
        {
            assert_eq!(read(&[chunk("a", Some(reason))]).stop, stop);
        }
        assert!(matches!(read(&[chunk("a", Some("MALFORMED_FUNCTION_CALL"))]).stop, Stop::Failed(_)));
        assert!(matches!(read(&[chunk("a", None)]).stop, Stop::Failed(_)));
        assert_eq!(read(&[json!({"promptFeedback": {"blockReason": "SAFETY"}})]).stop, Stop::Filter);
        assert!(!read(&[chunk("a", Some("STOP"))]).usage.reported, "nothing was counted");
    }
}
