//! What is sent to `/api/chat`.

use std::time::Duration;

use hafs_proto::Reason;
use hafs_proto::task::FailureClass;
use ollama_rs::generation::chat::ChatMessage;
use ollama_rs::generation::chat::request::ChatMessageRequest;
use ollama_rs::generation::parameters::{FormatType, KeepAlive, ThinkType, TimeUnit};
use ollama_rs::models::ModelOptions;
use serde_json::{Value, json};

use crate::call::{CallFailure, ChatRequest, Role};
use crate::wire::{Effort, Flavour, JsonMode, Thinking, ThinkingMode, Tuning, fit, rounded, told_system};

/// What a server is told beside the request itself.
#[derive(Debug, Clone)]
pub(crate) struct ChatSettings {
    pub(crate) num_ctx: u32,
    pub(crate) tuning: Tuning,
    pub(crate) keep_alive: Option<Duration>,
}

/// Renders a call. It always streams, so that a stalled server is noticed, and always says `num_ctx`: the server's
/// default would cut the prompt without a word. A schema that cannot be a grammar, or that the server does not take, is
/// told in the prompt.
pub(crate) fn render(
    model: &str,
    request: &ChatRequest,
    settings: &ChatSettings,
) -> Result<Value, CallFailure> {
    let (format, told) = format(request.schema.as_ref(), settings.tuning.json)?;
    let mut rendered = ChatMessageRequest::new(model.to_owned(), messages(request, told))
        .options(options(request, settings))
        .keep_alive(keep_alive(settings.keep_alive));
    rendered.think = think(&settings.tuning);
    rendered.format = format;
    let mut body = serde_json::to_value(rendered).map_err(|error| unsendable(&error))?;
    body["options"]["temperature"] = json!(rounded(request.temperature));
    body["stream"] = Value::Bool(true);
    Ok(body)
}

/// A model that thinks by levels cannot be kept from thinking; it is asked for the least.
fn think(tuning: &Tuning) -> Option<ThinkType> {
    let thinking = tuning.thinking?;
    match tuning.mode {
        ThinkingMode::None => None,
        ThinkingMode::Switch | ThinkingMode::Budget | ThinkingMode::Adaptive => {
            Some(if thinking == Thinking::Off { ThinkType::False } else { ThinkType::True })
        }
        ThinkingMode::Level => Some(match thinking.effort() {
            None | Some(Effort::Low) => ThinkType::Low,
            Some(Effort::Medium) => ThinkType::Medium,
            Some(Effort::High) => ThinkType::High,
        }),
    }
}

fn messages(request: &ChatRequest, told: JsonMode) -> Vec<ChatMessage> {
    let system = told_system(request, told);
    let system = (!system.is_empty()).then(|| ChatMessage::system(system));
    let turns = request.messages.iter().map(|turn| match turn.role {
        Role::User => ChatMessage::user(turn.content.clone()),
        Role::Assistant => ChatMessage::assistant(turn.content.clone()),
    });
    system.into_iter().chain(turns).collect()
}

fn options(request: &ChatRequest, settings: &ChatSettings) -> ModelOptions {
    let limit = settings.tuning.output_limit(request.max_tokens);
    ModelOptions::default()
        .num_ctx(u64::from(settings.num_ctx))
        .num_predict(i32::try_from(limit).unwrap_or(i32::MAX))
        .seed(i32::try_from(request.seed & 0x7fff_ffff).unwrap_or(0))
}

/// How the form of the reply is asked for, and how the prompt tells of it.
fn format(schema: Option<&Value>, mode: JsonMode) -> Result<(Option<FormatType>, JsonMode), CallFailure> {
    match (schema, mode) {
        (Some(schema), JsonMode::Raw | JsonMode::Schema) => match fit(schema, Flavour::Grammar) {
            Some(grammar) => {
                let grammar = serde_json::from_value(grammar).map_err(|error| unsendable(&error))?;
                Ok((Some(grammar), JsonMode::Schema))
            }
            None => Ok((None, JsonMode::Prompt)),
        },
        (Some(_), JsonMode::Object) => Ok((Some(FormatType::Json), JsonMode::Object)),
        (None, _) | (_, JsonMode::Prompt) => Ok((None, JsonMode::Prompt)),
    }
}

fn unsendable(error: &serde_json::Error) -> CallFailure {
    let message = format!("the reply's schema cannot be sent to Ollama: {error}");
    CallFailure::new(Reason::ProviderError, FailureClass::Poison, message)
}

/// How long the model stays loaded after a call; nothing means for good, because the worker decides on swaps.
pub(super) fn keep_alive(time: Option<Duration>) -> KeepAlive {
    match time {
        None => KeepAlive::Indefinitely,
        Some(time) if time.is_zero() => KeepAlive::UnloadOnCompletion,
        Some(time) => KeepAlive::Until { time: time.as_secs().max(1), unit: TimeUnit::Seconds },
    }
}

/// Fewest bytes that a token of ordinary text has on average; dense code has about 3, prose about 4.5.
const BYTES_PER_TOKEN: usize = 4;
/// More bytes than this for each token that was read means that some of the prompt was not read.
const UNREAD_BYTES_PER_TOKEN: usize = 6;

