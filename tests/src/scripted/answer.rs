//! An answer, written in pieces for each wire.

use serde_json::{Value, json};

use super::wire::{Asked, Wire};

/// Why an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Complete,
    Length,
    Refusal,
    Filter,
}

/// What is answered.
#[derive(Debug, Clone)]
pub(super) struct Answer<'a> {
    pub(super) text: &'a str,
    pub(super) end: End,
    pub(super) model: &'a str,
}

/// An answer as it goes over the wire.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) content_type: &'static str,
    pub(super) pieces: Vec<String>,
}

/// Tokens of an answer. Of the prompt two fifths were cached, of the output a quarter was reasoning.
struct Tokens {
    input: usize,
    cached: usize,
    output: usize,
    reasoning: usize,
}

impl Tokens {
    fn of(asked: &Asked, text: &str) -> Self {
        let input = asked.texts.iter().map(String::len).sum::<usize>() / 4;
        let output = text.len() / 4;
        Self { input, cached: input * 2 / 5, output, reasoning: output / 4 }
    }
}

/// Tokens of a prompt and its reply together.
pub(super) fn tokens(asked: &Asked, text: &str) -> u64 {
    let tokens = Tokens::of(asked, text);
    (tokens.input + tokens.output) as u64
}

/// Writes an answer, event by event if that was asked for.
pub(super) fn write(asked: &Asked, answer: &Answer<'_>) -> Written {
    let tokens = Tokens::of(asked, answer.text);
    let events = match asked.wire {
        Wire::Chat => chat(answer, &tokens),
        Wire::Responses => responses(answer, &tokens),
        Wire::Messages => messages(answer, &tokens),
        Wire::Gemini => gemini(answer, &tokens),
        Wire::Ollama => ollama(answer, &tokens),
    };
    match (asked.streams, asked.wire) {
        (false, _) => {
            let whole = events.last().map(ToString::to_string).unwrap_or_default();
            Written { content_type: "application/json", pieces: vec![whole] }
        }
        (true, Wire::Ollama) => lines(&events[..events.len() - 1]),
        (true, Wire::Chat) => {
            let mut written = sse(&events[..events.len() - 1]);
            written.pieces.push("data: [DONE]\n\n".to_owned());
            written
        }
        (true, Wire::Responses | Wire::Messages | Wire::Gemini) => sse(&events[..events.len() - 1]),
    }
}

fn lines(events: &[Value]) -> Written {
    let pieces = events.iter().map(|event| format!("{event}\n")).collect();
    Written { content_type: "application/x-ndjson", pieces }
}

fn sse(events: &[Value]) -> Written {
    let piece = |event: &Value| match event["type"].as_str() {
        Some(name) => format!("event: {name}\ndata: {event}\n\n"),
        None => format!("data: {event}\n\n"),
    };
    Written { content_type: "text/event-stream", pieces: events.iter().map(piece).collect() }
}

/// The text in up to three parts.
fn parts(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let size = chars.len().div_ceil(3).max(1);
    chars.chunks(size).map(|part| part.iter().collect()).collect()
}

/// The events of the stream, and after them the answer in one piece: the same for each wire.
fn chat(answer: &Answer<'_>, tokens: &Tokens) -> Vec<Value> {
    let base =
        json!({"id": "chatcmpl-scripted", "object": "chat.completion", "created": 0, "model": answer.model});
    let with = |choices: Value| {
        let mut event = base.clone();
        event["choices"] = choices;
        event
    };
    let (field, finish) = match answer.end {
        End::Complete => ("content", "stop"),
        End::Length => ("content", "length"),
        End::Refusal => ("refusal", "stop"),
        End::Filter => ("content", "content_filter"),
    };
    let usage = json!({
        "prompt_tokens": tokens.input, "completion_tokens": tokens.output,
        "total_tokens": tokens.input + tokens.output,
        "prompt_tokens_details": {"cached_tokens": tokens.cached},
        "completion_tokens_details": {"reasoning_tokens": tokens.reasoning},
    });
    let mut events: Vec<Value> = parts(answer.text)
        .into_iter()
        .map(|part| with(json!([{"index": 0, "delta": {field: part}, "finish_reason": null}])))
        .collect();
    events.push(with(json!([{"index": 0, "delta": {}, "finish_reason": finish}])));
    let mut counted = with(json!([]));
    counted["usage"] = usage.clone();
    events.push(counted);
    let message = json!({"role": "assistant", field: answer.text});
    let mut whole = with(json!([{"index": 0, "finish_reason": finish, "message": message}]));
    whole["usage"] = usage;
    events.push(whole);
    events
}

