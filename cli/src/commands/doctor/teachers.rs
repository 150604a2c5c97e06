//! Whether teachers are there and answer.

use std::time::Duration;

use hafs_proto::{BoundedText, TeacherName};
use hafs_runtime::config::Config;
use hafs_teachers::{ChatRequest, Message, catalogue};
use hafs_worker::Measured;
use hafs_worker::config::Setup;
use tokio_util::sync::CancellationToken;

use super::{Level, Line};
use crate::compose::teachers;
use crate::context::Context;
use crate::failure::Failure;
use crate::text::one_line;

/// How long an answer to a short question may take, loading the model included.
const PATIENCE: Duration = Duration::from_secs(180);

/// The way to a teacher.
const PULL: &str = "`hafs-factory model pull qwen2.5-coder-0.5b-instruct`, or start Ollama with a chat model, or add [[providers]]";

/// Asks each provider what it has and, if `ask`, each teacher a short question.
///
/// # Errors
/// [`Failure`] when a client cannot be set up.
pub async fn lines(context: &Context, config: &Config, ask: bool) -> Result<Vec<Line>, Failure> {
    let http = context.http()?;
    let mut config = config.clone();
    let mut lines = vec![models(&config)];
    if config.providers.is_empty() {
        match teachers::find(&http, &config, &context.env).await {
            Ok(providers) => config.providers = providers,
            Err(failure) => {
                lines.push(Line::not(Level::Fail, "teachers", failure.summary(), PULL));
                return Ok(lines);
            }
        }
    }
    // Sources belong to `run`: here only teachers are measured.
    config.sources.clear();
    match Setup::of(&config).measure(http).await {
        Ok(measured) => {
            let missing = measured.missing.iter();
            lines.extend(missing.map(|it| Line::not(Level::Fail, "teachers", it, "start or correct it")));
            lines.extend(found(&measured, ask).await);
        }
        Err(error) => {
            let failure = Failure::from(error).summary();
            lines.push(Line::not(Level::Fail, "teachers", failure, "correct [[providers]]"));
        }
    }
    Ok(lines)
}

fn models(config: &Config) -> Line {
    let folder = &config.embedded.models_dir;
    let here: Vec<String> = catalogue::installed(folder).models.into_iter().map(|model| model.name).collect();
    if here.is_empty() {
        let found = format!("none in {}", folder.display());
        Line::not(Level::Warn, "models", found, PULL)
    } else {
        Line::ok("models", format!("{}: {}", folder.display(), here.join(", ")))
    }
}

async fn found(measured: &Measured, ask: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    for (name, equipped) in &measured.equipment.teachers {
        let part = part(name);
        if !ask {
            lines.push(tried(measured, name, &part));
            continue;
        }
        let request = question();
        let reply = equipped.teacher.chat(&request, &CancellationToken::new()).await;
        let latency = reply.record.latency_ms;
        lines.push(match reply.outcome {
            Ok(text) => Line::ok(&part, format!("answered {:?} in {latency} ms", one_line(&text, 40))),
            Err(failure) => {
                let remedy = "look at the provider's own log; `[[providers]]` says how it is called";
                Line::not(Level::Fail, &part, format!("did not answer: {failure}"), remedy)
            }
        });
    }
    lines
}

/// What came of the worker's own trial, which may be some hours old.
fn tried(measured: &Measured, name: &TeacherName, part: &str) -> Line {
    let facts = measured.teachers.iter().find(|facts| facts.teacher == *name);
    let Some(trial) = facts.and_then(|facts| facts.trial.as_ref()) else {
        return Line::ok(part, "its provider is there; --ask asks it a question");
    };
    let (at, ms) = (trial.at, trial.call.latency_ms);
    let served =
        trial.call.served_model.as_deref().map_or_else(String::new, |served| format!(" as {served}"));
    match &trial.call.error {
        Some(error) => {
            let remedy = "it is offered all the same; --ask asks it once more";
            Line::not(Level::Warn, part, format!("tried at {at}: {}", error.message), remedy)
        }
        None if trial.structured => {
            Line::ok(part, format!("answered{served} in {ms} ms, in the form asked for (tried at {at})"))
        }
        None => {
            let found = format!("answered{served} in {ms} ms, but not in the form asked for");
            Line::not(Level::Warn, part, found, "take a model that knows structured output")
        }
    }
}

fn part(name: &TeacherName) -> String {
    BoundedText::<64>::clipped(&format!("teacher {name}")).to_string()
}

fn question() -> ChatRequest {
    ChatRequest {
        system: "You answer with one word.".to_owned(),
        messages: vec![Message::user("Say yes.")],
        schema: None,
        max_tokens: 16,
        temperature: 0.0,
        seed: 1,
        num_ctx: None,
        deadline: PATIENCE,
    }
}
