//! What comes back from `/api/chat`, line by line.

use std::time::Duration;

use hafs_proto::Usage;
use serde::Deserialize;
use serde_json::Value;

use crate::call::{Answer, CallFailure, Stop};
use crate::http::in_stream;
use crate::teacher::Speed;

/// One line of the stream. Everything may be absent: older servers leave counters out, and an error line, which
/// comes with status 200, has nothing but its message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    model: Option<String>,
    message: Option<Said>,
    /// What servers that imitate Ollama stream in place of a message: the form of `/api/generate`.
    response: Option<String>,
    done: bool,
    done_reason: Option<String>,
    prompt_eval_count: Option<u64>,
    prompt_eval_cached_count: Option<u64>,
    eval_count: Option<u64>,
    eval_duration: Option<u64>,
    error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    content: String,
    thinking: Option<String>,
}

/// Puts an answer together from its lines.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    answer: Answer,
    done: bool,
    speed: Option<Speed>,
}

impl Collector {
    /// Takes one line.
    pub(crate) fn line(&mut self, line: &[u8]) -> Result<(), CallFailure> {
        let line: Line = serde_json::from_slice(line).map_err(|error| {
            CallFailure::invalid(format!("Ollama sent a line that is not its JSON: {error}"))
        })?;
        if let Some(error) = line.error {
            return Err(in_stream("Ollama, in the middle of its answer,", &error));
        }
        if let Some(said) = line.message {
            self.answer.text.push_str(&said.content);
            self.answer.reasoned |= said.thinking.is_some_and(|thought| !thought.is_empty());
        } else if let Some(said) = line.response {
            self.answer.text.push_str(&said);
        }
        self.answer.served_model = line.model.or(self.answer.served_model.take());
        if line.done {
            self.done = true;
            self.answer.stop = stop(line.done_reason.as_deref());
            self.speed = speed(line.eval_count, line.eval_duration);
            self.answer.usage = usage(line.prompt_eval_count, line.prompt_eval_cached_count, line.eval_count);
        }
        Ok(())
    }

    /// How fast the answer was written, once it is whole.
    pub(crate) const fn speed(&self) -> Option<Speed> {
        self.speed
    }

    /// Whether the line with the counters has come.
    pub(crate) const fn is_done(&self) -> bool {
        self.done
    }

    /// The answer, or what there is of it with the failure that cut it.
    pub(crate) fn finish(mut self, failure: Option<CallFailure>) -> Answer {
        let missing_end =
            || CallFailure::transient("Ollama ended its answer before the line that says it is done");
        if let Some(failure) = failure.or_else(|| (!self.done).then(missing_end)) {
            self.answer.stop = Stop::Failed(failure);
        }
        self.answer
    }
}

/// Ollama counts nanoseconds.
fn speed(tokens: Option<u64>, nanoseconds: Option<u64>) -> Option<Speed> {
    Some(Speed { tokens: tokens?, within: Duration::from_nanos(nanoseconds?) })
}

fn stop(reason: Option<&str>) -> Stop {
    match reason {
        Some("length") => Stop::Length,
        None | Some(_) => Stop::Complete,
    }
}

fn usage(prompt: Option<u64>, cached: Option<u64>, output: Option<u64>) -> Usage {
    Usage {
        input: prompt.unwrap_or(0),
        cached_input: cached.unwrap_or(0).min(prompt.unwrap_or(0)),
        output: output.unwrap_or(0),
        reasoning: 0,
        reported: prompt.is_some() && output.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(lines: &[&str]) -> Answer {
        let mut collector = Collector::default();
        let failure = lines.iter().find_map(|line| collector.line(line.as_bytes()).err());
        collector.finish(failure)
    }

    #[test]
    fn a_missing_counter_loses_neither_the_others_nor_the_text() {
        let answer = collect(&[
            r#"{"model":"m","message":{"role":"assistant","content":"a"},"done":false}"#,
            r#"{"model":"m","message":{"content":"b"},"done":true,"done_reason":"stop","eval_count":2}"#,
        ]);
        assert_eq!((answer.text.as_str(), answer.usage.output, answer.usage.reported), ("ab", 2, false));
        assert_eq!(answer.stop, Stop::Complete);
    }

    #[test]
    fn a_server_that_answers_in_the_form_of_another_call_is_understood() {
        let answer = collect(&[
            r#"{"model":"m","response":"a","done":false}"#,
            r#"{"model":"m","response":"b","done":true,"done_reason":"stop"}"#,
        ]);
        assert_eq!((answer.text.as_str(), answer.stop), ("ab", Stop::Complete));
    }

    #[test]
    fn the_speed_is_that_of_the_writing_alone() {
        let mut collector = Collector::default();
        let line = br#"{"done":true,"eval_count":40,"eval_duration":2000000000,"load_duration":9000000000}"#;
        collector.line(line).expect("a line");
        assert_eq!(collector.speed(), Some(Speed { tokens: 40, within: Duration::from_secs(2) }));
    }

    #[test]
    fn an_error_line_or_a_missing_end_keeps_the_text_and_fails_the_call() {
        for second in [r#"{"error":"runner crashed"}"#, r#"{"message":{"content":"b"}}"#] {
            let answer = collect(&[r#"{"message":{"content":"a"}}"#, second]);
            assert!(matches!(answer.stop, Stop::Failed(_)), "{second}");
            assert!(answer.text.starts_with('a'));
        }
    }

    #[test]
    fn the_token_limit_is_not_mistaken_for_the_end() {
        assert_eq!(collect(&[r#"{"done":true,"done_reason":"length"}"#]).stop, Stop::Length);
    }
}