/// Whether the server read only a part of the prompt: a prompt that about fills the window, of which far fewer tokens
/// were read than it must have. Both have to hold, because older servers count only what was not in their cache.
pub(crate) fn prompt_was_cut(prompt_bytes: usize, read_tokens: u64, num_ctx: u32) -> bool {
    let read = usize::try_from(read_tokens).unwrap_or(usize::MAX);
    let window = usize::try_from(num_ctx).unwrap_or(usize::MAX);
    let estimate = prompt_bytes / BYTES_PER_TOKEN;
    let nearly_full = estimate >= window / 4 * 3;
    read > 0 && nearly_full && (read >= window || read.saturating_mul(UNREAD_BYTES_PER_TOKEN) < prompt_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Message;

    fn request(schema: Option<Value>) -> ChatRequest {
        ChatRequest {
            system: "Be brief.".to_owned(),
            messages: vec![Message::user("Hi"), Message::assistant("Hello"), Message::user("Bye")],
            schema,
            max_tokens: 24,
            temperature: 0.0,
            seed: u64::MAX,
            num_ctx: None,
            deadline: Duration::from_secs(1),
        }
    }

    const TUNING: Tuning = Tuning {
        thinking: Some(Thinking::Off),
        mode: ThinkingMode::Switch,
        output: None,
        json: JsonMode::Raw,
        samples: true,
    };
    const SETTINGS: ChatSettings = ChatSettings { num_ctx: 2048, tuning: TUNING, keep_alive: None };

    #[test]
    fn a_call_says_the_window_the_seed_and_that_it_streams() {
        let body = render("smollm2:135m", &request(None), &SETTINGS).expect("rendered");
        assert_eq!(body["stream"], true);
        assert_eq!(body["think"], false);
        assert_eq!(body["keep_alive"], -1);
        assert_eq!(body["options"]["num_ctx"], 2048);
        assert_eq!(body["options"]["num_predict"], 24);
        assert_eq!(body["options"]["seed"], 0x7fff_ffff);
        assert_eq!(body["messages"][0]["content"], "Be brief.");
        assert_eq!(body["messages"][0]["role"], "system");
        assert_eq!(body["messages"][3]["role"], "user");
        assert!(body.get("format").is_none());
    }

    #[test]
    fn thinking_is_a_switch_or_a_level_and_has_room_of_its_own() {
        for (thinking, mode, said, limit) in [
            (Thinking::On, ThinkingMode::Switch, json!(true), 4_120),
            (Thinking::High, ThinkingMode::Level, json!("high"), 16_408),
            (Thinking::Off, ThinkingMode::Level, json!("low"), 24),
            (Thinking::On, ThinkingMode::None, Value::Null, 24),
        ] {
            let tuning = Tuning { thinking: Some(thinking), mode, ..TUNING };
            let body = render("m", &request(None), &ChatSettings { tuning, ..SETTINGS }).expect("rendered");
            assert_eq!((&body["think"], &body["options"]["num_predict"]), (&said, &json!(limit)), "{mode:?}");
        }
    }

    #[test]
    fn a_schema_with_references_is_sent_without_them() {
        let schema = json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/t"}}, "$defs": {"t": {"type": "string"}}});
        let body = render("m", &request(Some(schema)), &SETTINGS).expect("rendered");
        assert_eq!(body["format"], json!({"type": "object", "properties": {"a": {"type": "string"}}}));
        let elsewhere = json!({"$ref": "http://elsewhere/schema"});
        let body = render("m", &request(Some(elsewhere)), &SETTINGS).expect("rendered");
        assert!(body.get("format").is_none_or(Value::is_null));
        assert!(body["messages"][0]["content"].as_str().is_some_and(|text| text.contains("elsewhere")));
    }

    #[test]
    fn a_server_that_takes_no_schema_is_told_of_it_in_the_prompt() {
        let schema = json!({"type": "object", "properties": {"answer": {"type": "string"}}});
        for (json, format) in [(JsonMode::Object, json!("json")), (JsonMode::Prompt, Value::Null)] {
            let tuning = Tuning { json, ..TUNING };
            let settings = ChatSettings { tuning, ..SETTINGS };
            let body = render("m", &request(Some(schema.clone())), &settings).expect("rendered");
            assert_eq!(body["format"], format);
            assert!(body["messages"][0]["content"].as_str().is_some_and(|text| text.contains("answer")));
        }
    }

    #[test]
    fn a_schema_is_sent_as_it_is_with_its_properties_in_order() {
        let schema = json!({"type": "object", "properties": {"z": {"type": "string"}, "a": {"type": "string"}},
            "required": ["z", "a"]});
        let body = render("m", &request(Some(schema.clone())), &SETTINGS).expect("rendered");
        assert_eq!(body["format"].to_string(), schema.to_string());
    }

    #[test]
    fn a_prompt_that_was_cut_is_noticed_and_a_cached_short_one_is_not_mistaken_for_it() {
        assert!(prompt_was_cut(40_000, 2_048, 2_048), "ten thousand tokens into a window of two thousand");
        assert!(prompt_was_cut(16_000, 1_100, 2_048));
        assert!(!prompt_was_cut(6_000, 1_500, 2_048), "it fits");
        assert!(!prompt_was_cut(4_000, 3, 8_192), "an older server that counts only what it had not cached");
        assert!(!prompt_was_cut(40_000, 0, 2_048), "not counted at all");
    }
}