fn responses(answer: &Answer<'_>, tokens: &Tokens) -> Vec<Value> {
    let (kind, field) = match answer.end {
        End::Refusal => ("refusal", "refusal"),
        End::Complete | End::Length | End::Filter => ("output_text", "text"),
    };
    let (status, incomplete) = match answer.end {
        End::Complete | End::Refusal => ("completed", Value::Null),
        End::Length => ("incomplete", json!({"reason": "max_output_tokens"})),
        End::Filter => ("incomplete", json!({"reason": "content_filter"})),
    };
    let whole = json!({
        "id": "resp_scripted", "object": "response", "model": answer.model, "status": status, "error": null,
        "incomplete_details": incomplete,
        "output": [{"type": "message", "role": "assistant", "content": [{"type": kind, field: answer.text}]}],
        "usage": {
            "input_tokens": tokens.input, "input_tokens_details": {"cached_tokens": tokens.cached},
            "output_tokens": tokens.output, "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        },
    });
    let begun = json!({"id": "resp_scripted", "model": answer.model, "status": "in_progress", "output": []});
    let mut events = vec![json!({"type": "response.created", "response": begun})];
    let delta = format!("response.{kind}.delta");
    events.extend(parts(answer.text).into_iter().map(|part| json!({"type": delta, "delta": part})));
    events.push(json!({"type": format!("response.{status}"), "response": whole}));
    events.push(whole);
    events
}

fn messages(answer: &Answer<'_>, tokens: &Tokens) -> Vec<Value> {
    let reason = match answer.end {
        End::Complete => "end_turn",
        End::Length => "max_tokens",
        End::Refusal | End::Filter => "refusal",
    };
    let written = (tokens.input - tokens.cached) / 2;
    let counted = |output: usize| {
        json!({
            "input_tokens": tokens.input - tokens.cached - written, "cache_read_input_tokens": tokens.cached,
            "cache_creation_input_tokens": written, "output_tokens": output,
        })
    };
    let message = |content: Value, reason: Value, output: usize| {
        json!({"id": "msg_scripted", "type": "message", "role": "assistant", "model": answer.model,
            "content": content, "stop_reason": reason, "usage": counted(output)})
    };
    let text = |text: &str| json!([{"type": "text", "text": text}]);
    let mut events = vec![
        json!({"type": "message_start", "message": message(json!([]), Value::Null, 1)}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "ping"}),
    ];
    events.extend(parts(answer.text).into_iter().map(|part| {
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": part}})
    }));
    events.push(json!({"type": "content_block_stop", "index": 0}));
    let output = json!({"output_tokens": tokens.output});
    events.push(json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": output}));
    events.push(json!({"type": "message_stop"}));
    events.push(message(text(answer.text), json!(reason), tokens.output));
    events
}

fn gemini(answer: &Answer<'_>, tokens: &Tokens) -> Vec<Value> {
    let finish = match answer.end {
        End::Complete => "STOP",
        End::Length => "MAX_TOKENS",
        End::Refusal => "PROHIBITED_CONTENT",
        End::Filter => "SAFETY",
    };
    let chunk = |text: &str, finish: Value| {
        json!({"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": finish,
            "index": 0}], "modelVersion": answer.model, "responseId": "scripted"})
    };
    let mut events: Vec<Value> = parts(answer.text).iter().map(|part| chunk(part, Value::Null)).collect();
    for text in ["", answer.text] {
        let mut last = chunk(text, json!(finish));
        last["usageMetadata"] = json!({
            "promptTokenCount": tokens.input, "cachedContentTokenCount": tokens.cached,
            "candidatesTokenCount": tokens.output - tokens.reasoning, "thoughtsTokenCount": tokens.reasoning,
            "totalTokenCount": tokens.input + tokens.output,
        });
        events.push(last);
    }
    events
}

fn ollama(answer: &Answer<'_>, tokens: &Tokens) -> Vec<Value> {
    let finish = if answer.end == End::Length { "length" } else { "stop" };
    let line = |text: &str, done: bool| {
        let message = json!({"role": "assistant", "content": text});
        json!({"model": answer.model, "created_at": "2026-01-01T00:00:00Z", "message": message, "done": done})
    };
    let mut events: Vec<Value> = parts(answer.text).iter().map(|part| line(part, false)).collect();
    for text in ["", answer.text] {
        let mut last = line(text, true);
        last["done_reason"] = json!(finish);
        last["prompt_eval_count"] = json!(tokens.input);
        last["prompt_eval_cached_count"] = json!(tokens.cached);
        last["eval_count"] = json!(tokens.output);
        events.push(last);
    }
    events
}
