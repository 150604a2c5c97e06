//! What comes back from `/chat/completions`.

use hafs_proto::Usage;
use serde::Deserialize;

use crate::call::{Answer, CallFailure, Stop};

/// The whole answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Completion {
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Counted>,
    /// Some gateways answer 200 and an error.
    #[serde(default)]
    error: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(default)]
    message: Said,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Said {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    reasoning_content: Option<String>,
}

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

impl Completion {
    /// The answer, whatever is missing of it.
    pub(crate) fn into_answer(self) -> Answer {
        let usage = usage(self.usage.as_ref());
        let base = Answer { served_model: self.model, usage, ..Answer::default() };
        if let Some(error) = self.error.filter(|error| !error.is_null()) {
            let said: String = error.to_string().chars().take(600).collect();
            let failure = CallFailure::transient(format!("the provider answered 200 with an error: {said}"));
            return Answer { stop: Stop::Failed(failure), ..base };
        }
        let Some(choice) = self.choices.into_iter().next() else {
            let failure = CallFailure::invalid("the provider's answer has no choice in it");
            return Answer { stop: Stop::Failed(failure), ..base };
        };
        let refused = choice.message.refusal.filter(|refusal| !refusal.is_empty());
        let stop = if refused.is_some() { Stop::Refusal } else { stop(choice.finish_reason.as_deref()) };
        let text = choice.message.content.unwrap_or_default();
        Answer {
            text: if text.is_empty() { refused.unwrap_or_default() } else { text },
            stop,
            reasoned: choice.message.reasoning_content.is_some_and(|thought| !thought.is_empty()),
            ..base
        }
    }
}

fn stop(reason: Option<&str>) -> Stop {
    match reason {
        Some("length" | "max_tokens") => Stop::Length,
        Some("content_filter") => Stop::Filter,
        Some("error") => Stop::Failed(CallFailure::transient("the provider ended the reply with an error")),
        None | Some(_) => Stop::Complete,
    }
}

/// Here `prompt_tokens` includes the cached ones and `completion_tokens` the reasoning, as in our own record.
pub(crate) fn usage(counted: Option<&Counted>) -> Usage {
    let Some(counted) = counted else { return Usage::default() };
    let cached = counted.prompt_tokens_details.as_ref().and_then(|details| details.cached_tokens);
    let reasoning = counted.completion_tokens_details.as_ref().and_then(|details| details.reasoning_tokens);
    Usage {
        input: counted.prompt_tokens,
        cached_input: cached.unwrap_or(0).min(counted.prompt_tokens),
        output: counted.completion_tokens,
        reasoning: reasoning.unwrap_or(0).min(counted.completion_tokens),
        reported: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(json: &str) -> Answer {
        serde_json::from_str::<Completion>(json).expect("parses").into_answer()
    }

    #[test]
    fn cached_and_reasoning_tokens_are_kept() {
        let answer = answer(
            r#"{"model":"m","choices":[{"message":{"content":"x"},"finish_reason":"stop"}],
            "usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,
            "prompt_tokens_details":{"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":12}}}"#,
        );
        let usage = Usage { input: 100, cached_input: 64, output: 20, reasoning: 12, reported: true };
        assert_eq!((answer.usage, answer.stop), (usage, Stop::Complete));
    }

    #[test]
    fn a_refusal_a_filter_a_limit_and_an_error_in_a_success_are_told_apart() {
        let refusal =
            answer(r#"{"choices":[{"message":{"content":null,"refusal":"No."},"finish_reason":"stop"}]}"#);
        assert_eq!((refusal.stop, refusal.text.as_str()), (Stop::Refusal, "No."));
        let filter = answer(r#"{"choices":[{"message":{"content":""},"finish_reason":"content_filter"}]}"#);
        assert_eq!(filter.stop, Stop::Filter);
        let limit = answer(r#"{"choices":[{"message":{"content":"a"},"finish_reason":"length"}]}"#);
        assert_eq!(limit.stop, Stop::Length);
        assert!(matches!(answer(r#"{"error":{"message":"down"}}"#).stop, Stop::Failed(_)));
        assert!(matches!(answer(r#"{"choices":[]}"#).stop, Stop::Failed(_)));
    }
}
